/** Wheel, fingers and mouse on a picture, as steps of `zoom.ts`. */

import { closer, isWhole, moved, pinched, tapped, turn, type Point, type Zoom } from "./zoom";

export interface Zooming {
  get: () => Zoom;
  set: (zoom: Zoom) => void;
  most: () => number;
}

const TWICE_MS = 320; // two taps of a finger within this are a double tap …
const TWICE_PX = 28; // … when they are so close

/** Listens on an element that is as large as the frame; an action for `use:`. */
export function zooming(frame: HTMLElement, on: Zooming): { destroy: () => void } {
  const fingers = new Map<number, Point>();
  let moves = false;
  let tap = { time: -Infinity, x: 0, y: 0 };

  const at = (event: { clientX: number; clientY: number }): Point => {
    const box = frame.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  };
  const ours = (event: Event) => !(event.target as HTMLElement).closest("button, a");

  const wheel = (event: WheelEvent) => {
    const factor = turn(event.deltaY, event.deltaMode, event.ctrlKey);
    // Turned away from all of it: that is for the page to scroll.
    if (factor < 1 && isWhole(on.get()) && !event.ctrlKey) return;
    event.preventDefault();
    on.set(closer(on.get(), factor, at(event), on.most()));
  };
  const down = (event: PointerEvent) => {
    if (!ours(event) || (event.pointerType === "mouse" && event.button !== 0)) return;
    fingers.set(event.pointerId, at(event));
    moves = false;
    if (!isWhole(on.get()) || fingers.size > 1) frame.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    const from = fingers.get(event.pointerId);
    if (!from) return;
    const to = at(event);
    const others = [...fingers].filter(([id]) => id !== event.pointerId);
    const other = others[0]?.[1];
    if (other) on.set(pinched(on.get(), [from, other], [to, other], on.most()));
    else if (!isWhole(on.get())) on.set(moved(on.get(), { x: to.x - from.x, y: to.y - from.y }));
    if (other || Math.hypot(to.x - from.x, to.y - from.y) > 0.01) moves = true;
    fingers.set(event.pointerId, to);
  };
  const up = (event: PointerEvent) => {
    if (!fingers.delete(event.pointerId)) return;
    if (event.type !== "pointerup" || event.pointerType === "mouse" || moves) return;
    const near = Math.hypot(event.clientX - tap.x, event.clientY - tap.y) < TWICE_PX;
    if (near && event.timeStamp - tap.time < TWICE_MS) {
      on.set(tapped(on.get(), at(event), on.most()));
      tap.time = -Infinity;
    } else tap = { time: event.timeStamp, x: event.clientX, y: event.clientY };
  };
  const twice = (event: MouseEvent) => {
    // Fingers have had theirs above.
    if (!ours(event) || (event as PointerEvent).pointerType === "touch") return;
    if (tap.time !== -Infinity && event.timeStamp - tap.time < 2 * TWICE_MS) return;
    on.set(tapped(on.get(), at(event), on.most()));
  };

  frame.addEventListener("wheel", wheel, { passive: false });
  frame.addEventListener("pointerdown", down);
  frame.addEventListener("pointermove", move);
  frame.addEventListener("pointerup", up);
  frame.addEventListener("pointercancel", up);
  frame.addEventListener("dblclick", twice);
  return {
    destroy() {
      frame.removeEventListener("wheel", wheel);
      frame.removeEventListener("pointerdown", down);
      frame.removeEventListener("pointermove", move);
      frame.removeEventListener("pointerup", up);
      frame.removeEventListener("pointercancel", up);
      frame.removeEventListener("dblclick", twice);
    },
  };
}
