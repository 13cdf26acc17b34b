/** Candidates: where the name of one matrix may stand on the screen, and what each place costs
 * (lettering/candidates.py).
 *
 * They lie around the outline of the matrix, upright or along an edge; where nothing there is any good, also all over
 * the screen with a line that leads to the matrix. A place near where the name stood before costs less, so that names
 * keep still while the camera moves.
 */
import { type Point, type Polygon, type Rect, away, bounds, inside, meet, nearest, overlap,
  turned } from "./polygons.ts";

const NEAR = [0.35, 0.8, 1.5];            // distances from an outline, in em
const ALONG = [0.5, 0.15, 0.85, 0, 1];    // where along an edge
const GRID = [16, 11] as const;           // places with a leader, across the screen
const STEEPEST = 105;                     // degrees: an edge's text reads upwards rather than downwards
const INTO = 0.12;                        // how far a leader goes into its matrix, towards the middle
const KEEP = 24, MOST = 240;              // candidates of a name: kept, and looked at
const GOOD = 3;                           // a price up to which no leader is looked for
const AIR = 0.18;                         // em that texts keep from each other
const STAY = 0.55, REACH = 2.5;           // what it is worth to stay, and within how many em

export interface Way { width: number; height: number; price: number }
/** A name to be placed. `outline`: its matrix' as far as it is free to be seen; `before`: where it stood. */
export interface Item { ways: Way[]; outline: Polygon; before: Spot | null }
export interface Spot { x: number; y: number; angle: number; way: number; leader: [Point, Point] | null;
  covers: boolean }
export interface Candidate extends Spot { box: Polygon; rect: Rect; bar: Polygon | null; cost: number }

/** What names stand on: the area that they keep to, the outlines of all matrices, boxes that are not free, the em, and
 * whether names may stand away from their matrices, with a line that leads there. */
export interface Surface { area: Rect; outlines: Polygon[]; rects: Rect[]; taken: Polygon[]; takenRects: Rect[];
  em: number; leaders: boolean }

/** The best candidates of a name, the cheapest first. */
export function candidatesOf(item: Item, page: Surface): Candidate[] {
  let found = cheapest(around(item, page), item, page);
  if (page.leaders && (!found.length || found[0]!.cost >= GOOD)) found =
    found.concat(cheapest(anywhere(item, page), item, page));
  if (!found.length) found = cheapest(over(item, page), item, page);
  return found.sort((a, b) => a.cost - b.cost).slice(0, KEEP);
}

/** The cheapest of what may be: whatever is looked at more closely only becomes dearer, but for what it is worth to
 * stay. */
function cheapest(proposals: Proposal[], item: Item, page: Surface): Candidate[] {
  proposals.sort((a, b) => a.cost - b.cost);
  const out: Candidate[] = [], own = bounds(item.outline);
  let looked = 0;
  for (const proposal of proposals) {
    if (looked++ % 8 === 0 && out.length >= KEEP) {
      const settled = out.filter(({ cost }) => cost <= proposal.cost - (item.before ? STAY : 0)).length;
      if (settled >= KEEP || looked > MOST) break;
    }
    const each = candidate(proposal, item.ways[proposal.way]!, page.em);
    if (isFree(each, page)) out.push(priced(each, item, own, page));
  }
  return out;
}

function isFree({ rect, box }: Candidate, { area, taken, takenRects }: Surface): boolean {
  return rect.left >= area.left && rect.right <= area.right && rect.top >= area.top && rect.bottom <= area.bottom
    && !taken.some((other, at) => meet(rect, takenRects[at]!) && overlap(box, other));
}

function priced(each: Candidate, { outline, before }: Item, own: Rect, page: Surface): Candidate {
  const all = covered(each, page.outlines, page.rects), onOwn = all ? covered(each, [outline], [own]) : 0;
  each.covers = all > 0;
  each.cost += 14 * all;
  if (each.leader) each.cost += 6 * crossed(each.leader, outline, page);
  else if (!onOwn) each.cost += 2.5 * nearness(each, outline, page);
  if (before && before.way === each.way && Math.abs(before.angle - each.angle) < 0.2
    && !before.leader === !each.leader) {
    each.cost -= STAY * Math.max(1 - Math.hypot(each.x - before.x, each.y - before.y) / (REACH * page.em), 0);
  }
  return each;
}

