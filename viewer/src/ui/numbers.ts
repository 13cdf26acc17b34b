/** Numbers: values on elements that are large enough on the screen, each where nothing hides it or lies over it. */
import type { Look } from "../format.ts";
import { dot } from "../render/camera.ts";
import { brightness, inkOn, luminance } from "./colours.ts";
import type { Grid } from "./grids.ts";
import { onElement, width } from "./numerals.ts";
import type { Pen } from "./pen.ts";
import { type Polygon, type Rect, bounds, meet } from "./polygons.ts";
import type { Sight, Vector } from "./sight.ts";
import { plain } from "./typeset.ts";

export const LEAST_CELL = 26;    // pixels between elements from which on they have numbers
const LEAST = 8.5, LARGEST = 15; // pixels of their letters
const ASKED_CELL = 13;           // pixels between elements where numbers are asked for
const FLAT = 11, EASY = 18;       // pixels between lines of numbers: where they are asked for, and where not
const HIGH = 0.72, AIR = 0.2;    // height of a digit, and what is free around numbers, relative to their size
const FACE = 0.5;                // how far out of the middle of its cube a number stands, of the way to the face
const MOST = 900;                // numbers on the screen
const LEAF = 8;                  // elements of a part that is not parted further
const BUCKET = 48;               // pixels

interface Spot { grid: Grid; row: number; col: number; x: number; y: number; depth: number; room: number;
  value: number }

/** What was found of a grid: elements that are large enough, and how many are too small. */
interface Found { spots: Spot[]; small: number }

/** Draw the numbers of grids. `taken`: what names and tokens cover; `asked`: also where elements are rather small. */
export function drawNumbers(grids: Grid[], sight: Sight, area: Rect, taken: Polygon[], look: Look, asked: boolean,
  pen: Pen): number {
  const least = asked ? ASKED_CELL : LEAST_CELL, spots: Spot[] = [];
  for (const grid of grids) {
    const found: Found = { spots: [], small: 0 };
    gather(grid, 0, grid.h, 0, grid.w, sight, area, least, found);
    // a few rows that are large enough say less than they disturb
    if (found.spots.length > found.small) spots.push(...found.spots);
  }
  if (!spots.length) return 0;
  spots.sort((a, b) => a.depth - b.depth);
  const decimals = decimalsOf(spots), most = sizeOf(spots, decimals);
  const free = new Buckets(taken.map(bounds));
  let count = 0;
  for (const spot of spots) {
    if (count >= MOST) break;
    const text = onElement(spot.value, decimals), wide = width(text);
    const size = Math.min(most, spot.room / (wide + AIR));
    if (size < LEAST || isHidden(spot, wide * size / 2, grids, sight)) continue;
    const x = wide * size / 2, y = HIGH * size / 2;
    if (!free.take({ left: spot.x - x, right: spot.x + x, top: spot.y - y, bottom: spot.y + y })) continue;
    write(text, size, spot, sight, look, pen);
    count++;
  }
  return count;
}

/** Collect the elements of a part of a grid that are on the screen and large enough there. */
function gather(grid: Grid, top: number, bottom: number, left: number, right: number, sight: Sight, area: Rect,
  least: number, out: Found): void {
  const corners = [[top, left], [top, right - 1], [bottom - 1, right - 1], [bottom - 1, left]]
    .map(([row, col]) => grid.at(row!, col!));
  const seen = sight.polygon(corners);
  if (!seen.length) return;
  const box = bounds(seen), scale = Math.max(...corners.map((corner) => (
    sight.at(corner).depth > 0 ? sight.scaleAt(corner) : Infinity))) * grid.owner.scale;
  if (!meet({ left: box.left - scale, right: box.right + scale, top: box.top - scale, bottom: box.bottom + scale },
    area)) return;
  if (scale < least) {
    out.small += (bottom - top) * (right - left);
    return;
  }
  if (bottom - top > LEAF || right - left > LEAF) {
    const row = bottom - top > LEAF ? (top + bottom) >> 1 : bottom;
    const col = right - left > LEAF ? (left + right) >> 1 : right;
    for (const [a, b] of [[top, row], [row, bottom]]) {
      for (const [c, d] of [[left, col], [col, right]]) {
        if (a! < b! && c! < d!) gather(grid, a!, b!, c!, d!, sight, area, least, out);
      }
    }
    return;
  }
  const side = dot(grid.normal, sight.towards(corners[0]!)) >= 0 ? 1 : -1;
  for (let row = top; row < bottom; row++) {
    for (let col = left; col < right; col++) {
      const value = grid.drawn(row, col);
      if (value === 0) continue;
      const spot = spotOf(grid, row, col, value, side, sight, least);
      if (spot === null) out.small++;
      else if (spot.x > area.left && spot.x < area.right && spot.y > area.top
        && spot.y < area.bottom) out.spots.push(spot);
    }
  }
}

