/**
 * The wall's pictures, away from the page's own thread: sheets of tiles come over a WebSocket, are
 * decoded and drawn onto the canvases that lie under the tiles.
 */

import { hangUp } from "./api";
import { ranges } from "./grid";
import { Board } from "./board";
import type { Cell, ToPage, ToWorker, Trouble, WallMessage } from "./wallwords";

const QUIET_S = 6;

const board = new Board();
let url = "";
let socket: WebSocket | null = null;
let cameras: string[] = [];
let index = new Map<string, number>();
let shown: string[] = [];
let cells: Cell[] | null = null;
let drawing = Promise.resolve();
let sheets = 0;
let tries = 0;
let last = performance.now();
let told = " 0";
let asked = ""; // what the desk was last told to show
let again: ReturnType<typeof setTimeout> | undefined;
let stopped = false;

function say(message: ToPage): void {
  postMessage(message);
}

function news(what: Trouble | "", seconds = 0): void {
  const now = `${what} ${seconds}`;
  if (now !== told) say({ kind: "news", what, seconds });
  told = now;
}

function join(): void {
  if (stopped) return;
  const opened = new WebSocket(url);
  socket = opened;
  sheets = 0;
  asked = "";
  cells = null;
  last = performance.now();
  opened.binaryType = "blob";
  opened.onmessage = (message: MessageEvent<string | Blob>) => {
    if (socket !== opened) return;
    if (typeof message.data === "string") heard(JSON.parse(message.data) as WallMessage);
    else if (cells) sheet(opened, message.data, cells);
  };
  opened.onclose = () => {
    if (socket !== opened) return;
    socket = null;
    news("lost");
    again = setTimeout(join, Math.min(10_000, 500 * 2 ** tries++));
  };
}

function heard(message: WallMessage): void {
  if (message.type === "wall") {
    cameras = message.cameras;
    index = new Map(cameras.map((camera, i) => [camera, i]));
    say({ kind: "tile", width: message.tile[0] });
    show();
  } else cells = message.cells;
}

/** Decode at once, draw in order, and say when it is done: then the desk sends the next ones. */
function sheet(from: WebSocket, data: Blob, about: Cell[]): void {
  const coming = createImageBitmap(new Blob([data], { type: "image/jpeg" }));
  drawing = drawing.then(async () => {
    try {
      const picture = await coming;
      if (from !== socket) return;
      const times = about.map(([camera, time, x, y, w, h]): [string, number] => {
        const id = cameras[camera] ?? "";
        board.take(id, picture, { x, y, w, h });
        return [id, time];
      });
      picture.close();
      say({ kind: "drawn", times, bytes: data.size });
      last = performance.now();
      tries = 0;
      news("");
    } catch {
      news("broken");
    }
    if (from === socket && from.readyState === WebSocket.OPEN) from.send(JSON.stringify({ drawn: ++sheets }));
  });
}

function show(): void {
  if (socket?.readyState !== WebSocket.OPEN || cameras.length === 0) return;
  const places = shown.flatMap((camera) => index.get(camera) ?? []);
  const text = JSON.stringify({ show: ranges(places) });
  if (text !== asked) socket.send(text);
  asked = text;
}

function watch(): void {
  if (shown.length === 0) last = performance.now();
  const quiet = (performance.now() - last) / 1000;
  if (quiet > QUIET_S && socket?.readyState === WebSocket.OPEN)
    news("quiet", Math.round(quiet));
}

onmessage = ({ data }: MessageEvent<ToWorker>) => {
  switch (data.kind) {
    case "open":
      url = data.url;
      clearTimeout(again);
      hangUp(socket);
      join();
      break;
    case "band":
      board.add(data.key, data);
      break;
    case "drop":
      board.drop(data.key);
      break;
    case "places":
      board.arrange(data.places);
      break;
    case "old":
      board.fade(data.cameras);
      break;
    case "show":
      if (shown.length === 0) last = performance.now();
      shown = data.cameras;
      board.keep(shown);
      show();
      break;
    case "close":
      stopped = true;
      clearTimeout(again);
      hangUp(socket);
      socket = null;
      close();
  }
};

setInterval(watch, 1000);
