/** A matmul that sweeps, with the numbers of its operands. */
import type { Matrix, Track } from "../format.ts";
import { Walk } from "./algorithms.ts";

export interface Product {
  readonly matrix: Matrix;
  readonly track: Track;
  readonly walk: Walk;
  readonly d: number;
  /** What the operands hold once their own sweeps are done: h x d and d x w. */
  readonly left: Float32Array;
  readonly right: Float32Array;
  /** The result, h x w. */
  readonly final: Float32Array;
}

/** The algorithm of a matmul's sweep, over its blocks. */
export function walkOf(matrix: Matrix, track: Track): Walk {
  return new Walk(track.walks, { i: matrix.rows.step, k: matrix.inner!.step, j: matrix.cols.step });
}

/** The indices along k whose products are added at the step `at` along k: one of each block. */
export function termsAt(product: Product, at: number): number[] {
  const out = [];
  for (let k = at; k < product.d; k += product.walk.steps.k) out.push(k);
  return out;
}