interface Proposal { x: number; y: number; angle: number; way: number; cost: number; leader: [Point, Point] | null }

function candidate(proposal: Proposal, { width, height }: Way, em: number): Candidate {
  const box = turned(proposal.x, proposal.y, width + 2 * AIR * em, height + 2 * AIR * em, proposal.angle);
  return { ...proposal, covers: false, box, rect: bounds(box), bar: proposal.leader && thin(proposal.leader) };
}

function thin([a, b]: [Point, Point]): Polygon {
  const long = Math.hypot(b.x - a.x, b.y - a.y) || 1, x = (a.y - b.y) / long, y = (b.x - a.x) / long;
  return [{ x: a.x - x, y: a.y - y }, { x: b.x - x, y: b.y - y }, { x: b.x + x, y: b.y + y },
    { x: a.x + x, y: a.y + y }];
}

/** Along the edges of an outline. */
function around({ ways, outline }: Item, { em }: Surface): Proposal[] {
  const out: Proposal[] = [];
  const edges = outline.map((from, at) => [from, outline[(at + 1) % outline.length]!] as const);
  const middle = mean(outline);
  const longest = Math.max(...edges.map(([a, b]) => Math.hypot(b.x - a.x, b.y - a.y)));
  for (const [from, to] of edges) {
    const u = to.x - from.x, v = to.y - from.y, long = Math.hypot(u, v);
    if (long < 0.12 * longest || long < 0.3 * em) continue;
    let x = v / long, y = -u / long;
    if (x * (from.x - middle.x) + y * (from.y - middle.y) < 0) [x, y] = [-x, -y];
    const slope = readable(-Math.atan2(v, u) * 180 / Math.PI);
    const angles = [0, Math.abs(Math.abs(slope) - 90) < 3 ? 90 : slope];
    ways.forEach((size, way) => {
      for (const degrees of Math.abs(slope) < 2 ? [0] : angles) {
        const angle = -degrees * Math.PI / 180;
        const reach = reaching(x, y, angle, size);
        const flush = Math.min(2 * reaching(u / long, v / long, angle, size), long);
        const tilt = Math.abs(degrees);
        const shape = tilt > 2 ? 0.25 + 1.3 * (tilt / 90) ** 2
          : 0.06 * Math.abs(Math.sin(2 * slope * Math.PI / 180)) * size.width / em;
        for (const share of ALONG) {
          const at = share > 0 && share < 1 ? share : share + (0.5 - share) * flush / long;
          for (const off of NEAR) {
            const far = reach + off * em;
            out.push({ x: from.x + u * at + x * far, y: from.y + v * at + y * far, angle, way, leader: null,
              cost: size.price
              + 0.8 * (off - NEAR[0]!) + 0.5 * Math.abs(share - 0.5) + shape - 0.3 * long / longest });
          }
        }
      }
    });
  }
  return out;
}

/** All over the screen, with leaders. */
function anywhere({ ways, outline }: Item, { area, em }: Surface): Proposal[] {
  const out: Proposal[] = [], heart = mean(outline);
  ways.forEach((size, way) => {
    const w = size.width / 2 + AIR * em, h = size.height / 2 + AIR * em;
    for (let at = 0; at < GRID[0] * GRID[1]; at++) {
      const x = area.left + (area.right - area.left) * (at % GRID[0]) / (GRID[0] - 1);
      const y = area.top + (area.bottom - area.top) * Math.floor(at / GRID[0]) / (GRID[1] - 1);
      const rim = nearest(clamp(heart.x, x - w, x + w), clamp(heart.y, y - h, y + h), outline);
      const source = { x: clamp(rim.x, x - w, x + w), y: clamp(rim.y, y - h, y + h) };
      const target = { x: rim.x + INTO * (heart.x - rim.x), y: rim.y + INTO * (heart.y - rim.y) };
      const long = Math.hypot(target.x - source.x, target.y - source.y);
      if (long > em && !inside(x, y, outline)) out.push(
        { x, y, angle: 0, way, cost: size.price + 2.6 + 0.22 * long / em, leader: [source, target] });
    }
  });
  return out;
}

