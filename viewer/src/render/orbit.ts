/** How the camera is moved: by mouse, pen, fingers, wheel, arrows, + and -, with a little inertia. All other keys are
 * `ui/keyboard.ts`'s, which is asked first. */
import { add, type View } from "./camera.ts";
import type { Pick } from "./pick.ts";

/** What is moved. */
export interface Moved {
  readonly canvas: HTMLCanvasElement;
  view: View;
  readonly size: [number, number];
  pick(x: number, y: number): Pick | null;
  request(): void;
}

const TURN = 2.4;        // radians that a drag across the height of the canvas turns by
const WHEEL = 0.0012;    // of a wheel's pixels, in e-folds of the distance
const KEY_TURN = 0.09;   // radians, shares of the height and e-folds of a stroke of a key
const KEY_PAN = 0.06;
const KEY_ZOOM = 0.12;
const ARROWS: Readonly<Record<string, readonly [right: number, up: number]>> = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
};
const LASTING = 110;     // milliseconds in which a turn that was let go slows down to a third
const SLOWEST = 0.02;    // radians a second

export class Orbit {
  /** Radians a second that it turns around the vertical by itself, until it is moved. */
  spin = 0;
  private readonly pointers = new Map<number, [number, number]>();
  private readonly speed: [number, number] = [0, 0]; // radians a millisecond: around, over
  private moved = 0;                                 // when the pointer last moved
  private before = 0;                                // when the last frame was
  private readonly calm = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;

  constructor(private readonly of: Moved) {
    const { canvas } = of;
    canvas.style.touchAction = "none";
    for (const [name, does] of this.handlers) canvas.addEventListener(name, does as EventListener, { passive: false });
  }

  /** One frame: what moves by itself; whether it goes on. */
  step(now: number): boolean {
    const passed = this.before ? Math.min(now - this.before, 100) : 16;
    this.before = now;
    if (this.pointers.size) return false;
    const turned = this.spin * passed / 1000;
    const [around, over] = this.speed;
    const fast = Math.hypot(around, over) * 1000 > SLOWEST;
    if (!turned && !fast) { this.speed.fill(0); this.before = 0; return false; }
    this.of.view = this.of.view.orbited(turned + (fast ? around * passed : 0), fast ? over * passed : 0);
    const slower = Math.exp(-passed / LASTING);
    this.speed[0] *= slower;
    this.speed[1] *= slower;
    return true;
  }

  /** Nearer (`by` below 1) or farther, so that what is at (x, y) stays there. */
  zoom(by: number, x: number, y: number): void {
    const { of } = this, [w, h] = of.size, { view } = of;
    const ray = view.ray(2 * x / w - 1, 1 - 2 * y / h, w / h);
    const met = of.pick(x, y);
    // where nothing is, as far away as the target
    const along = view.parallel ? 1e5 : view.distance;
    of.view = view.zoomed(by, met ? met.point : add(ray.origin, ray.way, along));
  }

  private at(event: MouseEvent): [number, number] {
    const { left, top } = this.of.canvas.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  private readonly down = (event: PointerEvent): void => {
    this.spin = 0;
    this.speed.fill(0);
    this.of.canvas.setPointerCapture?.(event.pointerId);
    this.pointers.set(event.pointerId, this.at(event));
  };

  private readonly move = (event: PointerEvent): void => {
    const from = this.pointers.get(event.pointerId);
    if (!from) return;
    const to = this.at(event), [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    if (!dx && !dy) return;
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    this.pointers.set(event.pointerId, to);
    if (others.length) this.pinch(from, to, others[0]!);
    else if (event.buttons & 6 || event.shiftKey || event.ctrlKey || event.metaKey) this.pan(dx, dy);
    else this.turn(dx, dy, event.timeStamp);
  };

  private readonly up = (event: PointerEvent): void => {
    if (!this.pointers.delete(event.pointerId)) return;
    if (event.timeStamp - this.moved > 60 || this.calm) this.speed.fill(0);
    this.before = 0;
    this.of.request();
  };

  private turn(dx: number, dy: number, now: number): void {
    const by = TURN / this.of.size[1], passed = Math.max(now - this.moved, 4);
    this.of.view = this.of.view.orbited(-dx * by, dy * by);
    const keep = passed < 60 ? 0.6 : 0;
    this.speed[0] = keep * this.speed[0] - (1 - keep) * dx * by / passed;
    this.speed[1] = keep * this.speed[1] + (1 - keep) * dy * by / passed;
    this.moved = now;
  }

  private pan(dx: number, dy: number): void {
    const [w, h] = this.of.size;
    this.of.view = this.of.view.panned(2 * dx / h, -2 * dy / h, w / h);
  }

  /** One of two fingers has moved: what lies between them moves and grows with them. */
  private pinch(from: [number, number], to: [number, number], other: [number, number]): void {
    const apart = (a: [number, number]): number => Math.max(Math.hypot(a[0] - other[0], a[1] - other[1]), 8);
    this.pan((to[0] - from[0]) / 2, (to[1] - from[1]) / 2);
    this.zoom(apart(from) / apart(to), (to[0] + other[0]) / 2, (to[1] + other[1]) / 2);
    this.speed.fill(0);
  }

  private readonly wheel = (event: WheelEvent): void => {
    event.preventDefault();
    this.spin = 0;
    const lines = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    const turned = Math.max(-240, Math.min(240, event.deltaY * lines)) * (event.ctrlKey ? 6 : 1);
    this.zoom(Math.exp(turned * WHEEL), ...this.at(event));
  };

  private readonly key = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (!this.press(event.key, event.shiftKey)) return;
    event.preventDefault();
    event.stopPropagation();
  };

  /** What a key does, by its name; whether it does anything. `pans`: arrows move instead of turning. */
  press(key: string, pans = false): boolean {
    const [w, h] = this.of.size;
    const way = ARROWS[key];
    if (way) {
      const [x, y] = way;
      this.of.view = pans ? this.of.view.panned(-x * 2 * KEY_PAN, -y * 2 * KEY_PAN, w / h)
        : this.of.view.orbited(x * KEY_TURN, y * KEY_TURN);
    } else if (key === "+" || key === "=") this.zoom(Math.exp(-KEY_ZOOM), w / 2, h / 2);
    else if (key === "-" || key === "_") this.zoom(Math.exp(KEY_ZOOM), w / 2, h / 2);
    else return false;
    this.spin = 0;
    this.speed.fill(0);
    return true;
  }

  private readonly menu = (event: Event): void => { event.preventDefault(); };

  private readonly handlers: [string, (event: never) => void][] = [
    ["pointerdown", this.down], ["pointermove", this.move], ["pointerup", this.up], ["pointercancel", this.up],
    ["wheel", this.wheel], ["keydown", this.key], ["contextmenu", this.menu],
  ];
}
