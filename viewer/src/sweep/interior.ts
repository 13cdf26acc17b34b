/** The interior of a sweep: which products a step shows in the box of a matmul, and where (layout/sweep_planes.py). */
import type { Course, Matrix, Scale, Split, Viz } from "../format.ts";
import type { Axis, Triple } from "./algorithms.ts";
import { along, count, depthOf, setColumn, transform, turned } from "./frames.ts";
import type { Product } from "./product.ts";
import type { Inside } from "./state.ts";

/** Magnitudes below it are not drawn, where a sweep shows them (see `Shown.floor`). */
export function floorOf(scale: Scale): number {
  return scale.low < scale.high ? scale.low * (1 - 1e-5) : 0;
}

/** What a sweep moves: a plane, or lines side by side, for each block along the axis that it walks along slowest. */
export function pieces(product: Product, scale: Scale): Piece[] {
  const split = splits(product.matrix)[product.walk.outer];
  return Array.from({ length: count(split) }, (_, block) => new Piece(product, scale, block));
}

function splits(matrix: Matrix): Record<Axis, Split> {
  return { i: matrix.rows, k: matrix.inner!, j: matrix.cols };
}

/** The plane or the lines of one block along the slowest axis, as a matrix of its own. */
export class Piece implements Inside {
  readonly path: string;
  readonly kind: "plane" | "line";
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
  readonly visible = null;
  version = 0;
  private cursor = -1;
  private readonly splits: Record<Axis, Split>;
  private readonly down: Axis;   // the axis of its rows: spanned or, of lines, walked along
  private readonly across: Axis; // that of its columns
  private readonly at: Triple = { i: 0, k: 0, j: 0 }; // where its element (0, 0) is
  private readonly lines: Int32Array;                 // where each row is along `down`
  private readonly column: Float32Array;              // of the right operand: read once where all rows use it

  constructor(private readonly product: Product, readonly scale: Scale, private readonly block: number) {
    const { matrix, walk } = product;
    this.matrix = matrix;
    this.path = matrix.path;
    this.viz = matrix.viz;
    this.course = matrix.course;
    this.floor = floorOf(scale);
    this.splits = splits(matrix);
    this.kind = walk.inner ? "line" : "plane";
    this.down = walk.inner ?? walk.spans[0]!;
    this.across = walk.spans[walk.spans.length - 1]!;
    const down = this.splits[this.down];
    this.h = walk.inner ? count(down) : down.size;
    this.w = this.splits[this.across].size;
    this.lines = Int32Array.from({ length: this.h }, (_, row) => row);
    this.rows = Float32Array.from(this.lines, row => along(down, row));
    this.cols = Float32Array.from({ length: this.w }, (_, col) => along(this.splits[this.across], col));
    this.values = new Float32Array(this.h * this.w);
    this.column = new Float32Array(this.w);
    this.frame = turned(matrix.box!, this.way(this.across), this.way(this.down));
  }

  indices(row: number, col: number): [number, number, number] {
    const at: Triple = { ...this.at };
    at[this.down] = this.lines[row]!;
    at[this.across] = col;
    return [at.i, at.k, at.j];
  }

  /** Bring it to a cursor, 0 to count - 1. */
  to(cursor: number): void {
    if (cursor === this.cursor) return;
    this.cursor = cursor;
    this.hold();
    this.multiply();
    const { matrix, at } = this;
    const corner = matrix.layout.gap;
    const [x, y] = [corner + along(matrix.cols, at.j), corner + along(matrix.rows, at.i)];
    setColumn(this.frame, 3, transform(matrix.box!, x, y, depthOf(matrix, at.k)));
    this.version++;
  }

  /** Where it stands: in a ragged block where the cursor was last inside, while others move on. */
  private hold(): void {
    const { walk } = this.product;
    const now = walk.at(this.cursor);
    const slow = this.splits[walk.outer];
    const size = Math.min(slow.step, slow.size - this.block * slow.step);
    const gone = now[walk.outer] >= size;
    this.at[walk.outer] = this.block * slow.step + (gone ? size - 1 : now[walk.outer]);
    if (!walk.inner) return;
    const fast = this.splits[walk.inner];
    const held = gone ? fast.step - 1 : now[walk.inner];
    for (let block = 0; block < this.h; block++) {
      this.lines[block] = Math.min(block * fast.step + held, Math.min((block + 1) * fast.step, fast.size) - 1);
      this.rows[block] = along(fast, this.lines[block]!) - along(fast, this.lines[0]!);
    }
    this.at[walk.inner] = this.lines[0]!;
  }

  private multiply(): void {
    const { h, w, values, lines, product: { left, right, d, matrix, walk } } = this;
    const inLeft: Triple = { i: d, k: 1, j: 0 };
    const inRight: Triple = { i: 0, k: matrix.w, j: 1 };
    const [leftStep, rightStep] = [inLeft[this.across], inRight[this.across]];
    for (let row = 0; row < h; row++) {
      let l = this.at[walk.outer] * inLeft[walk.outer] + lines[row]! * inLeft[this.down];
      let r = this.at[walk.outer] * inRight[walk.outer] + lines[row]! * inRight[this.down];
      const start = row * w;
      if (leftStep === 0 && rightStep === 1) { // a row of the right operand, times a number
        const by = left[l]!;
        for (let col = 0; col < w; col++) values[start + col] = by * right[r + col]!;
      } else if (row > 0 && inRight[this.down] === 0 && leftStep === 1) { // the column of the first row is at hand
        for (let col = 0; col < w; col++) values[start + col] = left[l + col]! * this.column[col]!;
      } else {
        for (let col = 0; col < w; col++, l += leftStep, r += rightStep) {
          this.column[col] = right[r]!;
          values[start + col] = left[l]! * right[r]!;
        }
      }
    }
  }

  /** The direction in which an axis runs, in the frame of the box. */
  private way(axis: Axis): [number, number, number] {
    if (axis === "j") return [1, 0, 0];
    if (axis === "i") return [0, 1, 0];
    return [0, 0, this.matrix.layout.positive ? 1 : -1];
  }
}
