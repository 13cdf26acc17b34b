/** What a step of a sweep shows: a `State` is what `Film.at` gives and the renderer, the hover and the tests read. */
import type { Course, Matrix, Scale, Viz } from "../format.ts";

/** What every matrix of a member holds in the end, by path. */
export type Values = (path: string) => Float32Array;

/** A rectangle of elements: rows `top` to `bottom - 1`, columns `left` to `right - 1`. */
export interface Region { top: number; bottom: number; left: number; right: number }

/**
 * Which elements the sweep that reads a matrix lights: those whose row, modulo `rowStep`, is `row` and whose column,
 * modulo `colStep`, is `col`; -1 for any.
 */
export interface Lit { row: number; rowStep: number; col: number; colStep: number }

/** A matrix at a step. Arrays belong to the film and are overwritten by its next step: read them, keep none. */
export interface Shown {
  readonly matrix: Matrix;
  /** h x w, row by row. */
  values: Float32Array;
  /** 1 where an element is shown; null where all are. (What is shown and 0 has no size: see `appearance`.) */
  visible: Uint8Array | null;
  lit: Lit | null;
  /** Magnitudes below it have no size, either: sums under way of a `superlocal` matrix that are less than its least. */
  floor: number;
  /** One more whenever `values`, `visible` or `floor` are others; of another film quite another number. */
  version: number;
  /** Where they may be others than in the version that was one less. */
  changed: Region;
}

/**
 * What moves in the box of a matmul. A `plane` spans two axes, a `line` one (its rows are then the blocks along the
 * faster axis that it walks along); a `partial` is the result of one block along k. Like a matrix, it has its own
 * frame: element (row, col) lies at (cols[col], rows[row], 0) in it.
 */
export interface Inside {
  readonly path: string;
  readonly kind: "plane" | "line" | "partial";
  readonly matrix: Matrix;
  readonly h: number;
  readonly w: number;
  /** 4 x 4, row by row: the layout's world from its own frame. */
  readonly frame: Float64Array;
  readonly rows: Float32Array;
  readonly cols: Float32Array;
  readonly values: Float32Array;
  visible: Uint8Array | null;
  readonly scale: Scale;
  readonly viz: Viz;
  readonly course: Course;
  readonly floor: number;
  /** One more whenever frame, rows, values or visible are others. */
  version: number;
  /** Which product an element is: i, k and j (k is -1 where many are summed up). */
  indices(row: number, col: number): [i: number, k: number, j: number];
}

export interface State {
  readonly step: number;
  /** By path, operands before the matmul that uses them. */
  readonly matrices: Map<string, Shown>;
  readonly insides: Inside[];
}

/** Whether the element (row, col) is lit. */
export function isLit(lit: Lit | null, row: number, col: number): boolean {
  if (lit === null) return false;
  return (lit.row < 0 || row % lit.rowStep === lit.row) && (lit.col < 0 || col % lit.colStep === lit.col);
}
