/** The soft shadow on the ground below a visualization, as appearance/shadow.py works it out. Pure arithmetic. */
import type { Page } from "../format.ts";
import type { Vec } from "./camera.ts";

/** A grid of points (3 numbers each) with the shadow's density at each, as triangles. */
export interface Shadow { points: Float32Array; density: Float32Array; triangles: number[]; height: number }

/** A rectangle by three corners: the first, along its x, along its y; x right, y up, z to the viewer. */
export type Corners = [Vec, Vec, Vec];

const FLOAT = 0.02, SLANT = [-0.22, 0.16] as const, SPREAD = 0.10, CONTACT = 0.015, BREADTH = 4, GRID = 96,
  SAMPLES = 40,
  LEVELS = 6, COVER = 0.55;

/** The rectangles that the matrices of a page fill. */
export function rectangles(page: Page): Corners[] {
  return page.members.flatMap(({ scale, offset, matrices }) => matrices.map(({ frame, rows, cols }) => {
    const shown = (split: typeof rows): number =>
      split.size + split.gap * (Math.ceil(split.size / split.step) - 1) - 0.5;
    const at = (x: number, y: number): Vec => [0, 1, 2].map(r =>
      offset[r]! + scale * (frame[4 * r]! * x + frame[4 * r + 1]! * y + frame[4 * r + 3]!)) as Vec;
    return [at(-0.5, -0.5), at(shown(cols), -0.5), at(-0.5, shown(rows))] as Corners;
  }));
}

export function cast(corners: Corners[]): Shadow {
  const spots = corners.flatMap(spotsOf);
  const reach = [0, 1, 2].map(a => {
    const all = spots.map(spot => spot.at[a]!);
    return all.reduce((m, x) => Math.max(m, x), -Infinity) - all.reduce((m, x) => Math.min(m, x), Infinity);
  });
  const size = Math.max(...reach, 1);
  const ground = spots.reduce((m, { at }) => Math.min(m, at[1]), Infinity) - FLOAT * size;
  const onto = spots.map(({ at, weight }) => {
    const height = at[1] - ground; // z goes to the viewer: Blender's y away from them
    return { x: at[0] + height * SLANT[0], y: -at[2] + height * SLANT[1], height, weight };
  });
  const top = onto.reduce((m, { height }) => Math.max(m, height), 0),
    bottom = onto.reduce((m, { height }) => Math.min(m, height), Infinity);
  const margin = 3.6 * (SPREAD * top + CONTACT * size);
  const bound = (get: (spot: { x: number; y: number }) => number, sign: number): number =>
    onto.reduce((m, spot) => Math.max(m, sign * get(spot)), -Infinity) * sign + sign * margin;
  const [x0, y0] = [bound(s => s.x, -1), bound(s => s.y, -1)];
  const step = Math.max(bound(s => s.x, 1) - x0, bound(s => s.y, 1) - y0) / (GRID - 1);
  const density = new Float32Array(GRID * GRID);
  for (let level = 0; level < LEVELS; level++) {
    const [from, to] = [level, level + 1].map(at => bottom + (top - bottom + 1e-6) * at / LEVELS) as [number, number];
    const grid = new Float32Array(GRID * GRID);
    let any = false;
    for (const { x, y, height, weight } of onto)
      if (height >= from && height < to) {
        grid[Math.round((y - y0) / step) * GRID + Math.round((x - x0) / step)]! += weight;
        any = true;
      }
    if (any) blur(grid, (SPREAD * (from + to) / 2 + CONTACT * size) / step).forEach((d, at) => { density[at]! += d; });
  }
  density.forEach((d, at) => { density[at] = 1 - Math.exp(-d / step ** 2); });
  const points = new Float32Array(3 * GRID * GRID);
  density.forEach((_, at) =>
    points.set([x0 + step * (at % GRID), ground, -(y0 + step * Math.floor(at / GRID))], 3 * at));
  return { points, density, triangles: triangles(density), height: ground };
}

function spotsOf([origin, along, down]: Corners): { at: Vec; weight: number }[] {
  const u = along.map((c, a) => c - origin[a]!) as Vec, v = down.map((c, a) => c - origin[a]!) as Vec;
  // by its area as seen from above; one that stands on its edge still has the breadth of its elements, and some
  const area = Math.max(Math.abs(u[0] * v[2] - u[2] * v[0]),
    BREADTH * Math.max(Math.hypot(u[0], u[2]), Math.hypot(v[0], v[2])), 1);
  const out = [];
  for (let i = 0; i < SAMPLES; i++)
    for (let j = 0; j < SAMPLES; j++) {
      const at = origin.map((c, a) => c + (i + 0.5) / SAMPLES * u[a]! + (j + 0.5) / SAMPLES * v[a]!) as Vec;
      out.push({ at, weight: area * COVER / SAMPLES ** 2 });
    }
  return out;
}

/** Spread over a normal distribution of `sigma` samples each way. */
function blur(grid: Float32Array, sigma: number): Float32Array {
  const wide = Math.max(sigma, 0.5);
  const kernel = Float32Array.from({ length: GRID },
    (_, away) => Math.exp(-((away / wide) ** 2) / 2) / (Math.sqrt(2 * Math.PI) * wide));
  const along = (from: Float32Array): Float32Array => { // and turned over, so that twice is both ways
    const out = new Float32Array(GRID * GRID);
    for (let row = 0; row < GRID; row++)
      for (let to = 0; to < GRID; to++) {
        let all = 0;
        for (let at = 0; at < GRID; at++) all += from[row * GRID + at]! * kernel[Math.abs(at - to)]!;
        out[to * GRID + row] = all;
      }
    return out;
  };
  return along(along(grid));
}

function triangles(density: Float32Array): number[] {
  const out: number[] = [];
  for (let row = 0; row < GRID - 1; row++)
    for (let col = 0; col < GRID - 1; col++) {
      const at = row * GRID + col, corners = [at, at + 1, at + GRID, at + GRID + 1] as const;
      if (Math.max(...corners.map(c => density[c]!)) > 1e-3)
        out.push(corners[0], corners[1], corners[2], corners[2], corners[1], corners[3]);
    }
  return out;
}
