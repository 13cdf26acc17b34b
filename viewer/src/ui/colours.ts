/** Colours of texts: which ink can be read on what (document/cube_numbers.py: Light, contrast). */
import type { RGB } from "../colours.ts";
import type { Look } from "../format.ts";
import { toLinear } from "../render/colour.ts";
import type { Inks } from "./pen.ts";
import type { Vector } from "./sight.ts";

export const css = ([r, g, b]: ArrayLike<number> & Iterable<number>, alpha = 1): string => (
  `rgba(${[r, g, b].map((x) => Math.round(Math.min(Math.max(x!, 0), 1) * 255)).join(",")},${alpha})`);

export const mixed = (a: number[], b: number[], share: number): RGB => (
  [0, 1, 2].map((at) => a[at]! + share * (b[at]! - a[at]!)) as RGB);

/** The inks of a look. */
export function inksOf(look: Look): Inks {
  return { text: css(look.text), quiet: css(mixed(look.text, look.ground, 0.36)), ground: css(look.ground),
    line: css(look.line), accent: css(look.accent ?? (look.dark ? [1, 0.86, 0.55] : [0.85, 0.36, 0])),
      dark: look.dark };
}

/** The luminance of a colour, sRGB, in so much light. */
export function luminance(rgb: ArrayLike<number>, light = 1): number {
  return [0.2126, 0.7152, 0.0722].reduce((sum, share, at) => sum + share * Math.min(toLinear(rgb[at]!) * light, 1), 0);
}

/** How bright the look makes a face whose normal is given in the camera's right, up and backward. */
export function brightness(look: Look, normal: Vector): number {
  if (!look.lit) return 1;
  let out = look.ambient;
  for (const [x, y, z, strength] of look.suns) {
    out += Math.max((normal[0] * x! + normal[1] * y! + normal[2] * z!) / Math.hypot(x!, y!, z!),
      0) * strength! / Math.PI;
  }
  return out;
}

/** Of two luminances (WCAG 2). */
export function contrast(a: number, b: number): number {
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

const PALE = 2.5; // by so much WCAG's contrast flatters dark letters on strong colours
const CLEAR = 3;  // contrast that numbers need, as large letters do

/** Whether dark letters are read better than light ones on all of some luminances, and whether they need no rim. */
export function inkOn(luminances: number[]): { dark: boolean; clear: boolean } {
  const [black, white] = [0, 1].map((ink) => Math.min(...luminances.map((on) => contrast(ink, on)))) as [number,
    number];
  const dark = black >= PALE * white;
  return { dark, clear: (dark ? black : white) >= CLEAR };
}

/** Set the colours of a look for the style sheet. */
export function dress(root: HTMLElement, look: Look): void {
  const inks = inksOf(look), colours: Record<string, string> = {
    "--ground": css(look.ground), "--panel": css(mixed(look.ground, look.text, look.dark ? 0.07 : 0.015), 0.94),
    "--ink": inks.text, "--quiet": inks.quiet, "--hair": css(mixed(look.ground, look.text, 0.16)),
      "--accent": inks.accent };
  for (const [name, value] of Object.entries(colours)) root.style.setProperty(name, value);
  root.classList.toggle("mm-dark", look.dark);
}
