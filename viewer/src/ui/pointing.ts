/** Pointing: what a hand points at, a mouse by hovering, a finger by tapping. Drags are the camera's. */
import type { Hit } from "./describe.ts";

const STILL = 7;       // pixels that a click may move
const QUICK = 600;     // milliseconds that it may take

export interface Pointed { hover(hit: Hit | null): void; click(hit: Hit | null): void; }

/** Listen to the picture. `pick` finds what is at a place; it is asked once a frame at most. */
export function listen(canvas: HTMLCanvasElement, pick: (x: number, y: number) => Hit | null,
  to: Pointed): { again(): void } {
  let down: { x: number; y: number; time: number; id: number } | null = null, fingers = 0;
  let last: { x: number; y: number } | null = null, asked = false;
  const place = (event: PointerEvent): { x: number; y: number } => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const look = (): void => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      to.hover(last && !down ? pick(last.x, last.y) : null);
    });
  };
  canvas.addEventListener("pointerdown", (event) => {
    fingers++;
    down = fingers === 1 && event.button === 0 ? { ...place(event), time: event.timeStamp, id: event.pointerId } : null;
  });
  const up = (): void => { fingers = Math.max(fingers - 1, 0); };
  canvas.addEventListener("pointercancel", () => { up(); down = null; });
  canvas.addEventListener("pointerup", (event) => {
    up();
    const at = place(event), from = down;
    down = null;
    if (!from || from.id !== event.pointerId || event.timeStamp - from.time > QUICK) return;
    if (Math.hypot(at.x - from.x, at.y - from.y) <= STILL) to.click(pick(at.x, at.y));
  });
  canvas.addEventListener("pointermove", (event) => {
    last = event.pointerType === "touch" || event.buttons ? null : place(event);
    look();
  });
  canvas.addEventListener("pointerleave", () => { last = null; look(); });
  return { again: look };
}

/** In a page within another, such as a notebook, let the wheel scroll that until the picture has been clicked or
 * reached by a key. `told`: says so, once. */
export function leaveWheel(root: HTMLElement, canvas: HTMLCanvasElement, told: () => void): void {
  if (window.parent === window) return;
  let said = false;
  root.addEventListener("wheel", (event) => {
    if (event.ctrlKey || document.activeElement === canvas) return;
    event.stopPropagation();
    if (!said) told();
    said = true;
  }, { capture: true, passive: true });
}
