/** Frames (4 x 4, row by row) and the lattices of axes in blocks. */
import type { Matrix, Split } from "../format.ts";

type Point = [x: number, y: number, z: number];

/** Number of blocks that hold anything. */
export function count(split: Split): number {
  return Math.ceil(split.size / split.step);
}

/** How far an element of an axis is from the first, gaps between blocks included. */
export function along(split: Split, index: number): number {
  return index + Math.floor(index / split.step) * split.gap;
}

/** Where an index along k is in the depth of the box of a matmul. */
export function depthOf(matrix: Matrix, k: number): number {
  const { gap, positive } = matrix.layout;
  const inner = matrix.inner!;
  const depth = gap + along(inner, k);
  if (positive) return depth;
  return inner.size + inner.gap * (count(inner) - 1) + 2 * gap - 1 - depth;
}

/** A point of a frame in the world. */
export function transform(frame: ArrayLike<number>, x: number, y: number, z: number): Point {
  const row = (at: number) => frame[at]! * x + frame[at + 1]! * y + frame[at + 2]! * z + frame[at + 3]!;
  return [row(0), row(4), row(8)];
}

/** A direction of a frame in the world. */
function turn(frame: ArrayLike<number>, [x, y, z]: Point): Point {
  const row = (at: number) => frame[at]! * x + frame[at + 1]! * y + frame[at + 2]! * z;
  return [row(0), row(4), row(8)];
}

export function setColumn(frame: Float64Array, column: number, [x, y, z]: Point): void {
  frame[column] = x;
  frame[4 + column] = y;
  frame[8 + column] = z;
}

/** The world's frame of one that stands at the origin of `frame` and whose x and y run along `across` and `down` there.
 */
export function turned(frame: ArrayLike<number>, across: Point, down: Point): Float64Array {
  const out = new Float64Array(16);
  out[15] = 1;
  const [a, b, c] = across;
  const [x, y, z] = down;
  setColumn(out, 0, turn(frame, across));
  setColumn(out, 1, turn(frame, down));
  setColumn(out, 2, turn(frame, [b * z - c * y, c * x - a * z, a * y - b * x]));
  setColumn(out, 3, transform(frame, 0, 0, 0));
  return out;
}

/** `a` times `b`: the world from the frame `b` that stands in the frame `a`. */
export function times(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const out = new Float64Array(16);
  for (let row = 0; row < 16; row += 4) {
    for (let col = 0; col < 4; col++) {
      for (let k = 0; k < 4; k++) out[row + col]! += a[row + k]! * b[4 * k + col]!;
    }
  }
  return out;
}
