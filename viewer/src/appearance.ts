/**
 * Appearance: from a value to the size and the colour of its cube. The rules are those of mm_blender/appearance/rules.py:
 * magnitude makes the size and the lightness, sign and magnitude the hue, or a map has the colours.
 */
import { hueAt, mapAt, type RGB } from "./colours.ts";
import type { ColourMap, Course, Scale, Viz } from "./format.ts";

/** Edge of the largest cube at elem scale 1, in pitches. */
export const EDGE = 0.8;

/** Of what is no number, sRGB: NaN, infinity, minus infinity. Blender chequers them with black. */
export const NAN_COLOUR: RGB = [1, 0, 1];
export const INFINITE: RGB = [1, 1, 1];
export const MINUS_INFINITE: RGB = [0.537, 0.537, 0.537];

const HALF = 2048;          // entries of a table for either half of a map
const FLOAT32 = 3.4028235e38; // beyond it is infinite

/** How one matrix is drawn. `saturation`: of the hue scheme's colours in a look; maps keep their own. */
export class Appearance {
  /** Edge of the cubes that are drawn largest, in pitches. */
  readonly largest: number;
  private readonly low: number;
  private readonly span: number;
  private table: Uint8Array | null = null; // 3 bytes a share of the way, as `share` counts it

  constructor(readonly viz: Viz, readonly scale: Scale, readonly course: Course, readonly map: ColourMap | null,
              readonly saturation = 1) {
    this.largest = EDGE * viz.elemScale;
    this.low = scale.low;
    this.span = Math.max(scale.high - scale.low, 0);
  }

  /** Signed share of the scale, -1 to 1, of a number. */
  level(value: number): number {
    if (this.span === 0) return 0;
    return Math.sign(value) * Math.min(Math.max((Math.abs(value) - this.low) / this.span, 0), 1);
  }

  /** Edge of a value's cube, in pitches; 0: it is not drawn. What is no number is drawn largest. */
  edge(value: number): number {
    if (value === 0) return 0;
    const { minSize } = this.viz;
    return this.largest * (minSize + (1 - minSize) * Math.sqrt(isNumber(value) ? Math.abs(this.level(value)) : 1));
  }

  /** Colour of a value, sRGB 0 to 1. */
  srgb(value: number): RGB {
    return isNumber(value) ? this.colourAt(this.level(value)) : oddColour(value);
  }

  /** Colour of a level. */
  colourAt(level: number): RGB {
    if (this.map) return mapAt(this.map, position(this.course, level));
    const signed = this.course.decades ? 2 * position(this.course, level) - 1 : level;
    return hueAt(this.viz, signed, this.saturation);
  }

  /**
   * Colours (4 bytes an element: sRGB, then its edge as a share of the largest, 0 where nothing is drawn) and, where
   * asked for, edges (in pitches) of elements `start` to `end - 1`. `visible`: as in `Shown`; magnitudes below `floor`
   * are not drawn. Colours are right to a few thousandths of the way through their map.
   */
  paint(values: Float32Array, visible: Uint8Array | null, floor: number, colours: Uint8Array,
        edges: Float32Array | null = null, start = 0, end = values.length): void {
    const { low, viz: { minSize }, largest } = this;
    const table = this.table ??= this.tabulate();
    const by = this.span === 0 ? 0 : 1 / this.span;
    const share = this.share();
    for (let at = start, to = 4 * start; at < end; at++, to += 4) {
      const value = values[at]!;
      const size = value < 0 ? -value : value;
      if (value === 0 || (visible !== null && visible[at] === 0) || size < floor) {
        colours[to + 3] = 0;
        if (edges) edges[at] = 0;
        continue;
      }
      if (!(size <= FLOAT32)) {
        this.paintOdd(value, colours, to);
        if (edges) edges[at] = largest;
        continue;
      }
      let level = (size - low) * by;
      if (!(level > 0)) level = 0;
      else if (level > 1) level = 1;
      const root = Math.sqrt(level);
      const edge = minSize + (1 - minSize) * root;
      const from = 3 * share(value < 0 ? -level : level, value < 0 ? -root : root);
      colours[to] = table[from]!;
      colours[to + 1] = table[from + 1]!;
      colours[to + 2] = table[from + 2]!;
      colours[to + 3] = Math.max(255 * edge + 0.5, 1);
      if (edges) edges[at] = edge * largest;
    }
  }

  private paintOdd(value: number, colours: Uint8Array, to: number): void {
    const [r, g, b] = oddColour(value);
    colours[to] = 255 * r;
    colours[to + 1] = 255 * g;
    colours[to + 2] = 255 * b;
    colours[to + 3] = 255;
  }

  /** What gives the entry in the table of a signed level and its signed root. */
  private share(): (level: number, root: number) => number {
    const { course, map } = this;
    const { low, start, end } = course;
    if (!map && !course.decades) return (_, root) => HALF + Math.round(root * HALF);
    if (course.decades) return level => Math.round(position(course, level) * 2 * HALF);
    const by = 2 * HALF / (end - start);
    return level => {
      const size = level < 0 ? -level : level;
      const u = level === 0 ? 0 : low + size * (1 - low);
      const entry = ((level < 0 ? -u : u) - start) * by;
      return entry <= 0 ? 0 : entry >= 2 * HALF ? 2 * HALF : Math.round(entry);
    };
  }

  /** The colours at all entries. */
  private tabulate(): Uint8Array {
    const table = new Uint8Array(3 * (2 * HALF + 1));
    for (let entry = 0; entry <= 2 * HALF; entry++) {
      const t = entry / HALF - 1;
      const colour = this.map ? mapAt(this.map, (t + 1) / 2)
        : hueAt(this.viz, this.course.decades ? t : Math.sign(t) * t * t, this.saturation);
      colour.forEach((channel, at) => { table[3 * entry + at] = 255 * channel + 0.5; });
    }
    return table;
  }
}

/** Share of a map's way, 0 to 1, of a level (rules.py: Course). */
export function position(course: Course, level: number): number {
  const { decades, low, knee, start, end } = course;
  let u = Math.sign(level) * (low + Math.abs(level) * (1 - low));
  if (decades) u = Math.sign(u) * Math.log(Math.max(Math.abs(u) / knee + (decades === 2 ? 1 : 0), 1));
  return Math.min(Math.max((u - start) / (end - start), 0), 1);
}

function isNumber(value: number): boolean {
  return Math.abs(value) <= FLOAT32;
}

function oddColour(value: number): RGB {
  return value > 0 ? INFINITE : value < 0 ? MINUS_INFINITE : NAN_COLOUR;
}
