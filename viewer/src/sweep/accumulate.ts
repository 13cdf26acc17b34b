/** What a result holds while its sweep adds up: sums so far, finished by the epilog as Blender finishes them. */
import { apply, finishesSums, split, type Chain } from "./epilogs.ts";
import type { Matrix64 } from "./functions.ts";
import { LineHistory } from "./history.ts";
import { Lines } from "./lines.ts";
import { termsAt, type Accumulator, type Product } from "./product.ts";
import type { Region } from "./state.ts";

/** Elements of work that a sweep may be followed through, step by step, where each depends on all before it. */
const FOLLOWED = 2 ** 26;

/** What adds up the result of a sweep along k. */
export function accumulator(product: Product): Accumulator {
  const { matrix, track, walk } = product;
  const bare = !finishesSums(matrix.chain);
  if (!walk.line) return new OuterSums(product, bare);
  const follows = !bare && split(matrix.chain)[1].length > 0;
  if (follows && matrix.h * matrix.w * track.count <= FOLLOWED) return new LineHistory(product);
  return new LineSums(product, bare ? [] : matrix.chain, follows);
}

const CHECKPOINTS = 16;
const KEPT = 2 ** 23;  // sums that are kept in all: 64 MB
const CHEAP = 2 ** 24; // products, up to which sums are just done again

/** All of the result adds up, one product of every block along k a step. */
class OuterSums implements Accumulator {
  readonly values: Float32Array;
  private readonly sums: Float64Array;
  private readonly work: Matrix64;
  private readonly whole: Region;
  private readonly kept = new Map<number, Float64Array>(); // sums, by the cursor they were kept at
  private readonly every: number;                          // steps from one of them to the next
  private upTo = -1;

  constructor(private readonly product: Product, private readonly bare: boolean) {
    const { h, w } = product.matrix;
    this.values = new Float32Array(h * w);
    this.sums = new Float64Array(h * w);
    this.work = { h, w, data: product.matrix.chain.length && !bare ? new Float64Array(h * w) : this.sums };
    this.whole = { top: 0, bottom: h, left: 0, right: w };
    const count = product.walk.count;
    const kept = Math.min(CHECKPOINTS, Math.floor(KEPT / (h * w)));
    this.every = h * w * product.d > CHEAP && kept > 0 ? Math.ceil(count / kept) : Infinity;
  }

  after(): Float32Array {
    return this.product.final;
  }

  to(cursor: number): Region {
    const { product, sums, work, values } = this;
    if (cursor < this.upTo) this.back(cursor);
    while (this.upTo < cursor) {
      const next = Math.min(cursor, this.upTo + this.every - (this.upTo + 1) % this.every);
      this.add(this.upTo + 1, next);
      this.upTo = next;
      if ((next + 1) % this.every === 0 && !this.kept.has(next)) this.kept.set(next, sums.slice());
    }
    if (this.bare && cursor === product.walk.count - 1) {
      values.set(product.final);
      return this.whole;
    }
    if (work.data !== sums) {
      work.data.set(sums);
      apply(product.matrix.chain, work);
    }
    values.set(work.data);
    return this.whole;
  }

  private back(cursor: number): void {
    const from = Math.max(-1, ...[...this.kept.keys()].filter(at => at <= cursor));
    if (from < 0) this.sums.fill(0);
    else this.sums.set(this.kept.get(from)!);
    this.upTo = from;
  }

  private add(first: number, last: number): void {
    const { left, right, d, matrix: { h, w } } = this.product;
    const terms: number[] = [];
    for (let at = first; at <= last; at++) terms.push(...termsAt(this.product, at));
    const end = terms.length - terms.length % 4;
    for (let row = 0; row < h; row++) {
      const [sums, ofRow] = [this.sums.subarray(row * w, (row + 1) * w), left.subarray(row * d, (row + 1) * d)];
      for (let at = 0; at < end; at += 4) addFour(sums, ofRow, right, terms, at);
      for (let at = end; at < terms.length; at++) {
        const k = terms[at]!;
        const by = ofRow[k]!;
        for (let col = 0, from = k * w; col < w; col++, from++) sums[col]! += by * right[from]!;
      }
    }
  }
}

/** Add four products to the sums of a row, one after the other, in one pass. */
function addFour(sums: Float64Array, left: Float32Array, right: Float32Array, terms: number[], at: number): void {
  const w = sums.length;
  const [k, l, m, n] = [terms[at]!, terms[at + 1]!, terms[at + 2]!, terms[at + 3]!];
  const [byK, byL, byM, byN] = [left[k]!, left[l]!, left[m]!, left[n]!];
  const [fromK, fromL, fromM, fromN] = [k * w, l * w, m * w, n * w];
  for (let col = 0; col < w; col++) {
    sums[col] = sums[col]! + byK * right[fromK + col]! + byL * right[fromL + col]! + byM * right[fromM + col]!
      + byN * right[fromN + col]!;
  }
}

/** One line of every block adds up after the other; those that are done are final, those to come hold nothing. */
class LineSums implements Accumulator {
  readonly values: Float32Array;
  private readonly lines: Lines;
  private readonly whole: Matrix64 | null; // for an epilog that sees more than an element

  constructor(private readonly product: Product, private readonly chain: Chain, seesAll: boolean) {
    const { h, w } = product.matrix;
    this.values = new Float32Array(h * w);
    this.lines = new Lines(product);
    this.whole = seesAll ? { h, w, data: new Float64Array(h * w) } : null;
  }

  after(): Float32Array {
    return this.product.final;
  }

  to(cursor: number): Region {
    const { product, lines, values } = this;
    const before = lines.line;
    lines.to(cursor);
    if (!finishesSums(product.matrix.chain) && cursor === product.walk.count - 1) {
      values.set(product.final);
      lines.line = -1; // so that lines are cleared again by whatever comes next
      return lines.region(0, lines.size - 1);
    }
    const [from, to] = before < 0 ? [0, lines.size - 1] : [Math.min(before, lines.line), Math.max(before, lines.line)];
    for (let line = from; line <= to; line++) {
      if (line < lines.line) lines.each(line, at => { values[at] = product.final[at]!; });
      if (line > lines.line) lines.each(line, at => { values[at] = 0; });
    }
    this.finish();
    return lines.region(from, to);
  }

  private finish(): void {
    const { lines, values, chain, whole } = this;
    if (!whole) {
      lines.each(lines.line, (at, sum) => { values[at] = sum; }, lines.finished(chain));
      return;
    }
    whole.data.fill(0);
    lines.each(lines.line, (at, sum) => { whole.data[at] = sum; }, lines.sums);
    apply(chain, whole);
    lines.each(lines.line, at => { values[at] = whole.data[at]!; });
  }
}
