/** A film: every step of one way to sweep an expression, each worked out when it is asked for. */
import type { Member, Variant } from "../format.ts";
import type { Shown, State } from "./state.ts";

/** What every matrix of a member holds in the end, by path. */
export type Values = (path: string) => Float32Array;

export class Film {
  /** Number of steps; step `steps` is the finished picture. */
  readonly steps: number;
  private readonly matrices = new Map<string, Shown>();

  constructor(member: Member, values: Values, variant: Variant | null) {
    this.steps = variant?.steps ?? 1;
    for (const matrix of member.matrices) {
      this.matrices.set(matrix.path, {
        matrix, values: values(matrix.path), visible: null, lit: null, floor: 0, version: 0,
        changed: { top: 0, bottom: matrix.h, left: 0, right: matrix.w },
      });
    }
  }

  /** What is shown at a step, 0 to `steps`, in any order; going forward by one is fast. The state is the film's own. */
  at(step: number): State {
    return { step, matrices: this.matrices, insides: [] };
  }
}
