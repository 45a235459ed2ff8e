/** Feeds: devices and brokers from which readings of meters and stores come. */

import { request } from "./api";

export interface Refusal {
  time: number;
  name: string;
  why: string;
}

export interface Feed {
  room: "meters" | "stock";
  name: string;
  kind: string;
  where: string;
  there: boolean;
  trouble: string;
  taken: number;
  refused: number;
  lost: number;
  last: number | null;
  refusals: Refusal[];
}

export const feeds = () => request<{ feeds: Feed[] }>("GET", "/api/feeds").then((got) => got.feeds);
