/** Colours, sRGB 0 to 1: the scheme of hues and maps (mm_blender/colour). */
import type { ColourMap, Viz } from "./format.ts";

export type RGB = [r: number, g: number, b: number];

/** The colour of a signed share in the web tool's scheme: sign and magnitude make the hue, magnitude the lightness. */
export function hueAt(viz: Viz, signed: number, saturation = 1): RGB {
  const hue = viz.zeroHue + viz.hueGap * Math.sign(signed) + viz.hueSpread * signed;
  const low = Math.max(viz.minLight, 1e-5);
  const light = low + (Math.max(viz.maxLight, low) - low) * Math.sqrt(Math.abs(signed));
  return hslToRgb(hue, saturation, light);
}

/** HSL, the hue in turns. */
export function hslToRgb(hue: number, saturation: number, light: number): RGB {
  const chroma = (1 - Math.abs(2 * light - 1)) * saturation;
  const channel = (offset: number) => {
    const ramp = Math.abs(modulo(hue * 6 + offset, 6) - 3) - 1;
    return Math.min(Math.max(light + chroma * (Math.min(Math.max(ramp, 0), 1) - 0.5), 0), 1);
  };
  return [channel(0), channel(4), channel(2)];
}

/** The colour of a map at a share of its way. */
export function mapAt(map: ColourMap, t: number): RGB {
  const { stops, colours, stepped } = map;
  // the first stop beyond t
  let [low, high] = [0, stops.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stops[middle]! <= t) low = middle + 1;
    else high = middle;
  }
  const at = (stop: number): RGB => [colours[3 * stop]!, colours[3 * stop + 1]!, colours[3 * stop + 2]!];
  if (low === 0) return at(0);
  if (stepped || low === stops.length) return at(low - 1);
  const share = (t - stops[low - 1]!) / (stops[low]! - stops[low - 1]!);
  const [a, b] = [at(low - 1), at(low)];
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

function modulo(a: number, b: number): number {
  return ((a % b) + b) % b;
}
