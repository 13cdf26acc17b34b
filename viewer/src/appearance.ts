/**
 * Appearance: from a value to the size and the colour of its cube. The rules are those of
 * mm_blender/appearance/rules.py: magnitude makes the size and the lightness, sign and magnitude the hue, or a map has
 * the colours.
 */
import { hueAt, mapAt, type RGB } from "./colours.ts";
import type { ColourMap, Course, Scale, Viz } from "./format.ts";

/** Edge of the largest cube at elem scale 1, in pitches. */
export const EDGE = 0.8;

/** Of what is no number, sRGB: NaN, infinity, minus infinity, as appearance/rules.py has them in linear light, with
 * which a test compares them. Blender chequers them with black. */
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
