/** The lines of a result that are added up one after the other, one of every block: rows, or columns. */
import { apply, type Chain } from "./epilogs.ts";
import { termsAt, type Product } from "./product.ts";
import type { Region } from "./state.ts";

export class Lines {
  /** Lines of a block. */
  readonly size: number;
  /** Sums of the current line of every block, one block's after the other's. */
  readonly sums: Float64Array;
  /** The current line, from 0 in every block; -1: none yet. */
  line = -1;
  private readonly work: Float64Array;
  private readonly byRow: boolean; // whether lines are rows
  private readonly count: number;  // lines in all
  private readonly across: number; // elements of a line
  private upTo = -1;               // the step along k that the sums hold

  constructor(private readonly product: Product) {
    const { matrix: { h, w }, walk } = product;
    this.byRow = walk.line === "i";
    this.size = walk.steps[walk.line!];
    [this.count, this.across] = this.byRow ? [h, w] : [w, h];
    this.sums = new Float64Array(Math.ceil(this.count / this.size) * this.across);
    this.work = new Float64Array(this.sums.length);
  }

  /** Sum up to a cursor. */
  to(cursor: number): void {
    const { walk } = this.product;
    const at = walk.at(cursor);
    if (at[walk.line!] !== this.line || at.k < this.upTo) {
      this.sums.fill(0);
      this.upTo = -1;
    }
    this.line = at[walk.line!];
    while (this.upTo < at.k) {
      this.upTo++;
      for (const k of termsAt(this.product, this.upTo)) this.add(k);
    }
  }

  /** Call `visit` for every element of a line of every block that has it: its index, and its number in `of`. */
  each(line: number, visit: (at: number, value: number) => void, of: Float64Array = this.sums): void {
    const { size, count, across, byRow, product: { matrix: { w } } } = this;
    for (let block = 0, number = line; number < count; block++, number += size) {
      const [start, stride] = byRow ? [number * w, 1] : [number, w];
      for (let c = 0; c < across; c++) visit(start + c * stride, of[block * across + c]!);
    }
  }

  /** The sums under a chain that treats every element by itself. */
  finished(chain: Chain): Float64Array {
    if (!chain.length) return this.sums;
    this.work.set(this.sums);
    apply(chain, { h: 1, w: this.work.length, data: this.work });
    return this.work;
  }

  /** Where lines from one to another lie, of all blocks. */
  region(first: number, last: number): Region {
    const { h, w } = this.product.matrix;
    const end = Math.min(Math.floor((this.count - 1) / this.size) * this.size + last + 1, this.count);
    return this.byRow ? { top: first, bottom: end, left: 0, right: w } : { top: 0, bottom: h, left: first, right: end };
  }

  private add(k: number): void {
    const { size, count, across, byRow, sums, product: { left, right, d, matrix: { w } } } = this;
    for (let block = 0, number = this.line; number < count; block++, number += size) {
      const by = byRow ? left[number * d + k]! : right[k * w + number]!;
      const [start, stride, from] = byRow ? [k * w, 1, right] : [k, d, left];
      for (let c = 0; c < across; c++) sums[block * across + c]! += by * from[start + c * stride]!;
    }
  }
}
