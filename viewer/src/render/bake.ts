/**
 * From values to the pictures of a matrix: what is near is drawn from `near` (the colour of each element and the size
 * of its cube), what is far from `levels` (what elements look like on average, and how much of their place they cover),
 * each half as wide and high as the one before. Pure arithmetic on bytes that are read as sRGB.
 */
import { Appearance } from "../appearance.ts";
import type { ColourMap, Course, Look, Scale, Viz } from "../format.ts";
import { decoded, encode, toByte, toLinear } from "./colour.ts";
import type { Rect } from "./blocks.ts";

/** What the alpha of a near texel says: 0 nothing; 1 to SIZES a size, by the root of the share; the same and SIZES
 * more: one that is lit; beyond, what is no number: NaN, +inf, -inf, and each of them lit. */
export const SIZES = 124;
export const NAN = 249;
const DIM = 0.7; // what is no number, which the shader of near elements chequers with its full light

/** What of a matrix is drawn. */
export interface Drawn {
  values: Float32Array; visible: Uint8Array | null; floor: number;
  /** Whether the element is lit. */
  lit: ((row: number, col: number) => boolean) | null;
}

/** Texels by sign and by the root of the share of the largest magnitude, `steps` for each sign, then of what is no
 * number: NaN, infinity, minus infinity. */
export interface Texels { near: Uint32Array; far: Uint32Array }

/** The texels of a way to draw values, whatever the scale of a matrix. */
export class Swatches {
  readonly steps: number;
  readonly largest: number;
  readonly smallest: number;
  /** Of elements that are not lit. */
  readonly plain: Texels;
  private made: Texels | null = null;
  private readonly appearance: Appearance;

  constructor(private readonly viz: Viz, course: Course, map: ColourMap | null, private readonly look: Look) {
    this.appearance = new Appearance(viz, { low: 0, high: 1 }, course, map, look.saturation); // of levels
    this.steps = stepsOf(course, map !== null);
    this.largest = this.appearance.largest;
    this.smallest = viz.minSize;
    this.plain = this.make(false);
  }

  /** Of elements that are lit. */
  get lit(): Texels { return this.made ??= this.make(true); }

  private make(lit: boolean): Texels {
    const { appearance, largest, look, steps, viz } = this, n = steps + 1;
    const near = new Uint32Array(2 * n + 3), far = new Uint32Array(2 * n + 3);
    const lighter = lit ? 1 + look.highlightGlow : 1;
    const put = (at: number, rgb: number[], edge: number, code: number): void => {
      const shown = lit && look.accent ? look.accent : rgb;
      near[at] = pack(shown, lit ? code + (code >= NAN ? 3 : SIZES) : code);
      const cover = Math.min(edge * edge, 1);
      const light = (c: number): number => encode(Math.min(toLinear(c) * lighter, 1) * cover);
      far[at] = pack([light(shown[0]!), light(shown[1]!), light(shown[2]!)], 255 * cover);
    };
    for (const sign of [0, 1])
      for (let step = 0; step < n; step++) {
        const root = step / steps, share = Math.max(root * root, 1e-12) * (sign ? -1 : 1);
        const size = largest * (viz.minSize + (1 - viz.minSize) * root);
        put(sign * n + step, appearance.srgb(share), size, 1 + Math.round(root * (SIZES - 1)));
      }
    for (const [at, value] of [NaN, Infinity, -Infinity].entries())
      put(2 * n + at, appearance.srgb(value).map(c => c * DIM), largest, NAN + at);
    return { near, far };
  }
}

/** The texels of the values of one scale. */
export class Palette {
  readonly low: number;
  readonly span: number;

  constructor(readonly swatches: Swatches, scale: Scale) {
    this.low = scale.low;
    this.span = Math.max(scale.high - scale.low, 0);
  }

  get largest(): number { return this.swatches.largest; }

  get smallest(): number { return this.swatches.smallest; }
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

/** A picture of so many texels. */
export interface Level { w: number; h: number; texels: Uint32Array }

/** The pictures of a rectangle of a matrix. */
export class Pictures {
  /** What is drawn near by, once that is asked for. */
  near: Level | null = null;
  /** Share of the largest cube's edge that no cube here is larger than. */
  largest = 0;
  readonly levels: Level[] = [];

  constructor(readonly w: number, readonly h: number) {
    for (let [wide, high] = [w, h]; ; [wide, high] = [Math.max(1, wide >> 1), Math.max(1, high >> 1)]) {
      this.levels.push({ w: wide, h: high, texels: new Uint32Array(wide * high) });
      if (wide === 1 && high === 1) break;
    }
  }

