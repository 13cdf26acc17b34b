/** Grids: whatever has elements in rows and columns at a step, matrices and what moves in their boxes, in one form. */
import { Appearance } from "../appearance.ts";
import type { Course, Look, Member, Page, Scale, Viz } from "../format.ts";
import type { Inside, Shown, State } from "../sweep/state.ts";
import { placeOf } from "../render/blocks.ts";
import { dot, sub } from "../render/camera.ts";
import type { Vector } from "./sight.ts";

/** How a look draws a matrix. */
export function appearanceOf(page: Page, look: Look, viz: Viz, scale: Scale, course: Course): Appearance {
  const at = viz.auto ? look.map : viz.map;
  return new Appearance(viz, scale, course, at === null ? null : page.maps[at] ?? null, look.saturation);
}

export class Grid {
  readonly h: number;
  readonly w: number;
  private readonly axes: [Vector, Vector, Vector];
  private readonly origin: Vector;
  private readonly x: Float64Array;
  private readonly y: Float64Array;

  constructor(readonly of: Shown | Inside, readonly member: number, readonly owner: Member,
    readonly appearance: Appearance) {
    const inside = "kind" in of ? of : null, f = inside ? inside.frame : of.matrix.frame, { scale, offset } = owner;
    this.h = inside?.h ?? of.matrix.h;
    this.w = inside?.w ?? of.matrix.w;
    this.axes = [0, 1, 2].map((at) => [f[at]!, f[4 + at]!, f[8 + at]!]) as [Vector, Vector, Vector];
    this.origin = [0, 1, 2].map((at) => f[4 * at + 3]! * scale + offset[at]!) as Vector;
    this.x = Float64Array.from({ length: this.w }, (_, at) => inside ? inside.cols[at]! : placeOf(of.matrix, 0, at)[0]);
    this.y = Float64Array.from({ length: this.h }, (_, at) => inside ? inside.rows[at]! : placeOf(of.matrix, at, 0)[1]);
  }

  get inside(): Inside | null { return "kind" in this.of ? this.of : null; }

  get path(): string { return this.of.matrix.path; }

  /** The value of an element that is drawn; 0 where none is. */
  drawn(row: number, col: number): number {
    const at = row * this.w + col, value = this.of.values[at]!;
    return this.of.visible && !this.of.visible[at] || Math.abs(value) < this.of.floor ? 0 : value;
  }

  /** A point of the grid's own frame, in the world, `out` pitches out of its plane. */
  point(x: number, y: number, out = 0): Vector {
    const [a, b, c] = this.axes, { scale } = this.owner;
    return [0, 1, 2].map((at) => this.origin[at]! + scale * (a[at]! * x + b[at]! * y + c[at]! * out)) as Vector;
  }

  at(row: number, col: number, out = 0): Vector {
    return this.point(this.x[col]!, this.y[row]!, out);
  }

  /** The directions along its rows, down its columns and out of its plane. */
  get across(): Vector { return this.axes[0]; }
  get down(): Vector { return this.axes[1]; }
  get normal(): Vector { return this.axes[2]; }

  /** Which element lies within 0.55 pitches of where a line of sight through its plane, before `from`, passes; or null.
   */
  onWay(from: Vector, towards: Vector, parallel: boolean): [row: number, col: number] | null {
    const { scale } = this.owner, start = sub(from, this.origin), [a, b, c] = this.axes;
    const t = -dot(start, c) / dot(towards, c);
    if (!(t > 1e-6 && (t < 1 || parallel) && Number.isFinite(t))) return null;
    const col = near(this.x, (dot(start, a) + t * dot(towards, a)) / scale);
    if (col < 0) return null;
    const row = near(this.y, (dot(start, b) + t * dot(towards, b)) / scale);
    return row < 0 ? null : [row, col];
  }
}

/** The one of rising places that is within 0.55 of `at`; -1 where none is. */
function near(places: Float64Array, at: number): number {
  let low = 0, high = places.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]! < at - 0.5) low = middle + 1;
    else high = middle;
  }
  return Math.abs(places[low]! - at) < 0.55 ? low : -1;
}

/** All grids of a member at a step. */
export function gridsOf(page: Page, look: Look, member: number, state: State): Grid[] {
  const owner = page.members[member]!;
  return [...state.matrices.values(), ...state.insides].map((of) => {
    const inside = "kind" in of ? of : null, { matrix } = of;
    return new Grid(of, member, owner, appearanceOf(page, look, inside?.viz ?? matrix.viz,
      inside?.scale ?? matrix.scale,
      inside?.course ?? matrix.course));
  });
}
