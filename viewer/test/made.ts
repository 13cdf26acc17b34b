/** A small expression for tests: one matmul, with numbers that anybody can make again. */
import type { Camera, EpilogStep, Matrix, Member, Split, Track, Variant } from "../src/format.ts";
import { Walk } from "../src/sweep/algorithms.ts";
import type { Values } from "../src/sweep/state.ts";

export interface Made { member: Member; variant: Variant; values: Values }
export interface Shape { h?: number; d?: number; w?: number; blocks?: number; chain?: EpilogStep[] }

export function step(name: string, scalar: number | null = null): EpilogStep {
  return { name, scalar, matrix: null, numbers: [] };
}

/** `A @ B` swept by what walks along `walks`. */
export function product(walks: string, { h = 5, d = 4, w = 6, blocks = 1, chain = [] }: Shape = {}): Made {
  const [rows, inner, cols] = [split(h, blocks), split(d, blocks), split(w, blocks)];
  const left = numbers(h * d, 1);
  const right = numbers(d * w, 2);
  const result = new Float32Array(h * w);
  for (let at = 0; at < h * w; at++) {
    for (let k = 0; k < d; k++) result[at]! += left[Math.floor(at / w) * d + k]! * right[k * w + at % w]!;
  }
  const held = new Map([["root.left", left], ["root.right", right], ["root", result]]);
  const { count } = new Walk(walks, { i: rows.step, k: inner.step, j: cols.step });
  const scale = { low: 0, high: 2 };
  const partial = blocks > 1 && !walks.includes("k");
  const track: Track = {
    algorithm: "", walks, fuse: "none", hideInputs: false, count, done: count, runs: [[0, count, 0]], inside: scale,
    partials: partial ? { frames: Array.from({ length: blocks }, () => IDENTITY),
                          scales: Array.from({ length: blocks }, () => scale) } : null,
  };
  return {
    member: {
      title: "", titleAt: null, titleSize: 0, scale: 1, offset: [0, 0, 0], start: 0, variants: [],
      matrices: [matrix("root.left", rows, inner), matrix("root.right", inner, cols),
                 { ...matrix("root", rows, cols), role: "result", d, left: "root.left", right: "root.right", inner,
                   box: IDENTITY, chain }],
    },
    variant: { key: walks, title: "", meaning: "", steps: count, tracks: { root: track } },
    values: path => held.get(path)!,
  };
}

const IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** A camera that stands where most tests want one, but for what is `told`. */
export function camera(told: Partial<Camera> = {}): Camera {
  return { position: [-30, 25, 40], target: [1, 2, 3], fov: 45, kind: "perspective", roll: 0, shift: [0, 0], ...told };
}

/** Numbers from -1 to 1 that look random. */
export function numbers(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, at) => 2 * ((at * 0.6180339887 + seed * 0.377) % 1) - 1);
}

function split(size: number, blocks: number): Split {
  return { size, step: Math.ceil(size / blocks), gap: 3, parts: blocks, full: size, fullStep: Math.ceil(size / blocks),
           factor: 1 };
}

function matrix(path: string, rows: Split, cols: Split): Matrix {
  return {
    path, role: "leaf", name: path, remark: "", h: rows.size, w: cols.size, d: null, fullH: rows.size, fullW: cols.size,
    fullD: null, left: null, right: null, rows, cols, inner: null, frame: IDENTITY, box: null,
    layout: { gap: 3, positive: true, left: true, top: true, front: true },
    viz: { sensitivity: "local", minSize: 0.2, minLight: 0.4, maxLight: 0.6, elemScale: 1.25, zeroHue: 0.77,
      hueGap: 0.74,
           hueSpread: 0.04, map: null, auto: true, percentile: 100 },
    scale: { low: 0, high: 2 }, course: { decades: 0, low: 0, knee: 1, start: -1, end: 1 },
    values: { kind: "float32", offset: 0, length: rows.size * cols.size, scale: 1, error: 0 }, chain: [], guides: null,
    arrow: null, rowLabels: null, colLabels: null, edges: null, legends: 0, shape: false, reduce: null, exact: null,
  };
}
