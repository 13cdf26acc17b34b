/** The results of single blocks along k, which a sweep that reveals finished elements shows while it is under way. */
import type { Course, Matrix, Scale, Viz } from "../format.ts";
import { apply, split, type Chain } from "./epilogs.ts";
import { times } from "./frames.ts";
import { floorOf } from "./interior.ts";
import type { Product } from "./product.ts";
import type { Mask } from "./reveal.ts";
import type { Inside, Region } from "./state.ts";

/** One for each block along k; all show what `mask` says. `left`, `right`: the operands as they are in the end. */
export function partials(product: Product, mask: Mask, left: Float32Array, right: Float32Array): BlockResult[] {
  const { frames, scales } = product.track.partials!;
  return frames.map((frame, block) => new BlockResult(product, mask, left, right, frame, scales[block]!, block));
}

export class BlockResult implements Inside {
  readonly path: string;
  readonly kind = "partial";
  readonly matrix: Matrix;
  readonly viz: Viz;
  readonly course: Course;
  readonly floor: number;
  readonly h: number;
  readonly w: number;
  readonly frame: Float64Array;
  readonly rows: Float32Array;
  readonly cols: Float32Array;
  readonly values: Float32Array;
  version = 0;
  private readonly known: Uint8Array; // 1 where `values` are worked out
  private readonly sums: Float64Array;
  private readonly chain: Chain;

  constructor(private readonly product: Product, private readonly mask: Mask, private readonly left: Float32Array,
              private readonly right: Float32Array, frame: number[], readonly scale: Scale,
              private readonly block: number) {
    const { matrix } = product;
    this.matrix = matrix;
    this.path = matrix.path;
    this.viz = matrix.viz;
    this.course = matrix.course;
    this.floor = floorOf(scale);
    [this.h, this.w] = [matrix.h, matrix.w];
    this.frame = times(matrix.box!, frame);
    this.rows = Float32Array.from({ length: this.h }, (_, row) => row);
    this.cols = Float32Array.from({ length: this.w }, (_, col) => col);
    this.values = new Float32Array(this.h * this.w);
    this.known = new Uint8Array(this.h * this.w);
    this.sums = new Float64Array(this.w);
    this.chain = split(matrix.chain)[0];
  }

  get visible(): Uint8Array | null {
    return this.mask.visible;
  }

  indices(row: number, col: number): [number, number, number] {
    return [row, -1, col];
  }

  /** Work out what the mask shows in a region where it changed. */
  show(changed: Region): void {
    const { w, known, mask: { shown } } = this;
    for (let row = changed.top; row < changed.bottom; row++) {
      const isNew = (col: number) => shown[row * w + col]! > known[row * w + col]!;
      for (let col = changed.left; col < changed.right; col++) {
        if (!isNew(col)) continue;
        const first = col;
        while (col < changed.right && isNew(col)) col++;
        this.sum(row, first, col);
      }
    }
    if (changed.bottom > changed.top) this.version++;
  }

  /** Elements `first` to `end - 1` of a row. */
  private sum(row: number, first: number, end: number): void {
    const { w, sums, values, known, left, right, product: { d, walk: { steps } } } = this;
    const n = end - first;
    sums.fill(0, 0, n);
    for (let k = this.block * steps.k; k < Math.min((this.block + 1) * steps.k, d); k++) {
      const by = left[row * d + k]!;
      for (let at = 0, from = k * w + first; at < n; at++, from++) sums[at]! += by * right[from]!;
    }
    apply(this.chain, { h: 1, w: n, data: sums });
    for (let at = 0; at < n; at++) values[row * w + first + at] = sums[at]!;
    known.fill(1, row * w + first, row * w + end);
  }
}
