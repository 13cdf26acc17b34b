/** Names: what each matrix is called and its shape, beside it (document/name_blocks.py says how they can be set). */
import type { Item, Spot, Surface } from "./candidates.ts";
import type { Block, Inks, Line, Pen } from "./pen.ts";
import { place } from "./placing.ts";
import { type Point, type Polygon, type Rect, bounds, turned } from "./polygons.ts";
import type { Slab, SlabSeen } from "./slabs.ts";
import { name, plain } from "./typeset.ts";

const QUIET = 0.85;    // size of a shape, relative to the name's
const LONG = 16;       // letters of a name from which on it may have two lines
const DROPPED = 20;    // what it costs to leave a shape out
const AIR = 0.18;      // em around a name that stay free
const QUICK = 4;       // milliseconds that placing may take at every frame …
const PATIENCE = 8;    // … else as many times as long pass between

interface Named { slab: Slab; ways: { block: Block; price: number }[]; spot: Spot | null; middle: Point | null }

/** The names of a page's matrices, which remember where they stood. */
export class Names {
  private readonly every: Map<string, Named>;
  private em = 0;
  private placed = 0; // when they were last placed,
  private took = 0;   // and how long that took, in milliseconds, 0 where it was quick

  constructor(private readonly slabs: Slab[]) {
    this.every = new Map();
  }

  /** Place the names of what is seen; while the camera moves they move with their matrices and are placed anew now and
   * then, as far as there is time. Gives what they cover. */
  place(seen: SlabSeen[], area: Rect, taken: Polygon[], em: number, pen: Pen, moving = false,
    leaders = true): Polygon[] {
    if (em !== this.em || !this.every.size) this.set(pen, em);
    const now = performance.now();
    if (moving && now - this.placed < PATIENCE * this.took) this.follow(seen);
    else {
      this.choose(seen, area, taken, em, leaders);
      this.placed = performance.now();
      this.took = this.placed - now > QUICK ? this.placed - now : 0;
    }
    for (const { slab, box } of seen) {
      const each = this.every.get(slab.key);
      if (each) each.middle = { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 };
    }
    return [...this.every.values()].flatMap(({ ways, spot }) => {
      if (!spot) return [];
      const { width, height } = ways[spot.way]!.block;
      return [turned(spot.x, spot.y, width + 2 * AIR * em, height + 2 * AIR * em, spot.angle)];
    });
  }

  private choose(seen: SlabSeen[], area: Rect, taken: Polygon[], em: number, leaders: boolean): void {
    const there = seen.filter(({ slab }) => this.every.has(slab.key)), outlines = seen.map(({ shown }) => shown);
    const page: Surface = { area, outlines, rects: outlines.map(bounds), taken, takenRects: taken.map(bounds), em,
      leaders };
    const items = there.map(({ slab, shown }): Item => {
      const { ways, spot } = this.every.get(slab.key)!;
      return { outline: shown, before: spot,
        ways: ways.map(({ block, price }) => ({ width: block.width, height: block.height, price })) };
    });
    for (const each of this.every.values()) each.spot = null;
    place(items, page).forEach((spot, at) => { this.every.get(there[at]!.slab.key)!.spot = spot; });
  }

  /** Move with the matrices. */
  private follow(seen: SlabSeen[]): void {
    const there = new Set(seen.map(({ slab }) => slab.key));
    for (const [key, each] of this.every) if (!there.has(key)) each.spot = null;
    for (const { slab, box } of seen) {
      const each = this.every.get(slab.key), spot = each?.spot;
      if (!spot || !each?.middle) continue;
      const x = (box.left + box.right) / 2 - each.middle.x, y = (box.top + box.bottom) / 2 - each.middle.y;
      const leader = spot.leader?.map((point) => ({ x: point.x + x, y: point.y + y })) as Spot["leader"] | undefined;
      each.spot = { ...spot, x: spot.x + x, y: spot.y + y, leader: leader ?? null };
    }
  }

  draw(pen: Pen, inks: Inks): void {
    for (const { ways, spot } of this.every.values()) {
      if (!spot) continue;
      if (spot.leader) {
        const [from, to] = spot.leader;
        pen.on.strokeStyle = inks.quiet;
        pen.on.lineWidth = 1;
        pen.on.beginPath();
        pen.on.moveTo(from.x, from.y);
        pen.on.lineTo(to.x, to.y);
        pen.on.stroke();
      }
      pen.block(ways[spot.way]!.block, spot.x, spot.y, spot.angle, inks, spot.covers);
    }
  }

  /** Set all names anew in letters of another size. */
  private set(pen: Pen, em: number): void {
    this.em = em;
    for (const slab of this.slabs) {
      if (slab.matrix.name && slab.matrix.legends > 0) {
        this.every.set(slab.key, { slab, ways: waysOf(slab, pen, em), middle: null,
          spot: this.every.get(slab.key)?.spot ?? null });
      }
    }
  }
}

/** How a name, its shape and its note can be set together, and what that costs. */
function waysOf({ matrix }: Slab, pen: Pen, em: number): { block: Block; price: number }[] {
  const small = QUIET * em;
  const whole = pen.line(name(matrix.name), em);
  const parts = parted(matrix.name).map((part) => pen.line(name(part), em));
  const note = matrix.remark ? [pen.line(plain(matrix.remark), small, "quiet")] : [];
  const names: Line[][] = parts.length ? [[whole], parts] : [[whole]];
  if (!matrix.shape) return names.map((lines, at) => ({ block: pen.stacked([...lines, ...note]), price: 0.5 * at }));
  const shape = pen.line(plain(`${matrix.fullH} × ${matrix.fullW}`), small, "quiet");
  const level = pen.level([whole, shape], 0.55 * em);
  const first = note.length ? under(level, pen.stacked(note)) : level;
  return [{ block: first, price: 0 },
    ...names.map((lines, at) => ({ block: pen.stacked([...lines, shape, ...note]), price: 0.25 + 0.5 * at })),
    { block: pen.stacked([whole]), price: DROPPED }];
}

function under(above: Block, below: Block): Block {
  const width = Math.max(above.width, below.width), y = above.height + 0.3 * below.height;
  const moved = (block: Block, down: number): Block["lines"] => block.lines.map((each) => (
    { ...each, x: each.x + (width - block.width) / 2, y: each.y + down }));
  return { lines: [...moved(above, 0), ...moved(below, y)], width, height: y + below.height };
}

/** A long product in two lines, parted at the sign that is nearest to its middle; else nothing. */
function parted(text: string): string[] {
  const signs = [...text.matchAll(/ @ /g)].map((match) => match.index);
  if (text.length < LONG || !signs.length) return [];
  const off = (sign: number): number => Math.abs(2 * sign + 2 - text.length);
  const at = signs.reduce((best, sign) => (off(sign) < off(best) ? sign : best));
  return [text.slice(0, at), text.slice(at + 1)];
}
