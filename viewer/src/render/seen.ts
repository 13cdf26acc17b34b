/** How large elements are in the picture, and which of them are in it. Pure arithmetic. */
import type { Run } from "./blocks.ts";
import { dot, sub, type Vec, type View } from "./camera.ts";
import type { Box } from "./order.ts";
import { ownRay } from "./pick.ts";
import type { Place } from "./tiles.ts";

/** From the first to the last but one. */
export type Range = [first: number, end: number];

/** How many pixels a pitch has where a matrix is nearest to the camera, in a picture that is `height` pixels high. */
export function pixelsPerElement(view: View, tile: { box: Box; place: Place }, height: number, aspect: number): number {
  const { frame } = tile.place;
  const scale = Math.hypot(frame[0]!, frame[4]!, frame[8]!);
  const half = view.tangent(aspect);
  return scale * height / (2 * half * Math.max(nearest(view, tile.box), view.parallel ? 0 : 0.5 * scale));
}

/** By how much what is nearest in a box is smaller than at distance 1. */
export function nearest(view: View, { low, high }: Box): number {
  if (view.parallel) return Math.max(view.distance, 1e-6);
  const at = view.position.map((x, a) => Math.min(Math.max(x, low[a]!), high[a]!)) as Vec;
  return Math.max(dot(sub(view.position, at), view.back), 1e-6);
}

const STEPS = 12; // places of the picture, each way, that are looked at

/** Which rows and columns are in the picture, as far as it can be told from a grid of rays, generously. */
export function elementsSeen(view: View, place: Place, aspect: number): { rows: Range; cols: Range } | null {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  const wide = last(place.cols), high = last(place.rows);
  for (let i = 0; i <= STEPS; i++)
    for (let j = 0; j <= STEPS; j++) {
      const { origin, way } = ownRay(view.ray(2 * i / STEPS - 1, 2 * j / STEPS - 1, aspect), place.frame);
      const t = -origin[2] / way[2];
      if (!(t > 0) || !Number.isFinite(t)) continue;
      const [x, y] = [origin[0] + t * way[0], origin[1] + t * way[1]];
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  // what lies within the picture although no ray met it: the whole, where it is small
  const spare = { x: (right - left) / STEPS, y: (bottom - top) / STEPS };
  if (!(right >= -0.5 - spare.x && left <= wide + spare.x && bottom >= -0.5 - spare.y && top <= high + spare.y)) return null;
  return { rows: range(place.rows, top - spare.y, bottom + spare.y), cols: range(place.cols, left - spare.x, right + spare.x) };
}

/** Which elements lie between two places. */
function range(runs: Run[], from: number, to: number): Range {
  let [first, end] = [Infinity, 0];
  for (const run of runs) {
    const low = Math.max(0, Math.floor(from - run.at + 0.5)), high = Math.min(run.count, Math.ceil(to - run.at + 0.5));
    if (low >= high) continue;
    first = Math.min(first, run.first + low);
    end = Math.max(end, run.first + high);
  }
  return first < end ? [first, end] : [0, 0];
}

const last = (runs: Run[]): number => { const run = runs[runs.length - 1]; return run ? run.at + run.count - 0.5 : 0; };
