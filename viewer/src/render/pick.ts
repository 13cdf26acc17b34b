/** Which element a ray meets first, by arithmetic: no picture is read back. */
import { edgeOf, type Drawn, type Palette } from "./bake.ts";
import type { Place, Run } from "./blocks.ts";
import { add, dot, sub, type Ray, type Vec } from "./camera.ts";

/** An element that the pointer is on. `point`: where in the world. */
export interface Pick { member: number; path: string; row: number; col: number; point: Vec }

/** A matrix that may be met. */
export interface Target { place: Place; drawn: Drawn; palette: Palette }
export interface Met { row: number; col: number; t: number }

/**
 * The element of `target` that a ray meets first, or null. `slack`: whether one is met, too, whose slot the ray passes
 * in the plane of the elements' middles (where they are a few pixels, nobody aims at cubes).
 */
export function meet(ray: Ray, target: Target, slack: boolean): Met | null {
  const { place: { rows, cols }, palette } = target;
  const own = ownRay(ray, target.place.frame);
  const half = Math.max(palette.largest / 2, 1e-6);
  const span = through(own, [start(cols) - 0.5, start(rows) - 0.5, -half], [end(cols), end(rows), half]);
  if (!span) return null;
  let found: Met | null = null;
  for (const down of rows)
    for (const across of cols) {
      const met = inBlock(own, down, across, half, target, slack);
      if (met && (!found || met.t < found.t)) found = met;
    }
  return found;
}

function inBlock(ray: Ray, down: Run, across: Run, half: number, target: Target, slack: boolean): Met | null {
  const corner: Vec = [across.at - 0.5, down.at - 0.5, -half];
  const span = through(ray, corner, [corner[0] + across.count, corner[1] + down.count, half]);
  if (!span) return null;
  const [enter, leave] = span, { origin, way } = ray;
  const cellAt = (t: number, a: 0 | 1, count: number): number =>
    Math.min(Math.max(Math.floor(origin[a] + t * way[a] - corner[a]), 0), count - 1);
  let x = cellAt(enter, 0, across.count), y = cellAt(enter, 1, down.count);
  const [sx, sy] = [Math.sign(way[0]), Math.sign(way[1])];
  let nextX = sx ? (corner[0] + x + (sx > 0 ? 1 : 0) - origin[0]) / way[0] : Infinity;
  let nextY = sy ? (corner[1] + y + (sy > 0 ? 1 : 0) - origin[1]) / way[1] : Infinity;
  for (;;) {
    const edge = edgeAt(target, down.first + y, across.first + x) / 2;
    if (edge > 0) {
      const [cx, cy] = [corner[0] + x + 0.5, corner[1] + y + 0.5];
      const met = through(ray, [cx - edge, cy - edge, -edge], [cx + edge, cy + edge, edge]);
      if (met) return { row: down.first + y, col: across.first + x, t: met[0] };
    }
    if (Math.min(nextX, nextY) > leave) break;
    if (nextX < nextY) { x += sx; nextX += Math.abs(1 / way[0]); } else { y += sy; nextY += Math.abs(1 / way[1]); }
    if (x < 0 || y < 0 || x >= across.count || y >= down.count) break;
  }
  if (!slack) return null;
  const middle = Math.min(Math.max(-origin[2] / way[2], enter), leave);
  const row = down.first + cellAt(middle, 1, down.count), col = across.first + cellAt(middle, 0, across.count);
  return edgeAt(target, row, col) > 0 ? { row, col, t: middle } : null;
}

/** Edge of the cube of an element as it is drawn, 0 where it is not. */
function edgeAt({ place, drawn, palette }: Target, row: number, col: number): number {
  const at = row * place.w + col, value = drawn.values[at]!;
  if (Math.abs(value) < drawn.floor || (drawn.visible !== null && drawn.visible[at] === 0)) return 0;
  return edgeOf(value, palette);
}

/** A ray in a frame (16 numbers, row by row), whose columns have one length; its t stay what they are. */
export function ownRay({ origin, way }: Ray, frame: ArrayLike<number>): Ray {
  const column = (a: number): Vec => [frame[a]!, frame[4 + a]!, frame[8 + a]!];
  const per = 1 / dot(column(0), column(0));
  const from = sub(origin, column(3));
  const own = (v: Vec): Vec => [dot(column(0), v) * per, dot(column(1), v) * per, dot(column(2), v) * per];
  return { origin: own(from), way: own(way) };
}

/** Where a ray enters and leaves a box, from its start on; null if it does not. */
export function through({ origin, way }: Ray, low: Vec, high: Vec): [number, number] | null {
  let enter = 0, leave = Infinity;
  for (let a = 0; a < 3; a++) {
    if (Math.abs(way[a]!) < 1e-15) {
      if (origin[a]! < low[a]! || origin[a]! > high[a]!) return null;
      continue;
    }
    const t = (low[a]! - origin[a]!) / way[a]!, u = (high[a]! - origin[a]!) / way[a]!;
    enter = Math.max(enter, Math.min(t, u));
    leave = Math.min(leave, Math.max(t, u));
  }
  return enter <= leave ? [enter, leave] : null;
}

/** Where a point at `t` is. */
export const along = (ray: Ray, t: number): Vec => add(ray.origin, ray.way, t);

const start = (runs: Run[]): number => runs[0]?.at ?? 0;
function end(runs: Run[]): number {
  const last = runs[runs.length - 1];
  return last ? last.at + last.count - 0.5 : 0;
}
