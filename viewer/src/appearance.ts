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

const FLOAT32 = 3.4028235e38; // beyond it is infinite

/** How one matrix is drawn. `saturation`: of the hue scheme's colours in a look; maps keep their own. */
export class Appearance {
  /** Edge of the cubes that are drawn largest, in pitches. */
  readonly largest: number;
  private readonly low: number;
  private readonly span: number;
  private readonly entry: Entry;
  private table: Uint32Array | null = null;

  constructor(readonly viz: Viz, readonly scale: Scale, readonly course: Course, readonly map: ColourMap | null,
              readonly saturation = 1) {
    this.largest = EDGE * viz.elemScale;
    this.low = scale.low;
    this.span = Math.max(scale.high - scale.low, 0);
    this.entry = new Entry(course, map !== null);
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
   * asked for, edges (in pitches) of elements `start` to `end - 1`. `colours` begins at a multiple of 4 bytes. `visible`:
   * as in `Shown`; magnitudes below `floor` are not drawn. Colours are right to a few thousandths of the map's way.
   */
  paint(values: Float32Array, visible: Uint8Array | null, floor: number, colours: Uint8Array,
        edges: Float32Array | null = null, start = 0, end = values.length): void {
    const { low, largest, entry, viz: { minSize } } = this;
    const table = this.table ??= tableOf(this.viz, this.map, this.saturation);
    const out = new Uint32Array(colours.buffer, colours.byteOffset, colours.length >> 2);
    const by = this.span === 0 ? 0 : 1 / this.span;
    const more = 1 - minSize;
    for (let at = start; at < end; at++) {
      const value = values[at]!;
      const size = value < 0 ? -value : value;
      if (value === 0 || size < floor || (visible !== null && visible[at] === 0)) {
        out[at] = 0;
        if (edges !== null) edges[at] = 0;
        continue;
      }
      let edge = 1;
      let color;
      if (size <= FLOAT32) {
        let level = (size - low) * by;
        level = level > 1 ? 1 : level > 0 ? level : 0;
        const root = Math.sqrt(level);
        edge = minSize + more * root;
        color = table[entry.of(value < 0, level, root)]!;
      } else {
        color = pack(oddColour(value));
      }
      const share = (255 * edge + 0.5) | 0;
      out[at] = color | (share > 0 ? share : 1) << 24;
      if (edges !== null) edges[at] = edge * largest;
    }
  }
}

const HALF = 1024; // entries of a table of colours for either sign
const ENTRIES = 2 * HALF + 1;

/** Which entry of its table a level has: in the scheme of hues by its root, in a map by its share of the way. */
class Entry {
  private readonly kind: "root" | "straight" | "decades";
  private readonly by: number;

  constructor(private readonly course: Course, private readonly isMap: boolean) {
    this.kind = course.decades ? "decades" : isMap ? "straight" : "root";
    this.by = (ENTRIES - 1) / (course.end - course.start);
  }

  /** `level` and its `root`: without their sign. */
  of(negative: boolean, level: number, root: number): number {
    if (this.kind === "root") return signed(negative ? -root : root);
    if (this.kind === "decades") {
      const share = position(this.course, negative ? -level : level);
      if (this.isMap) return (share * (ENTRIES - 1) + 0.5) | 0;
      return signed(share < 0.5 ? -Math.sqrt(1 - 2 * share) : Math.sqrt(2 * share - 1));
    }
    const { low, start } = this.course;
    const u = level === 0 ? 0 : low + level * (1 - low);
    const at = ((negative ? -u : u) - start) * this.by;
    return at <= 0 ? 0 : at >= ENTRIES - 1 ? ENTRIES - 1 : (at + 0.5) | 0;
  }
}

/** The entry of a root, -1 to 1, where each sign has its own hue: what is not 0 is not taken for it. */
function signed(root: number): number {
  if (root === 0) return HALF;
  const away = ((root < 0 ? -root : root) * HALF + 0.5) | 0;
  return root < 0 ? HALF - (away || 1) : HALF + (away || 1);
}

const tables = new Map<string, Uint32Array>(); // few: matrices share their settings

/** The colours at all entries: bytes, red in the lowest. */
function tableOf(viz: Viz, map: ColourMap | null, saturation: number): Uint32Array {
  const { minLight, maxLight, zeroHue, hueGap, hueSpread } = viz;
  const key = map ? JSON.stringify(map) : [minLight, maxLight, zeroHue, hueGap, hueSpread, saturation].join();
  let table = tables.get(key);
  if (!table) {
    table = Uint32Array.from({ length: ENTRIES }, (_, at) => {
      const t = at / HALF - 1;
      return pack(map ? mapAt(map, (t + 1) / 2) : hueAt(viz, Math.sign(t) * t * t, saturation));
    });
    tables.set(key, table);
  }
  return table;
}

/** The bytes of a colour, red in the lowest. */
function pack([r, g, b]: RGB): number {
  return (255 * r + 0.5) | (255 * g + 0.5) << 8 | (255 * b + 0.5) << 16;
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