  /** Have a near picture, too, from what is baked next on. */
  approach(): Level {
    return this.near ??= { w: this.w, h: this.h, texels: new Uint32Array(this.w * this.h) };
  }

  /** The gap between cubes for one of their edges, on average. */
  get meanGap(): number {
    const edge = Math.sqrt((this.levels[this.levels.length - 1]!.texels[0]! >>> 24) / 255);
    return Math.max(1 - edge, 0) / Math.max(edge, 0.05);
  }

  /** Draw the rectangle `rect` of these pictures. `at`: where the pictures' first element is in the matrix, `stride`:
   * how many columns that has. */
  bake(rect: Rect, drawn: Drawn, palette: Palette, at: { row: number; col: number }, stride: number): void {
    const { values, visible, floor, lit } = drawn, { low, span, smallest, swatches } = palette;
    const { plain, steps } = swatches, lighted = lit ? swatches.lit : plain;
    const nearTexels = this.near?.texels ?? null, farTexels = this.levels[0]!.texels;
    const per = span > 0 ? 1 / span : 0, other = steps + 1;
    let most = -1;
    for (let row = rect.row; row < rect.row + rect.h; row++) {
      let from = (at.row + row) * stride + at.col + rect.col, to = row * this.w + rect.col;
      for (let col = rect.col; col < rect.col + rect.w; col++, from++, to++) {
        const x = values[from]!, size = Math.abs(x);
        if (x === 0 || size < floor || (visible !== null && visible[from] === 0)) {
          farTexels[to] = 0;
          if (nearTexels) nearTexels[to] = 0;
          continue;
        }
        let index: number;
        if (size < Infinity) {
          const share = (size - low) * per;
          const step = share <= 0 ? 0 : share >= 1 ? steps : (Math.sqrt(share) * steps + 0.5) | 0;
          index = x < 0 ? other + step : step;
          if (step > most) most = step;
        } else {
          index = 2 * other + (size !== size ? 0 : x > 0 ? 1 : 2);
          most = steps;
        }
        const texels = lit !== null && lit(at.row + row, at.col + col) ? lighted : plain;
        farTexels[to] = texels.far[index]!;
        if (nearTexels) nearTexels[to] = texels.near[index]!;
      }
    }
    const whole = rect.w === this.w && rect.h === this.h;
    const share = most < 0 ? 0 : smallest + (1 - smallest) * Math.min(1, most / steps + 1 / SIZES);
    this.largest = whole ? share : Math.max(this.largest, share);
  }

  /** Work the smaller pictures out anew where `rect` of the largest has changed; which part of each that is. */
  reduce(rect: Rect): Rect[] {
    const changed = [rect];
    for (let at = 1; at < this.levels.length; at++) {
      const from = this.levels[at - 1]!, to = this.levels[at]!, before = changed[at - 1]!;
      const [top, bottom] = halved(before.row, before.h, from.h, to.h),
        [left, right] = halved(before.col, before.w, from.w, to.w);
      // nearly everywhere it is four texels that become one, which is worked out the short way
      const regular = { bottom: Math.min(bottom, from.h >> 1, to.h - (from.h & 1)), right: to.w - (from.w & 1) };
      for (let row = top; row < bottom; row++) {
        let col = left;
        if (row < regular.bottom && from.w > 1) col = quarter(from, to, row, left, Math.min(right, regular.right));
        for (; col < right; col++) to.texels[row * to.w + col] = mean(from, row, col, to);
      }
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

/** Work out the texels `left` to `right - 1` of a row, each the mean of four. Gives where it ended. */
function quarter(from: Level, to: Level, row: number, left: number, right: number): number {
  const texels = from.texels, out = to.texels, stride = from.w;
  let at = 2 * row * stride + 2 * left, col = left, into = row * to.w + left;
  for (; col < right; col++, at += 2, into++) {
    const a = texels[at]!, b = texels[at + 1]!, c = texels[at + stride]!, d = texels[at + stride + 1]!;
    const red = decoded[a & 255]! + decoded[b & 255]! + decoded[c & 255]! + decoded[d & 255]!;
    const green = decoded[a >> 8 & 255]! + decoded[b >> 8 & 255]! + decoded[c >> 8 & 255]! + decoded[d >> 8 & 255]!;
    const blue = decoded[a >> 16 & 255]! + decoded[b >> 16 & 255]! + decoded[c >> 16 & 255]! + decoded[d >> 16 & 255]!;
    const cover = ((a >>> 24) + (b >>> 24) + (c >>> 24) + (d >>> 24) + 2) >> 2;
    out[into] = fromLinear(red / 4) | fromLinear(green / 4) << 8 | fromLinear(blue / 4) << 16 | cover << 24;
  }
  return col;
}

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
