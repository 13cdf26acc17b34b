/** Sight: where on a screen of so many pixels a camera sees the world, nothing of what is behind the eye included. */
import type { Camera } from "../format.ts";
import { View, add, dot, sub, type Vec } from "../render/camera.ts";
import { type Point, cut } from "./polygons.ts";

export type Vector = Vec;
export interface Seen extends Point { depth: number }

const NEAR = 1e-3; // share of the distance to the target before which nothing is seen

export class Sight {
  readonly view: View;
  private readonly focal: number; // pixels that a length of 1 at distance 1 takes

  constructor(readonly camera: Camera, readonly width: number, readonly height: number) {
    this.view = new View(camera);
    this.focal = height / 2 / this.view.tangent(width / Math.max(height, 1));
  }

  get parallel(): boolean { return this.view.parallel; }

  /** A point of the world: pixels from the upper left corner, and how far before the eye it is. */
  at(point: Vector): Seen {
    return this.onScreen(this.own(point));
  }

  /** Right, up and the distance before the eye (of a parallel camera: before a plane at the distance of its target). */
  private own(point: Vector): Vector {
    const { view } = this, from = sub(point, view.parallel ? view.target : view.position), back = dot(from, view.back);
    const [x, y] = view.shear;
    return [dot(from, view.right) + back * x, dot(from, view.up) + back * y,
      view.parallel ? view.distance - back : -back];
  }

  private onScreen([x, y, depth]: Vector): Seen {
    const scale = this.focal / Math.max(this.parallel ? this.view.distance : depth, 1e-6);
    const [right, up] = this.view.shift;
    return { x: this.width / 2 + x * scale - right * this.focal, y: this.height / 2 - y * scale + up * this.focal,
      depth };
  }

  /** What is seen of a flat polygon of the world. */
  polygon(points: Vector[]): Seen[] {
    const own = points.map((point) => this.own(point)), near = this.parallel ? -Infinity : NEAR * this.view.distance;
    const kept = own.every((point) => point[2] > near) ? own
      : cut(own, (point) => point[2] - near, (a, b, share) => add(a, sub(b, a), share));
    return kept.map((point) => this.onScreen(point));
  }

  /** The direction from a point to the eye, of any length. */
  towards(point: Vector): Vector {
    return this.parallel ? this.view.towards : sub(this.view.position, point);
  }

  /** Pixels that a length of 1 across takes at a point. */
  scaleAt(point: Vector): number {
    return this.focal / Math.max(this.parallel ? this.view.distance : this.own(point)[2], 1e-6);
  }
}
