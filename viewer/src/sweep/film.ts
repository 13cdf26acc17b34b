/** A film: every step of one way to sweep an expression, each worked out when it is asked for. */
import type { Matrix, Member, Variant } from "../format.ts";
import { MatrixSweep, type Reader } from "./matrix_sweep.ts";
import { LEFT, RIGHT } from "./algorithms.ts";
import { walkOf } from "./product.ts";
import type { Inside, Shown, State, Values } from "./state.ts";

let films = 0;

export class Film {
  /** Number of steps; step `steps` is the finished picture. */
  readonly steps: number;
  private readonly sweeps = new Map<string, MatrixSweep>();
  private readonly matrices = new Map<string, Shown>();

  /** Without a variant it stands still: the finished picture. */
  constructor(member: Member, values: Values, variant: Variant | null) {
    this.steps = variant?.steps ?? 1;
    const first = films++ * 2 ** 32; // versions of no two films are the same, or follow each other
    const tracks = variant?.tracks ?? {};
    const readers = readersOf(member.matrices, tracks);
    for (const matrix of member.matrices) {
      const reader = readers.get(matrix.path) ?? null;
      const track = tracks[matrix.path] ?? null;
      const sweep = new MatrixSweep(matrix, values, track, reader, isHidden(matrix, readers), this.sweeps);
      this.sweeps.set(matrix.path, sweep);
      sweep.shown.version = first;
      this.matrices.set(matrix.path, sweep.shown);
    }
  }

  /** What is shown at a step, 0 to `steps`, in any order; going forward by one is fast. The state is the film's own. */
  at(step: number): State {
    const insides: Inside[] = [];
    for (const sweep of this.sweeps.values()) sweep.to(step, insides);
    return { step, matrices: this.matrices, insides };
  }
}

/** By path, the matmul that reads a matrix while it sweeps, or above which one does. */
function readersOf(matrices: readonly Matrix[], tracks: Variant["tracks"]): Map<string, Reader> {
  const readers = new Map<string, Reader>();
  for (const matrix of matrices) {
    const track = tracks[matrix.path] ?? null;
    const walk = track && walkOf(matrix, track);
    if (matrix.left) readers.set(matrix.left, { path: matrix.path, face: LEFT, track, walk });
    if (matrix.right) readers.set(matrix.right, { path: matrix.path, face: RIGHT, track, walk });
  }
  return readers;
}

/** Whether a sweep above hides its inputs: that hides everything below it. */
function isHidden(matrix: Matrix, readers: Map<string, Reader>): boolean {
  for (let above = readers.get(matrix.path); above; above = readers.get(above.path)) {
    if (above.track?.hideInputs) return true;
  }
  return false;
}
