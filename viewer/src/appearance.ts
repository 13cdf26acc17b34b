/**
 * Appearance: from a value to the size and the colour of its cube. The rules are those of mm_blender/appearance/rules.py.
 */
import type { ColourMap, Course, Scale, Viz } from "./format.ts";

/** Edge of the largest cube at elem scale 1, in pitches. */
export const EDGE = 0.8;

export type RGB = [number, number, number];

/** How one matrix is drawn. `saturation`: of the hue scheme's colours in a look; maps keep their own. */
export class Appearance {
  constructor(readonly viz: Viz, readonly scale: Scale, readonly course: Course, readonly map: ColourMap | null,
              readonly saturation = 1) {}

  /** Edge of the cubes that are drawn largest, in pitches. */
  get largest(): number { return EDGE * this.viz.elemScale; }

  /** Edge of a value's cube, in pitches; 0: it is not drawn. */
  edge(value: number): number { return value === 0 ? 0 : this.largest; }

  /** Colour of a value, sRGB 0 to 1. */
  srgb(_value: number): RGB { return [0.5, 0.5, 0.5]; }

  /**
   * Colours (4 bytes an element: sRGB, then its edge as a share of the largest, 0 where nothing is drawn) and, where
   * asked for, edges (in pitches) of elements `start` to `end - 1`. `visible`: as in `Shown`; magnitudes below `floor`
   * are not drawn.
   */
  paint(_values: Float32Array, _visible: Uint8Array | null, _floor: number, _colours: Uint8Array,
        _edges: Float32Array | null = null, _start = 0, _end = _values.length): void {}
}
