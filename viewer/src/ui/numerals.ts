/** Numerals: values as text (lettering/numerals.py; `spell` is its rule). */
const LARGEST_FIXED = 99999.5;
const WIDTHS: Record<string, number> = { ".": 0.28, "∞": 0.93, "−": 0.6, "e": 0.6 };
const DIGIT = 0.62; // width of a digit relative to the size, tabular

/** A value as the few characters that fit on its element: at most so many decimals, fewer the more digits stand before.
 */
export function spell(value: number, decimals = 2): string {
  const x = Math.fround(value);
  if (Number.isNaN(x)) return "nan";
  const sign = x < 0 ? "−" : "", size = Math.abs(x);
  if (size === Infinity) return `${sign}∞`;
  if (size >= LARGEST_FIXED || (size > 0 && size * 10 ** decimals < 0.5)) {
    let exponent = Math.floor(Math.log10(size));
    let mantissa = Math.floor(size / 10 ** exponent * 10 + 0.5);
    if (mantissa >= 100) [mantissa, exponent] = [10, exponent + 1];
    return `${sign}${Math.floor(mantissa / 10)}.${mantissa % 10}e${exponent}`.replace("e-", "e−");
  }
  const inFront = 1 + [10, 100, 1000, 10000].filter((limit) => size >= limit).length;
  const shown = Math.max(decimals - Math.max(inFront - 2, 0), 0);
  return sign + (Math.floor(size * 10 ** shown + 0.5) / 10 ** shown).toFixed(shown);
}

/** As `spell`, on an element: what rounds to nothing is 0.0, since a power of ten takes more room than all others. */
export function onElement(value: number, decimals: number): string {
  return Math.abs(value) * 10 ** decimals < 0.5 ? (0).toFixed(decimals) : spell(value, decimals);
}

/** The width of a spelled value, relative to the size of its letters. */
export function width(text: string): number {
  let out = 0;
  for (const letter of text) out += WIDTHS[letter] ?? DIGIT;
  return out;
}

/** A value with up to seven significant digits, as many as single precision holds. */
export function tell(value: number, digits = 7): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  let text: string;
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) {
    const [mantissa, power] = size.toExponential(digits - 1).split("e");
    text = `${mantissa!.replace(/\.?0+$/, "")}e${Number(power)}`.replace("e-", "e−");
  } else {
    text = size.toPrecision(digits);
    if (text.includes(".")) text = text.replace(/\.?0+$/, "");
  }
  return (value < 0 ? "−" : "") + text;
}
