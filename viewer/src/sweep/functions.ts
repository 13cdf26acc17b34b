/**
 * The functions of epilogs, as in mm_blender/expression/epilog_functions.py. Infinities have the limit of a function
 * where there is one, a NaN stays a NaN (in its row of a softmax or a norm).
 */

/** The first h x w numbers of `data` are a matrix, row by row. */
export interface Matrix64 { h: number; w: number; data: Float64Array }

const LAYERNORM_EPS = 1e-5;
const DUST = 2 ** -42; // relative to a mean, deviations that are but the rounding of float64 sums
const GELU_SCALE = Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715;
/** Coefficients, the highest power first, of log(erfc(z) / t) + z^2 as a polynomial in t = 2 / (2 + z). */
const TAIL = [
  0.013230641682942704, 0.09387207031250008, -1.3368313014507291, 5.74606418609619, -13.379481399121378,
  19.29455514764412, -17.997951169178112, 11.063538619831272, -4.7952721193111385, 1.708014363804366,
  -0.33464534225886855, -0.031922450005274446, -0.1505371831166063, -0.0854331795303365, 0.08331071133597963,
  0.3750005316860498, 0.9999999950607381, -1.265512123477024,
];

/** x times a gate that falls faster than x grows: 0 at minus infinity. */
function gated(x: number, gate: number): number {
  return Math.max(x, -Number.MAX_VALUE) * gate;
}

function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}

/** x times the share of a normal distribution below x. */
function gelu(x: number): number {
  const z = Math.abs(x) * Math.SQRT1_2;
  const t = 2 / (2 + z);
  let power = TAIL[0]!;
  for (let at = 1; at < TAIL.length; at++) power = power * t + TAIL[at]!;
  const tail = t * Math.exp(power - z * z) / 2;
  return gated(x, x > 0 ? 1 - tail : tail);
}

/** Functions of an element. */
export const POINTWISE: Readonly<Record<string, (x: number) => number>> = {
  relu: x => Math.max(x, 0),
  gelu,
  gelu_tanh: x => gated(x, sigmoid(2 * GELU_SCALE * (x + GELU_CUBIC * x * x * x))),
  sigmoid,
  silu: x => gated(x, sigmoid(x)),
  tanh: Math.tanh,
  square: x => x * x,
};

type Whole = (x: Matrix64, numbers: readonly number[], intoSoftmax: boolean) => void;

/** Functions of rows or of a whole matrix, in place; `intoSoftmax`: whether a softmax comes next. */
export const WHOLE: Readonly<Record<string, Whole>> = {
  softmax: x => eachRow(x, softmax),
  layernorm: (x, [eps]) => layernorm(x.data, 0, x.h * x.w, eps),
  layernorm_rows: (x, [eps]) => eachRow(x, (data, start, end) => layernorm(data, start, end, eps)),
  rmsnorm: (x, [eps]) => eachRow(x, (data, start, end) => rmsnorm(data, start, end, eps)),
  tril: (x, _, intoSoftmax) => triangle(x, true, intoSoftmax ? -Infinity : 0),
  triu: (x, _, intoSoftmax) => triangle(x, false, intoSoftmax ? -Infinity : 0),
};

function eachRow(x: Matrix64, change: (data: Float64Array, start: number, end: number) => void): void {
  for (let row = 0; row < x.h; row++) change(x.data, row * x.w, (row + 1) * x.w);
}

/** A row that is minus infinity throughout becomes zeros. */
function softmax(data: Float64Array, start: number, end: number): void {
  let top = -Infinity;
  for (let at = start; at < end; at++) top = Math.max(top, data[at]!);
  if (top === -Infinity) {
    data.fill(0, start, end);
    return;
  }
  let total = 0;
  for (let at = start; at < end; at++) {
    const e = Math.exp(data[at]! - top);
    data[at] = e;
    total += e;
  }
  for (let at = start; at < end; at++) data[at]! /= total;
}

function mean(data: Float64Array, start: number, end: number, less: number): number {
  let sum = 0;
  for (let at = start; at < end; at++) sum += data[at]! - less;
  return sum / (end - start);
}

function layernorm(data: Float64Array, start: number, end: number, eps = LAYERNORM_EPS): void {
  let middle = mean(data, start, end, 0);
  middle += mean(data, start, end, middle); // of what is constant it is then just that, not next to it
  let squares = 0;
  for (let at = start; at < end; at++) {
    const away = data[at]! - middle;
    data[at] = away;
    squares += away * away;
  }
  const variance = squares / (end - start);
  const scale = variance <= (DUST * middle) ** 2 ? Infinity : Math.sqrt(variance + eps);
  for (let at = start; at < end; at++) data[at]! /= scale;
}

function rmsnorm(data: Float64Array, start: number, end: number, eps = LAYERNORM_EPS): void {
  let squares = 0;
  for (let at = start; at < end; at++) squares += data[at]! * data[at]!;
  const scale = Math.sqrt(squares / (end - start) + eps);
  for (let at = start; at < end; at++) data[at]! /= scale;
}

function triangle(x: Matrix64, lower: boolean, fill: number): void {
  const { h, w, data } = x;
  for (let row = 0; row < h; row++) {
    if (lower) data.fill(fill, row * w + Math.min(row + 1, w), (row + 1) * w);
    else data.fill(fill, row * w, row * w + Math.min(row, w));
  }
}
