/**
 * Epilogs: what is done to a product before it is shown, a chain of steps, innermost first, in float64, as in
 * mm_blender/expression/epilogs.py. Here they finish the sums of a sweep under way. Those that take a matrix by its
 * name, and those that are not among the functions (`rope` ...), do not: such sums are shown bare, as in Blender.
 */
import type { EpilogStep } from "../format.ts";
import { POINTWISE, WHOLE, type Matrix64 } from "./functions.ts";

export type Chain = readonly EpilogStep[];

const SCALARS = ["mul", "div", "add"];

/** Whether a step treats every element by itself, wherever it stands. */
export function isPointwise(step: EpilogStep): boolean {
  return step.matrix === null && (step.name in POINTWISE || SCALARS.includes(step.name));
}

/** Whether a chain is applied to sums under way. */
export function finishesSums(chain: Chain): boolean {
  return chain.every(step => isPointwise(step) || step.matrix === null && step.name in WHOLE);
}

/** A chain as the part that treats every element by itself, and the rest. */
export function split(chain: Chain): [pointwise: Chain, rest: Chain] {
  const at = chain.findIndex(step => !isPointwise(step));
  return at < 0 ? [chain, []] : [chain.slice(0, at), chain.slice(at)];
}

/** Apply a chain that finishes sums to `x.h` x `x.w` numbers, in place. */
export function apply(chain: Chain, x: Matrix64): void {
  chain.forEach((step, at) => {
    if (isPointwise(step)) pointwise(step, x.data, x.h * x.w);
    else WHOLE[step.name]!(x, step.numbers, chain[at + 1]?.name === "softmax");
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