function spotOf(grid: Grid, row: number, col: number, value: number, side: number, sight: Sight,
  least: number): Spot | null {
  const edge = grid.appearance.edge(value);
  const here = sight.at(grid.at(row, col, side * FACE * edge / 2));
  if (here.depth <= 0) return null;
  const base = grid.at(row, col), from = sight.at(base);
  const step = (x: number, y: number): Vector => [0, 1, 2].map((at) => base[at]!
    + grid.owner.scale * (x * grid.across[at]! + y * grid.down[at]!)) as Vector;
  const a = sight.at(step(1, 0)), b = sight.at(step(0, 1));
  const [ax, ay, bx, by] = [a.x - from.x, a.y - from.y, b.x - from.x, b.y - from.y];
  if (Math.max(Math.hypot(ax, ay), Math.hypot(bx, by)) < least) return null;
  const area = Math.abs(ax * by - ay * bx);
  // how wide a level line is in a cell, and how high it may be before it meets the next row's
  const chord = Math.min(area / Math.max(Math.abs(ay), Math.abs(by), 1e-9), Math.hypot(ax, ay) + Math.hypot(bx, by));
  const rise = area / Math.max(Math.abs(ax), Math.abs(bx), 1e-9);
  if (rise < (least < LEAST_CELL ? FLAT : EASY)) return null;
  return { grid, row, col, x: here.x, y: here.y, depth: here.depth, room: chord, value };
}

/** How many decimals the numbers have: none if all are whole; else as many, up to two, as are comfortable. */
function decimalsOf(spots: Spot[]): number {
  if (spots.every(({ value }) => !Number.isFinite(value)
    || (Number.isInteger(value) && Math.abs(value) < 99999))) return 0;
  return sizeOf(spots, 2) >= 10.5 ? 2 : 1;
}

/** The size at which nine of ten numbers have room. */
function sizeOf(spots: Spot[], decimals: number): number {
  if (!spots.length) return LARGEST;
  const fits = spots.map(({ value, room }) => room / (width(onElement(value, decimals)) + AIR)).sort((a, b) => a - b);
  return Math.min(Math.max(fits[Math.floor(fits.length / 10)]!, LEAST), LARGEST);
}

/** Whether an element of another grid hides a number, wholly or in part. */
function isHidden({ grid, row, col }: Spot, half: number, grids: Grid[], sight: Sight): boolean {
  const middle = grid.at(row, col), reach = half / sight.scaleAt(middle);
  for (const share of [0, -1, 1]) {
    const from = [0, 1, 2].map((at) => middle[at]! + share * reach * sight.view.right[at]!) as Vector;
    const towards = sight.towards(from);
    for (const other of grids) {
      if (other === grid) continue;
      const hit = other.onWay(from, towards, sight.parallel);
      if (hit && other.drawn(...hit) !== 0) return true;
    }
  }
  return false;
}

/** Write a number on its element, in the ink that can be read on all faces that are seen of it, and on the ground where
 * it is wider than they are. */
function write(text: string, size: number, { grid, row, col, x, y, value }: Spot, sight: Sight, look: Look,
  pen: Pen): void {
  const { right, up, back } = sight.view, colour = grid.appearance.srgb(value);
  const faces = [grid.across, grid.down, grid.normal].map((normal) => {
    const side = dot(normal, sight.towards(grid.at(row, col))) >= 0 ? 1 : -1;
    const light = brightness(look, [right, up, back].map((axis) => side * dot(normal, axis)) as Vector);
    return luminance(colour, light);
  });
  const wide = grid.appearance.edge(value) * grid.owner.scale * sight.scaleAt(grid.at(row, col));
  const under = wide >= 0.8 * size * width(text) ? faces : [...faces, luminance(look.ground)];
  const { dark, clear } = inkOn(under), line = pen.line(plain(text), size, "text");
  pen.draw(line, x - line.width / 2, y + 0.36 * size, dark ? "#000" : "#fff",
    clear ? undefined : dark ? "rgba(255,255,255,0.7)" : "rgba(0,0,0,0.6)", 2);
}

/** Rectangles by where they lie, so that few are held against each other. */
class Buckets {
  private readonly held = new Map<string, Rect[]>();

  constructor(rects: Rect[]) {
    for (const rect of rects) this.put(rect);
  }

  /** Take a place, if it is free. */
  take(rect: Rect): boolean {
    for (const key of keysOf(rect)) if (this.held.get(key)?.some((other) => meet(rect, other))) return false;
    this.put(rect);
    return true;
  }

  private put(rect: Rect): void {
    for (const key of keysOf(rect)) {
      const there = this.held.get(key);
      if (there) there.push(rect);
      else this.held.set(key, [rect]);
    }
  }
}

function keysOf({ left, right, top, bottom }: Rect): string[] {
  const out: string[] = [];
  for (let x = Math.floor(left / BUCKET); x <= right / BUCKET; x++) {
    for (let y = Math.floor(top / BUCKET); y <= bottom / BUCKET; y++) out.push(`${x} ${y}`);
  }
  return out;
}
