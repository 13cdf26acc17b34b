/** Blocks: which elements of a matrix lie side by side, and which part of it a texture holds. Pure arithmetic. */
import type { Matrix, Split } from "../format.ts";

/** Neighbouring rows, or columns: `count` from `first` on; the first lies at `at` pitches. */
export interface Run { first: number; count: number; at: number }

/** Where a matrix lies: its frame in the world (16 numbers, row by row), and its runs of rows and columns. */
export interface Place { frame: Float64Array; rows: Run[]; cols: Run[]; h: number; w: number }

/** A rectangle of elements: from row `row`, column `col` on. */
export interface Rect { row: number; col: number; h: number; w: number }

/** Blocks of one texture; each is drawn as a box of its own. */
export interface Patch extends Rect { blocks: Block[] }
/** `x`, `y`: corner of the first element's slot, in pitches from the centre of element (0, 0). */
export interface Block extends Rect { x: number; y: number }

/** The runs of a dimension in blocks. */
export function runsOf(split: Split): Run[] {
  const runs: Run[] = [];
  for (let first = 0, block = 0; first < split.size; first += split.step, block++)
    runs.push({ first, count: Math.min(split.step, split.size - first), at: first + block * split.gap });
  return split.gap === 0 && runs.length > 1 ? [{ first: 0, count: split.size, at: 0 }] : runs;
}

/** The runs of rows, or columns, whose places are given one by one. */
export function runsAt(offsets: ArrayLike<number>): Run[] {
  const runs: Run[] = [];
  for (let i = 0; i < offsets.length; i++) {
    const last = runs[runs.length - 1];
    if (last && Math.abs(offsets[i]! - last.at - last.count) < 1e-6) last.count++;
    else runs.push({ first: i, count: 1, at: offsets[i]! });
  }
  return runs;
}

/** The patches of a matrix whose textures are at most `most` elements wide and high. */
export function patchesOf(rows: Run[], cols: Run[], most: number): Patch[] {
  const patches: Patch[] = [];
  for (const down of bundled(rows, most))
    for (const across of bundled(cols, most)) {
      const row = down[0]!.first, col = across[0]!.first;
      const lastRow = down[down.length - 1]!, lastCol = across[across.length - 1]!;
      patches.push({
        row, col, h: lastRow.first + lastRow.count - row, w: lastCol.first + lastCol.count - col,
        blocks: down.flatMap(r => across.map(c => (
          { row: r.first, col: c.first, h: r.count, w: c.count, x: c.at - 0.5, y: r.at - 0.5 }))),
      });
    }
  return patches;
}

/** Runs cut where they reach beyond `most`, and bundled so that each bundle has at most that many. */
function bundled(runs: Run[], most: number): Run[][] {
  const bundles: Run[][] = [];
  let room = 0;
  for (const run of runs)
    for (let done = 0; done < run.count;) {
      if (room === 0) { bundles.push([]); room = most; }
      const count = Math.min(room, run.count - done);
      bundles[bundles.length - 1]!.push({ first: run.first + done, count, at: run.at + done });
      done += count;
      room -= count;
    }
  return bundles;
}

/** The place (column, row) of an element, in pitches. */
export function placeOf(matrix: Matrix, row: number, col: number): [number, number] {
  const along = (split: Split, index: number): number => index + Math.floor(index / split.step) * split.gap;
  return [along(matrix.cols, col), along(matrix.rows, row)];
}
