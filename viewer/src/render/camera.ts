/** The camera: where it stands, what it sees where, and how it is turned. Pure arithmetic (layout/framing.py). */
import type { Camera, Page } from "../format.ts";

export type Vec = [number, number, number];

const RECEDING = 0.5 / Math.SQRT2; // cabinet: what goes back is drawn at 45 degrees and half its length
const STEEPEST = 0.9999;           // of the vertical that a view from above or below leans at most

export const add = (a: Vec, b: Vec, s = 1): Vec => [a[0] + b[0] * s, a[1] + b[1] * s, a[2] + b[2] * s];
export const sub = (a: Vec, b: Vec): Vec => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const dot = (a: Vec, b: Vec): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Vec, b: Vec): Vec =>
  [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
export const length = (a: Vec): number => Math.hypot(a[0], a[1], a[2]);
export const unit = (a: Vec): Vec => { const n = Math.max(length(a), 1e-12); return [a[0] / n, a[1] / n, a[2] / n]; };
const signs = (a: Vec): Vec => [a[0] >= 0 ? 1 : -1, a[1] >= 0 ? 1 : -1, a[2] >= 0 ? 1 : -1];

/** A ray: every point of it is `origin + t * way`; what is seen first has the least t that is 0 or more. */
export interface Ray { origin: Vec; way: Vec }

/** A camera at one moment: it is never changed, only replaced. */
export class View {
  readonly position: Vec;
  readonly target: Vec;
  readonly fov: number;
  readonly kind: Camera["kind"];
  readonly roll: number;
  readonly shift: readonly [number, number];
  readonly right: Vec;
  readonly up: Vec;
  readonly back: Vec;

  constructor(camera: Camera) {
    this.position = [...camera.position] as Vec;
    this.target = [...camera.target] as Vec;
    this.fov = camera.fov;
    this.kind = camera.kind;
    this.roll = camera.roll;
    this.shift = [camera.shift[0]!, camera.shift[1]!];
    const away = sub(this.position, this.target);
    if (this.kind === "cabinet") { // straight at the front
      const side = away[2] >= 0 ? 1 : -1;
      [this.right, this.up, this.back] = [[side, 0, 0], [0, 1, 0], [0, 0, side]];
      return;
    }
    this.back = unit(this.kind === "isometric" ? signs(away) : away);
    const up: Vec = Math.abs(this.back[1]) < 0.999999 ? [0, 1, 0] : [0, 0, -1];
    const level = unit(cross(up, this.back)), upright = cross(this.back, level);
    const turn = this.roll * Math.PI / 180, [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    this.right = turned(level, cos, upright, sin);
    this.up = turned(upright, cos, level, -sin);
  }

  /** As a page writes it. */
  get camera(): Camera {
    return { position: [...this.position], target: [...this.target], fov: this.fov, kind: this.kind, roll: this.roll,
      shift: [...this.shift] };
  }

  /** Whether parallel lines stay parallel. */
  get parallel(): boolean { return this.kind !== "perspective"; }

  get distance(): number { return length(sub(this.position, this.target)); }

  /** What a point moves, right and up, for each step backward: cabinet's, else 0. */
  get shear(): [number, number] {
    if (this.kind !== "cabinet") return [0, 0];
    const away = sub(this.position, this.target);
    return [dot(away, this.right) >= 0 ? -RECEDING : RECEDING, dot(away, this.up) >= 0 ? -RECEDING : RECEDING];
  }

  /** Tangent of half the vertical field of view, of a picture of `aspect` = width / height: a higher one widens it. */
  tangent(aspect: number): number {
    return Math.tan(Math.min(this.fov / Math.min(1, aspect), 170) * Math.PI / 360);
  }

  /** The direction from the scene to a parallel camera. */
  get towards(): Vec {
    const [x, y] = this.shear;
    return add(add(this.back, this.right, -x), this.up, -y);
  }

  /** A point as seen: x and y at distance 1 (right and up of the picture's middle), and the distance by which it
   * shrinks. */
  seen(point: Vec): Vec {
    const at = sub(point, this.parallel ? this.target : this.position);
    let [x, y, z] = [dot(at, this.right), dot(at, this.up), dot(at, this.back)];
    if (this.parallel) {
      const [sx, sy] = this.shear;
      [x, y, z] = [x + z * sx, y + z * sy, Math.max(this.distance, 1e-6)];
    } else z = -z;
    const by = Math.max(z, 1e-6);
    return [x / by - this.shift[0], y / by - this.shift[1], z];
  }

  /** The ray through a place of the picture: x, y from -1 to 1, right and up. */
  ray(x: number, y: number, aspect: number): Ray {
    const half = this.tangent(aspect);
    const across = add([0, 0, 0], this.right, x * half * aspect + this.shift[0]);
    const at = add(across, this.up, y * half + this.shift[1]);
    if (!this.parallel) return { origin: this.position, way: sub(at, this.back) };
    const far = this.distance, towards = this.towards;
    const plane = add(this.target, at, far);
    // from before everything that is seen
    return { origin: add(plane, towards, 1e5), way: [-towards[0], -towards[1], -towards[2]] };
  }

  /** World to clip space, column by column (16 numbers), with what lies between `near` and `far` in depth. `nudge`:
   * moves the picture, in its half widths and half heights. */
  matrix(aspect: number, near: number, far: number, nudge: readonly [number, number] = [0, 0]): number[] {
    const half = this.tangent(aspect);
    const from = this.parallel ? this.target : this.position;
    const [sx, sy] = this.shear;
    const row = (axis: Vec, scale: number): number[] => [...axis.map(a => a * scale), -dot(axis, from) * scale];
    const wide = 1 / (half * aspect), high = 1 / half;
    const moved = [nudge[0] - this.shift[0] * wide, nudge[1] - this.shift[1] * high] as const;
    if (this.parallel) {
      const by = Math.max(this.distance, 1e-6);
      const x = row(add(this.right, this.back, sx), wide / by), y = row(add(this.up, this.back, sy), high / by);
      x[3]! += moved[0]; y[3]! += moved[1];
      // depth counts from the target
      const z = row(this.back, -2 / (far - near));
      z[3]! -= (far + near) / (far - near);
      return transposed([x, y, z, [0, 0, 0, 1]]);
    }
    const w = row(this.back, -1);
    const x = row(this.right, wide), y = row(this.up, high);
    const z = w.map(v => v * (far + near) / (far - near));
    z[3]! -= 2 * far * near / (far - near);
    for (let i = 0; i < 4; i++) { x[i]! += moved[0] * w[i]!; y[i]! += moved[1] * w[i]!; }
    return transposed([x, y, z, w]);
  }

  /** The nearest and the farthest that the box between two corners is from the camera (of a parallel one: behind its
   * target). */
  depths(low: Vec, high: Vec): [number, number] {
    let near = Infinity, far = -Infinity;
    for (let corner = 0; corner < 8; corner++) {
      const at: Vec = [corner & 1 ? high[0] : low[0], corner & 2 ? high[1] : low[1], corner & 4 ? high[2] : low[2]];
      const depth = -dot(sub(at, this.parallel ? this.target : this.position), this.back);
      near = Math.min(near, depth);
      far = Math.max(far, depth);
    }
    const spare = 0.01 * (far - near) + 1;
    if (this.parallel) return [near - spare, far + spare];
    far = Math.max(far + spare, 1);
    return [Math.max(near - spare, far / 50000, 0.02), far];
  }

  // ---- turned and moved ---------------------------------------------------------------------------------------------

  /** Turned around its target, in radians: `around` the vertical, `over` towards the pole. What has fixed directions
   * becomes orthographic. */
  orbited(around: number, over: number): View {
    const kind = this.parallel ? "orthographic" : "perspective";
    const from = this.parallel ? this.back : unit(sub(this.position, this.target));
    const azimuth = Math.atan2(from[0], from[2]) + around;
    const steepest = Math.asin(STEEPEST);
    const height = Math.max(-steepest, Math.min(steepest, Math.asin(Math.max(-1, Math.min(1, from[1]))) + over));
    const far = this.distance, level = Math.cos(height) * far;
    const position = add(this.target, [Math.sin(azimuth) * level, Math.sin(height) * far, Math.cos(azimuth) * level]);
    return new View({ ...this.camera, position, kind });
  }

  /** Brought nearer to `point` (`by` below 1) or taken off it: it stays where it is in the picture. */
  zoomed(by: number, point: Vec): View {
    const moved = (from: Vec): Vec => add(point, sub(from, point), by);
    return new View({ ...this.camera, position: moved(this.position), target: moved(this.target) });
  }

  /** Moved so that what lies at the target moves by `x` and `y` in halves of the picture's height, right and up. */
  panned(x: number, y: number, aspect: number): View {
    const by = this.distance * this.tangent(aspect);
    const move = add(add([0, 0, 0], this.right, -x * by), this.up, -y * by);
    return new View({ ...this.camera, position: add(this.position, move), target: add(this.target, move) });
  }
}

/** The camera that a page starts with. */
export const home = (page: Page): View => new View(page.camera);

const turned = (a: Vec, by: number, b: Vec, and: number): Vec => add(add([0, 0, 0], a, by), b, and);

function transposed(rows: number[][]): number[] {
  return [0, 1, 2, 3].flatMap(column => rows.map(row => row[column]!));
}
