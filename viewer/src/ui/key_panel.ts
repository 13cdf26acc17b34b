/** Keys: what colours and sizes mean, as bars with ticks at the right of the screen (lettering/key_layout.py). */
import type { Key, Look, Page } from "../format.ts";
import { css } from "./colours.ts";
import { appearanceOf } from "./grids.ts";
import type { Inks, Line, Pen } from "./pen.ts";
import type { Polygon, Rect } from "./polygons.ts";
import { name, plain } from "./typeset.ts";

const WIDE = 13, LEAST = 9;    // em: wanted, and least
const MOST_SHARE = 0.34;       // of the screen's width that keys may take
const HIGH = 1.1;              // of a screen that is so many times as high as wide, they stand below
const SMALL = 0.85;            // size of the ticks' texts
const BLOCK = 4.4, STRIP = 0.9, TICK = 0.3, SQUARES = 3; // em: of a bar with its texts, the strip, its ticks, the sizes

/** A key in the colours of a look. */
export interface Bar { title: string; colours: number[][]; ticks: Key["ticks"];
  sizes: [edge: number, text: string, colour: number[]][] }

/** The keys of a page as a look colours them. */
export function barsOf(page: Page, look: Look): Bar[] {
  return page.keys.flatMap((key) => {
    const matrix = page.members[key.member]?.matrices.find(({ path }) => path === key.path);
    if (!matrix) return [];
    const appearance = appearanceOf(page, look, matrix.viz, matrix.scale, matrix.course);
    const at = (level: number): number[] => appearance.colourAt(level);
    return [{ title: key.title, ticks: key.ticks, colours: key.levels.map(at),
      sizes: key.sizes.map(([edge, text, level]): Bar["sizes"][number] => [edge, text, at(level)]) }];
  });
}

/** The room that keys take of what is free of the screen: at its right or, where it is high, below; null where it is
 * too small for them. */
export function roomFor(bars: Bar[], free: Rect, em: number): { rect: Rect; below: boolean } | null {
  const width = free.right - free.left, height = free.bottom - free.top;
  if (!bars.length) return null;
  const wanted = Math.min(WIDE * em, Math.max(0.22 * width, LEAST * em));
  if (height > HIGH * width) {
    const high = Math.min((BLOCK * bars.length + SQUARES) * em, 0.34 * height), x = (free.left + free.right) / 2;
    return { below: true, rect: { left: x - WIDE * em / 2, right: x + WIDE * em / 2, top: free.bottom - high,
      bottom: free.bottom } };
  }
  return wanted <= MOST_SHARE * width ? { below: false, rect: { ...free, left: free.right - wanted } } : null;
}

/** Draw as many keys as a rectangle holds, about its middle. Gives what they cover. */
export function drawKeys(bars: Bar[], { left, right, top, bottom }: Rect, em: number, pen: Pen, inks: Inks): Polygon[] {
  const fits = Math.max(Math.floor((bottom - top) / (BLOCK * em)), 0), shown = bars.slice(0, fits);
  if (!shown.length) return [];
  const sizesAlike = new Set(shown.map(
    (bar) => JSON.stringify(bar.sizes.map((size) => size.slice(0, 2))))).size === 1;
  let height = BLOCK * em * shown.length, squares = sizesAlike ? shown[0]!.sizes : [];
  if (height + SQUARES * em > bottom - top) squares = [];
  if (squares.length) height += SQUARES * em;
  let y = (top + bottom - height) / 2;
  const start = y, width = right - left;
  for (const key of shown) {
    pen.draw(fitted(key.title, em, width, pen), left, y + 0.95 * em, inks.text);
    y += 1.35 * em;
    strip(key, left, y, width, em, pen.on);
    ticks(key, left, y + STRIP * em, width, em, pen, inks);
    y += (BLOCK - 1.35) * em;
  }
  if (squares.length) sizes(squares, left, y, width, em, pen, inks);
  const low = start + height;
  return [[{ x: left, y: start }, { x: right, y: start }, { x: right, y: low }, { x: left, y: low }]];
}

function strip(key: Bar, x: number, y: number, width: number, em: number, on: CanvasRenderingContext2D): void {
  const fill = on.createLinearGradient(x, 0, x + width, 0), last = Math.max(key.colours.length - 1, 1);
  key.colours.forEach((colour, at) => fill.addColorStop(at / last, css(colour)));
  on.fillStyle = fill;
  on.fillRect(x, y, width, STRIP * em);
}

function ticks(key: Bar, x: number, y: number, width: number, em: number, pen: Pen, inks: Inks): void {
  const placed = key.ticks.map(([share, text]) => {
    const line = pen.line(plain(text), SMALL * em, "quiet"), middle = x + share * width;
    pen.on.fillStyle = inks.quiet;
    pen.on.fillRect(Math.round(middle) - 0.5, y, 1, TICK * em);
    return { line, text, x: Math.min(Math.max(middle - line.width / 2, x), x + width - line.width) };
  });
  for (const { line, x: at } of apart(placed, 0.4 * em)) pen.draw(line, at, y + (TICK + 0.95) * em, inks.quiet);
}

interface Placed { line: Line; text: string; x: number }

/** The most texts that keep off each other when every so many is taken, from the first that is not negative on. */
function apart(placed: Placed[], air: number): Placed[] {
  const first = Math.max(placed.findIndex(({ text }) => !/^[-\u2212]/.test(text)), 0);
  const free = (some: Placed[]): boolean => some.every((each, at) => (
    !at || each.x > some[at - 1]!.x + some[at - 1]!.line.width + air));
  for (let stride = 1; stride < placed.length; stride++) {
    const some = placed.filter((_, at) => at % stride === first % stride);
    if (some.length > 1 && free(some)) return some;
  }
  const ends = placed.length > 1 ? [placed[0]!, placed[placed.length - 1]!] : placed;
  return free(ends) ? ends : ends.slice(0, 1);
}

function sizes(squares: Bar["sizes"], x: number, y: number, width: number, em: number, pen: Pen, inks: Inks): void {
  const largest = Math.max(...squares.map(([edge]) => edge)), slot = width / squares.length;
  if (!(largest > 0)) return;
  squares.forEach(([edge, text, colour], at) => {
    const middle = x + (at + 0.5) * slot;
    const side = 1.3 * em * edge / largest;
    const line = pen.line(plain(text), SMALL * em, "quiet");
    if (line.width > 0.95 * slot) return;
    pen.on.fillStyle = colour.length ? css(colour) : inks.quiet;
    pen.on.fillRect(middle - side / 2, y + 0.9 * em - side / 2, side, side);
    pen.draw(line, middle - line.width / 2, y + 2.6 * em, inks.quiet);
  });
}

/** The names of a bar, cut where they are longer than it. */
function fitted(title: string, em: number, width: number, pen: Pen): Line {
  const names = title.split(", ");
  for (let count = names.length; ; count--) {
    const runs = [...name(names.slice(0, count).join(", ")), ...(count < names.length ? plain(" …") : [])];
    const line = pen.line(runs, em);
    if (line.width <= width || count <= 1) return line;
  }
}
