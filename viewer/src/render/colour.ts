/** The curves of sRGB, and how colours are mixed. */

/** Light (0 to 1) of an sRGB number. */
export const toLinear = (c: number): number => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);

/** The sRGB number of light. */
export const encode = (c: number): number => (c <= 0.0031308 ? c * 12.92 : 1.055 * c ** (1 / 2.4) - 0.055);

export const toByte = (c: number): number => Math.round(255 * Math.min(Math.max(c, 0), 1));

/** Light of each byte. */
export const decoded = Float32Array.from({ length: 256 }, (_, byte) => toLinear(byte / 255));

/** The light of an sRGB colour. */
export const linear = (rgb: readonly number[]): [number, number, number] =>
  [toLinear(rgb[0]!), toLinear(rgb[1]!), toLinear(rgb[2]!)];
