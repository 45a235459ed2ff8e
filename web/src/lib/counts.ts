/** Counts by the calendar, and what is usual, as the desk answers. */

import { query, request } from "./api";
import type { PeriodRow, UsualSlot } from "./tally";

interface Ask {
  camera: string;
  start: number;
  end: number;
  unit: "hour" | "day";
}

export const countsApi = {
  periods: (ask: Ask) =>
    request<{ rows: PeriodRow[] }>("GET", `/api/counts/periods${query({ ...ask })}`).then((got) => got.rows),
  usual: (ask: Ask & { place: string; kind: string }) =>
    request<{ slots: UsualSlot[] }>("GET", `/api/counts/usual${query({ ...ask })}`).then((got) => got.slots),
  tableUrl: (ask: Ask) => `/api/counts.csv${query({ ...ask })}`,
};
