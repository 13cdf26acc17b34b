/**
 * From values to the pictures of a matrix: what is near is drawn from `near` (the colour of each element and the size of
 * its cube), what is far from `levels` (what elements look like on average, and how much of their place they cover),
 * each half as wide and high as the one before. Pure arithmetic on bytes that are read as sRGB.
 */
import { Appearance } from "../appearance.ts";
import type { ColourMap, Course, Look, Scale, Viz } from "../format.ts";
import { decoded, encode, toByte, toLinear } from "./colour.ts";
import type { Rect } from "./blocks.ts";

/** What the alpha of a near texel says: 0 nothing; 1 to SIZES a size, by the root of the share; the same and SIZES more:
 * one that is lit; beyond, what is no number: NaN, +inf, -inf, and each of them lit. */
export const SIZES = 124;
export const NAN = 249;

/** What of a matrix is drawn. */
export interface Drawn {
  values: Float32Array; visible: Uint8Array | null; floor: number;
  /** Whether the element is lit. */
  lit: ((row: number, col: number) => boolean) | null;
}

/** Texels by sign and by the root of the share of the largest magnitude, `steps` for each sign. */
export class Palette {
  readonly steps: number;
  readonly low: number;
  readonly span: number;
  /** Each for elements that are not lit, then for those that are. */
  readonly near: [Uint32Array, Uint32Array];
  readonly far: [Uint32Array, Uint32Array];
  readonly odd: { near: [Uint32Array, Uint32Array]; far: [Uint32Array, Uint32Array] };
  readonly largest: number;
  readonly smallest: number;

  constructor(viz: Viz, scale: Scale, course: Course, map: ColourMap | null, look: Look) {
    const appearance = new Appearance(viz, { low: 0, high: 1 }, course, map, look.saturation); // of levels
    this.steps = stepsOf(course, map !== null);
    this.low = scale.low;
    this.span = Math.max(scale.high - scale.low, 0);
    this.largest = appearance.largest;
    this.smallest = viz.minSize;
    const n = this.steps + 1;
    const table = (size: number): [Uint32Array, Uint32Array] => [new Uint32Array(size), new Uint32Array(size)];
    this.near = table(2 * n);
    this.far = table(2 * n);
    this.odd = { near: table(3), far: table(3) };
    const lighter = 1 + look.highlightGlow;
    const put = (into: Palette["odd"], at: number, rgb: number[], edge: number, code: number): void => {
      for (const lit of [0, 1] as const) {
        const shown = lit && look.accent ? look.accent : rgb;
        const alpha = code >= NAN ? code + 3 * lit : code + SIZES * lit;
        into.near[lit][at] = pack(shown, alpha);
        const cover = Math.min(edge * edge, 1);
        const linear = shown.map(c => Math.min(toLinear(c) * (lit ? lighter : 1), 1) * cover);
        into.far[lit][at] = pack(linear.map(encode), 255 * cover);
      }
    };
    for (const sign of [0, 1])
      for (let step = 0; step < n; step++) {
        const root = step / this.steps;
        const share = Math.max(root * root, 1e-12) * (sign ? -1 : 1);
        const size = this.largest * (viz.minSize + (1 - viz.minSize) * root);
        put({ near: this.near, far: this.far }, sign * n + step, appearance.srgb(share), size,
            1 + Math.round(root * (SIZES - 1)));
      }
    for (const [at, rgb] of [[1, 0, 1], [1, 1, 1], [0.5, 0.5, 0.5]].entries())
      put(this.odd, at, rgb.map(c => c * 0.7), this.largest, NAN + at);
  }
}

/** How many steps of the root it takes to tell the colours of a course apart: more for a map that ends next to where it
 * starts, or goes by decades. */
function stepsOf(course: Course, isMap: boolean): number {
  if (course.decades) return 8192;
  return isMap ? Math.min(Math.max(Math.ceil(512 / (course.end - course.start)), 1024), 16384) : 1024;
}

/** Edge of the cube of a value, in pitches, as it is drawn; 0 if it is not. */
export function edgeOf(value: number, palette: Palette): number {
  const { smallest } = palette;
  if (value === 0) return 0;
  const share = Math.abs(value) < Infinity && palette.span > 0 ? (Math.abs(value) - palette.low) / palette.span : 0;
  const root = Number.isFinite(value) ? Math.sqrt(Math.min(Math.max(share, 0), 1)) : 1;
  return palette.largest * (smallest + (1 - smallest) * root);
}

function pack(rgb: readonly number[], alpha: number): number {
  return (toByte(rgb[0]!) | toByte(rgb[1]!) << 8 | toByte(rgb[2]!) << 16 | Math.round(alpha) << 24) >>> 0;
}

/** The pictures of a rectangle of a matrix. */
export class Pictures {
  readonly near: Uint32Array;
  /** Share of the largest cube's edge that no cube here is larger than. */
  largest = 0;
  readonly levels: { w: number; h: number; texels: Uint32Array }[] = [];

