/**
 * What a sweep that goes line by line holds under an epilog that sees more than an element: each of its steps applies
 * the epilog to all that is there, finished lines included, so that what it shows depends on all steps before.
 * (mm_blender/values/accumulation.py)
 */
import { apply, split, type Chain } from "./epilogs.ts";
import type { Matrix64 } from "./functions.ts";
import { Lines } from "./lines.ts";
import type { Accumulator, Product } from "./product.ts";
import type { Region } from "./state.ts";

export class LineHistory implements Accumulator {
  readonly values: Float32Array;
  private readonly held: Matrix64;
  private readonly lines: Lines;
  private readonly before: Float32Array[]; // what is held before each line that was come to
  private readonly pointwise: Chain;
  private readonly rest: Chain;
  private done = -1;                       // the cursor that `held` is at
  private left: Float32Array | null = null; // what is left in the end

  constructor(private readonly product: Product) {
    const { h, w, chain } = product.matrix;
    this.values = new Float32Array(h * w);
    this.held = { h, w, data: new Float64Array(h * w) };
    this.lines = new Lines(product);
    this.before = [product.before];
    [this.pointwise, this.rest] = split(chain);
  }

  after(): Float32Array {
    if (!this.left) {
      const at = this.done;
      this.to(this.product.walk.count - 1);
      this.left = this.values.slice();
      if (at >= 0) this.to(at);
    }
    return this.left;
  }

  to(cursor: number): Region {
    const { held, values, product: { matrix, walk } } = this;
    // the beginning of its line, or of the last one before it that was come to
    const known = Math.min(Math.floor(cursor / walk.steps.k), this.before.length - 1) * walk.steps.k - 1;
    if (cursor < this.done || known > this.done) this.done = known;
    while (this.done < cursor) this.step(this.done + 1);
    values.set(held.data);
    return { top: 0, bottom: matrix.h, left: 0, right: matrix.w };
  }

  private step(cursor: number): void {
    const { held: { data }, lines, product: { walk } } = this;
    const at = walk.at(cursor);
    const line = at[walk.line!];
    if (at.k === 0) this.begin(line);
    lines.to(cursor);
    lines.each(line, (index, sum) => { data[index] = sum; }, lines.finished(this.pointwise));
    apply(this.rest, this.held);
    for (let ahead = line + 1; ahead < lines.size; ahead++) lines.each(ahead, index => { data[index] = 0; });
    this.done = cursor;
  }

  /** Every line begins with what was kept, in single precision, whichever way it is come to. */
  private begin(line: number): void {
    if (line === this.before.length) this.before.push(Float32Array.from(this.held.data));
    this.held.data.set(this.before[line]!);
  }
}