/** Over the matrix, where that fills the screen. */
function over({ ways, outline }: Item, { area, em }: Surface): Proposal[] {
  const box = bounds(outline), out: Proposal[] = [];
  ways.forEach((size, way) => {
    const w = size.width / 2 + 0.6 * em, h = size.height / 2 + 0.6 * em;
    for (const [x, y] of [[box.left + w, box.top + h], [box.right - w, box.top + h], [box.left + w, box.bottom - h],
      [(box.left + box.right) / 2, (box.top + box.bottom) / 2]] as const) {
      out.push({ x: clamp(x, area.left + w, area.right - w), y: clamp(y, area.top + h, area.bottom - h), angle: 0, way,
        leader: null, cost: size.price });
    }
  });
  return out;
}

/** The angle in degrees, or its opposite, at which a text is not upside down. */
function readable(degrees: number): number {
  const angle = ((degrees + 180) % 360 + 360) % 360 - 180;
  return angle > STEEPEST ? angle - 180 : angle <= STEEPEST - 180 ? angle + 180 : angle;
}

/** How far a box reaches from its middle in a direction. */
function reaching(x: number, y: number, angle: number, { width, height }: Way): number {
  const cos = Math.cos(angle), sin = Math.sin(angle);
  return (Math.abs(x * cos + y * sin) * width + Math.abs(y * cos - x * sin) * height) / 2;
}

/** About which share of a box lies over polygons; anything at all costs a little more. */
function covered({ box, rect }: Candidate, polygons: Polygon[], rects: Rect[]): number {
  const near = polygons.filter((polygon, at) => meet(rect, rects[at]!) && overlap(box, polygon));
  if (!near.length) return 0;
  let hit = 0;
  const [a, b, , d] = box as [Point, Point, Point, Point];
  for (let at = 0; at < 24; at++) {
    const u = (at % 8) / 7, v = Math.floor(at / 8) / 2;
    const x = a.x + u * (b.x - a.x) + v * (d.x - a.x), y = a.y + u * (b.y - a.y) + v * (d.y - a.y);
    if (near.some((polygon) => inside(x, y, polygon))) hit++;
  }
  return hit ? hit / 24 + 0.2 : 0.05;
}

/** From 0 to 1, how much nearer a name is to another matrix than to its own. */
function nearness(each: Candidate, own: Polygon, page: Surface): number {
  const wide = 1.2 * page.em, mine = distance(each, own), reach = mine + wide; // what is farther does not count
  const { left, right, top, bottom } = each.rect;
  let other = Infinity;
  for (let at = 0; at < page.outlines.length; at++) {
    const polygon = page.outlines[at]!, rect = page.rects[at]!;
    if (polygon === own || rect.left >= right + reach || rect.right <= left - reach || rect.top >= bottom + reach
      || rect.bottom <= top - reach) continue;
    other = Math.min(other, distance(each, polygon));
  }
  return clamp((mine - other) / wide + 1, 0, 1);
}

function distance({ box, x, y }: Candidate, polygon: Polygon): number {
  let best = away(x, y, polygon);
  for (const point of box) best = Math.min(best, away(point.x, point.y, polygon));
  return best;
}

/** The share of a leader that lies over matrices that are not its own. */
function crossed([from, to]: [Point, Point], own: Polygon, { outlines }: Surface): number {
  let hit = 0;
  for (let at = 0; at < 12; at++) {
    const share = at / 11, x = from.x + share * (to.x - from.x), y = from.y + share * (to.y - from.y);
    if (outlines.some((polygon) => polygon !== own && inside(x, y, polygon))) hit++;
  }
  return hit / 12;
}

function mean(polygon: Polygon): Point {
  const sum = polygon.reduce((a, b) => ({ x: a.x + b.x, y: a.y + b.y }), { x: 0, y: 0 });
  return { x: sum.x / polygon.length, y: sum.y / polygon.length };
}

function clamp(x: number, low: number, high: number): number {
  return Math.min(Math.max(x, low), high);
}
