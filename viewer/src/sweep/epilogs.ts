/**
 * Epilogs: what is done to a product before it is shown, a chain of steps, innermost first, in float64, as in
 * mm_blender/expression/epilogs.py. Here they finish the sums of a sweep under way; those that take a matrix by its name,
 * `rope`, `rope_cols` and `rmsnorm_cols` do not: such sums are shown bare (`finishesSums`), as in Blender.
 */
import type { EpilogStep } from "../format.ts";
import { POINTWISE, WHOLE, type Matrix64 } from "./functions.ts";

export type Chain = readonly EpilogStep[];

const BARE = ["rope", "rope_cols", "rmsnorm_cols"];

/** Whether a step treats every element by itself, wherever it stands. */
export function isPointwise(step: EpilogStep): boolean {
  return step.matrix === null && (step.name in POINTWISE || ["mul", "div", "add"].includes(step.name));
}

/** Whether a chain is applied to sums under way. */
export function finishesSums(chain: Chain): boolean {
  return !chain.some(step => step.matrix !== null || BARE.includes(step.name));
}

/** A chain as the part that treats every element by itself, and the rest. */
export function split(chain: Chain): [pointwise: Chain, rest: Chain] {
  const at = chain.findIndex(step => !isPointwise(step));
  return at < 0 ? [chain, []] : [chain.slice(0, at), chain.slice(at)];
}

/** Apply a chain to `x.h` x `x.w` numbers, in place. */
export function apply(chain: Chain, x: Matrix64): void {
  chain.forEach((step, at) => {
    if (isPointwise(step)) {
      pointwise(step, x.data, x.h * x.w);
      return;
    }
    const whole = WHOLE[step.name];
    if (!whole) throw new Error(`the viewer knows no epilog ${step.name}`);
    whole(x, step.numbers, chain[at + 1]?.name === "softmax");
  });
}

function pointwise(step: EpilogStep, data: Float64Array, n: number): void {
  const by = step.scalar ?? 1;
  switch (step.name) {
    case "mul": for (let at = 0; at < n; at++) data[at]! *= by; return;
    case "div": for (let at = 0; at < n; at++) data[at]! /= by; return;
    case "add": for (let at = 0; at < n; at++) data[at]! += by; return;
  }
  const f = POINTWISE[step.name]!;
  for (let at = 0; at < n; at++) data[at] = f(data[at]!);
}
