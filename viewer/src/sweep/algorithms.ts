/**
 * The algorithms: in which steps a product comes about. All follows from the axes that one walks along, slowest first,
 * as in mm_blender/expression/algorithms.py.
 *
 * The product of L[i, k] and R[k, j] has one place (i, k, j) inside the box of its matmul. At every step the cursor
 * stands at one index of each axis that is walked along, in all blocks at once.
 */
import type { Lit } from "./state.ts";

export type Axis = "i" | "k" | "j";
export const AXES: readonly Axis[] = ["i", "k", "j"];

/** Along which axes the rows and the columns of a matmul's matrices are counted. */
export type Face = readonly [rows: Axis, cols: Axis];
export const LEFT: Face = ["i", "k"];
export const RIGHT: Face = ["k", "j"];
export const RESULT: Face = ["i", "j"];

/** One number for each axis. */
export type Triple = Record<Axis, number>;

/** From which cursor on an element is reached: `first` + `perRow` * row + `perCol` * column, of its block. */
export interface Reach { first: number; perRow: number; perCol: number }

/** Reached from the start, or by no cursor. */
export const ALWAYS: Reach = { first: -Infinity, perRow: 0, perCol: 0 };
export const NEVER: Reach = { first: Infinity, perRow: 0, perCol: 0 };

/** An algorithm over blocks of a size: `steps` are the elements of a block along each axis. */
export class Walk {
  readonly outer: Axis;
  readonly inner: Axis | null;
  /** The axes that what a step shows reaches along from end to end. */
  readonly spans: readonly Axis[];
  /** Whether the result adds up step by step; of others, elements are revealed when they are finished. */
  readonly accumulates: boolean;
  /** Of one that adds up, the axis along which one row or column is finished before the next; null: all at once. */
  readonly line: Axis | null;
  /** The number of steps of its sweep. */
  readonly count: number;

  constructor(walks: string, readonly steps: Triple) {
    const axes = walks.split("") as Axis[];
    this.outer = axes[0]!;
    this.inner = axes[1] ?? null;
    this.spans = AXES.filter(axis => !axes.includes(axis));
    this.accumulates = axes.includes("k");
    this.line = this.accumulates && this.inner ? this.outer : null;
    this.count = steps[this.outer] * (this.inner ? steps[this.inner] : 1);
  }

  /** Where a cursor is inside every block; 0 along what is not walked along. */
  at(cursor: number): Triple {
    const out: Triple = { i: 0, k: 0, j: 0 };
    if (this.inner) {
      const size = this.steps[this.inner];
      out[this.outer] = Math.floor(cursor / size);
      out[this.inner] = cursor % size;
    } else {
      out[this.outer] = cursor;
    }
    return out;
  }

  /** How many steps an element of a face is reached later for each row and each column; null where no step is more
   * about one element than about others. */
  reach(face: Face): Reach | null {
    const [perRow, perCol] = [this.stride(face[0]), this.stride(face[1])];
    return perRow || perCol ? { first: 0, perRow, perCol } : null;
  }

  /** Which elements of an operand a cursor lights. */
  lit(face: Face, cursor: number): Lit | null {
    const [row, col] = face;
    const at = this.at(cursor);
    const walks = (axis: Axis) => !this.spans.includes(axis);
    if (!walks(row) && !walks(col)) return null;
    return { row: walks(row) ? at[row] : -1, rowStep: this.steps[row], col: walks(col) ? at[col] : -1,
             colStep: this.steps[col] };
  }

  private stride(axis: Axis): number {
    if (axis === this.inner) return 1;
    if (axis !== this.outer) return 0;
    return this.inner ? this.steps[this.inner] : 1;
  }
}
