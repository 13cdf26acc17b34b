/** A matmul that sweeps, with the numbers of its operands, and what adds its result up. */
import type { Matrix, Track } from "../format.ts";
import { Walk } from "./algorithms.ts";
import { apply } from "./epilogs.ts";
import type { Region } from "./state.ts";

export interface Product {
  readonly matrix: Matrix;
  readonly track: Track;
  readonly walk: Walk;
  readonly d: number;
  /** What the operands hold once their own sweeps are done: h x d and d x w. */
  readonly left: Float32Array;
  readonly right: Float32Array;
  /** What it holds before its sweep … */
  readonly before: Float32Array;
  /** … and in the end: the same, but for one that is made of what a sweep under an epilog has left of its operand. */
  readonly final: Float32Array;
}

/** The values of a result at a cursor of its sweep. `values` is overwritten by the next `to`. */
export interface Accumulator {
  readonly values: Float32Array;
  /** Bring `values` to a cursor, 0 to count - 1; where they changed. */
  to(cursor: number): Region;
  /** What is left when the sweep is done. */
  after(): Float32Array;
}

/** The product of `left` and `right` under the epilog of a matmul. */
export function multiplied(matrix: Matrix, left: Float32Array, right: Float32Array): Float32Array {
  const { h, w, chain } = matrix;
  const d = matrix.inner!.size;
  const sums = new Float64Array(h * w);
  for (let row = 0; row < h; row++) {
    for (let k = 0; k < d; k++) {
      const by = left[row * d + k]!;
      for (let col = 0, at = row * w, from = k * w; col < w; col++, at++, from++) sums[at]! += by * right[from]!;
    }
  }
  apply(chain, { h, w, data: sums });
  return Float32Array.from(sums);
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