  constructor(readonly w: number, readonly h: number) {
    this.near = new Uint32Array(w * h);
    for (let [wide, high] = [w, h]; ; [wide, high] = [Math.max(1, wide >> 1), Math.max(1, high >> 1)]) {
      this.levels.push({ w: wide, h: high, texels: new Uint32Array(wide * high) });
      if (wide === 1 && high === 1) break;
    }
  }

  /** The gap between cubes for one of their edges, on average. */
  get meanGap(): number {
    const edge = Math.sqrt((this.levels[this.levels.length - 1]!.texels[0]! >>> 24) / 255);
    return Math.max(1 - edge, 0) / Math.max(edge, 0.05);
  }

  /** Draw the rectangle `rect` of these pictures. `at`: where the pictures' first element is in the matrix, `stride`:
   * how many columns that has. */
  bake(rect: Rect, drawn: Drawn, palette: Palette, at: { row: number; col: number }, stride: number): void {
    const { values, visible, floor, lit } = drawn;
    const { steps, low, span, near, far, odd } = palette;
    const nearTexels = this.near, farTexels = this.levels[0]!.texels;
    const per = span > 0 ? 1 / span : 0, other = steps + 1;
    let most = -1;
    for (let row = rect.row; row < rect.row + rect.h; row++) {
      let from = (at.row + row) * stride + at.col + rect.col, to = row * this.w + rect.col;
      for (let col = rect.col; col < rect.col + rect.w; col++, from++, to++) {
        const x = values[from]!;
        const size = Math.abs(x);
        if (x === 0 || size < floor || (visible !== null && visible[from] === 0)) {
          nearTexels[to] = farTexels[to] = 0;
          continue;
        }
        const on = lit !== null && lit(at.row + row, at.col + col) ? 1 : 0;
        if (size < Infinity) {
          const share = (size - low) * per;
          const step = share <= 0 ? 0 : share >= 1 ? steps : (Math.sqrt(share) * steps + 0.5) | 0;
          const index = x < 0 ? other + step : step;
          if (step > most) most = step;
          nearTexels[to] = near[on][index]!;
          farTexels[to] = far[on][index]!;
        } else {
          const index = size !== size ? 0 : x > 0 ? 1 : 2;
          most = steps;
          nearTexels[to] = odd.near[on][index]!;
          farTexels[to] = odd.far[on][index]!;
        }
      }
    }
    const whole = rect.w === this.w && rect.h === this.h;
    const share = most < 0 ? 0 : palette.smallest + (1 - palette.smallest) * Math.min(1, most / steps + 1 / SIZES);
    this.largest = whole ? share : Math.max(this.largest, share);
  }

  /** Work the smaller pictures out anew where `rect` of the largest has changed; which part of each that is. */
  reduce(rect: Rect): Rect[] {
    const changed = [rect];
    for (let at = 1; at < this.levels.length; at++) {
      const from = this.levels[at - 1]!, to = this.levels[at]!, before = changed[at - 1]!;
      const [top, bottom] = halved(before.row, before.h, from.h, to.h), [left, right] = halved(before.col, before.w, from.w, to.w);
      for (let row = top; row < bottom; row++)
        for (let col = left; col < right; col++) to.texels[row * to.w + col] = mean(from, row, col, to);
      changed.push({ row: top, col: left, h: bottom - top, w: right - left });
    }
    return changed;
  }
}

/** Which texels, of `to`, what starts at `first` of `from` is part of. An odd one at the end is the last one's. */
function halved(first: number, count: number, from: number, to: number): [number, number] {
  if (from === to) return [first, first + count];
  return [Math.min(first >> 1, to - 1), Math.min((first + count + 1) >> 1, to)];
}

type Level = { w: number; h: number; texels: Uint32Array };

/** The mean of the texels of `from` that (row, col) of the next picture stands for. */
function mean(from: Level, row: number, col: number, to: Level): number {
  const rows = from.h === to.h ? 1 : row === to.h - 1 ? from.h - 2 * row : 2;
  const cols = from.w === to.w ? 1 : col === to.w - 1 ? from.w - 2 * col : 2;
  const first = (from.h === to.h ? row : 2 * row) * from.w + (from.w === to.w ? col : 2 * col);
  let r = 0, g = 0, b = 0, a = 0;
  for (let y = 0; y < rows; y++)
    for (let x = 0, at = first + y * from.w; x < cols; x++, at++) {
      const texel = from.texels[at]!;
      r += decoded[texel & 255]!;
      g += decoded[texel >> 8 & 255]!;
      b += decoded[texel >> 16 & 255]!;
      a += texel >>> 24;
    }
  const n = rows * cols;
  return (fromLinear(r / n) | fromLinear(g / n) << 8 | fromLinear(b / n) << 16 | Math.round(a / n) << 24) >>> 0;
}

const STEPS = 8192;
const encoded = Uint8Array.from({ length: STEPS + 1 }, (_, at) => toByte(encode(at / STEPS)));
const fromLinear = (x: number): number => encoded[(x * STEPS + 0.5) | 0]!;
