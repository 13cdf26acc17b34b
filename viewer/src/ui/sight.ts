/** Sight: where a camera sees the world on the screen (layout/framing.py: Camera). */
import type { Camera } from "../format.ts";
import { Point, cut } from "./polygons.ts";

export type Vector = [number, number, number];
export interface Seen extends Point { depth: number }

const RECEDING = 0.5 / Math.SQRT2; // cabinet: what goes back is drawn at 45 degrees and half its length
const NEAR = 1e-3;                 // share of the distance to the target before which nothing is seen

export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const unit = (a: Vector): Vector => {
  const long = Math.hypot(...a) || 1;
  return [a[0] / long, a[1] / long, a[2] / long];
};
const sign = (x: number): number => (x >= 0 ? 1 : -1);

/** The right, up and backward of a camera. */
export function axesOf(camera: Camera): [Vector, Vector, Vector] {
  const position = camera.position as Vector, target = camera.target as Vector;
  if (camera.kind === "cabinet") {
    const side = sign(position[2] - target[2]);
    return [[side, 0, 0], [0, 1, 0], [0, 0, side]];
  }
  let back = minus(position, target);
  if (camera.kind === "isometric") back = back.map(sign) as Vector;
  back = unit(back);
  const right = unit(cross(Math.abs(back[1]) < 0.999999 ? [0, 1, 0] : [0, 0, -1], back));
  return [right, cross(back, right), back];
}

/** The vertical field of view in degrees: a picture that is higher than wide holds what a square's width would. */
export function verticalFov(fov: number, aspect: number): number {
  return Math.min(fov / Math.min(1, aspect), 170);
}

/** A camera before a screen of so many pixels. */
export class Sight {
  readonly right: Vector;
  readonly up: Vector;
  readonly back: Vector;
  readonly parallel: boolean;
  readonly distance: number;
  private readonly focal: number; // pixels that a length of 1 at distance 1 takes
  private readonly shear: [number, number];

  constructor(readonly camera: Camera, readonly width: number, readonly height: number) {
    [this.right, this.up, this.back] = axesOf(camera);
    this.parallel = camera.kind !== "perspective";
    const away = minus(camera.position as Vector, camera.target as Vector);
    this.distance = Math.max(Math.hypot(...away), 1e-6);
    this.focal = height / 2 / Math.tan(verticalFov(camera.fov, width / Math.max(height, 1)) * Math.PI / 360);
    this.shear = camera.kind === "cabinet"
      ? [-RECEDING * sign(dot(away, this.right)), -RECEDING * sign(dot(away, this.up))] : [0, 0];
  }

  /** A point of the world: pixels from the upper left corner, and how far before the eye it is. */
  at(point: Vector): Seen {
    return this.onScreen(this.own(point));
  }

  /** Right, up and the distance before the eye. */
  private own(point: Vector): Vector {
    const from = minus(point, (this.parallel ? this.camera.target : this.camera.position) as Vector);
    const back = dot(from, this.back);
    if (!this.parallel) return [dot(from, this.right), dot(from, this.up), -back];
    return [dot(from, this.right) + back * this.shear[0], dot(from, this.up) + back * this.shear[1],
      this.distance - back];
  }

  private onScreen([x, y, depth]: Vector): Seen {
    const scale = this.focal / (this.parallel ? this.distance : Math.max(depth, 1e-6));
    return { x: this.width / 2 + x * scale, y: this.height / 2 - y * scale, depth };
  }

  /** What is seen of a flat polygon of the world: nothing of what is behind the eye. */
  polygon(points: Vector[]): Seen[] {
    const own = points.map((point) => this.own(point));
    const near = this.parallel ? -Infinity : NEAR * this.distance;
    const kept = own.every((point) => point[2] > near) ? own : cut(own, (point) => point[2] - near, (a, b, share) => (
      a.map((from, axis) => from + share * (b[axis]! - from)) as Vector));
    return kept.map((point) => this.onScreen(point));
  }

  /** The direction from a point to the eye, of any length. */
  towards(point: Vector): Vector {
    if (!this.parallel) return minus(this.camera.position as Vector, point);
    return [0, 1, 2].map((axis) => (
      this.back[axis]! - this.shear[0] * this.right[axis]! - this.shear[1] * this.up[axis]!)) as Vector;
  }

  /** Pixels that a length of 1 across takes at a point. */
  scaleAt(point: Vector): number {
    return this.focal / (this.parallel ? this.distance : Math.max(this.own(point)[2], 1e-6));
  }
}
