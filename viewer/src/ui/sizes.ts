/** Sizes: what the axes of the outer matrices are called and how long they are, along their edges (`I = 64`), if asked.
 */
import { count } from "../sweep/frames.ts";
import type { Pen, Inks, Line } from "./pen.ts";
import { type Polygon, turned } from "./polygons.ts";
import type { Sight } from "./sight.ts";
import { MARGIN, type Slab, type SlabSeen, inWorld } from "./slabs.ts";
import { plain } from "./typeset.ts";

const AWAY = 0.9; // em from the edge to the middle of its text
const QUIET = 0.85;

interface Placed { line: Line; x: number; y: number; angle: number }

export class Sizes {
  private placed: Placed[] = [];

  /** Place them. Gives what they cover. */
  place(seen: SlabSeen[], sight: Sight, em: number, pen: Pen): Polygon[] {
    this.placed = seen.flatMap(({ slab }) => (slab.matrix.edges ?? []).flatMap((_, at) => (
      placedOn(slab, at as 0 | 1, sight, em, pen) ?? [])));
    return this.placed.map(({ line, x, y, angle }) => turned(x, y, line.width + 0.4 * em, 1.1 * line.size, angle));
  }

  none(): Polygon[] {
    this.placed = [];
    return [];
  }

  draw(pen: Pen, inks: Inks): void {
    for (const { line, x, y, angle } of this.placed) {
      pen.block(pen.stacked([line]), x, y, angle, inks, true);
    }
  }
}

/** The text of an edge (0: along which rows are counted, 1: columns), in its middle, outside. */
function placedOn(slab: Slab, which: 0 | 1, sight: Sight, em: number, pen: Pen): Placed | null {
  const { letter, far } = slab.matrix.edges![which]!, split = which === 0 ? slab.matrix.rows : slab.matrix.cols;
  const blocks = count(split), at = far ? (which === 0 ? slab.wide : slab.high) + MARGIN : -MARGIN;
  const point = (along: number, out: number): ReturnType<Sight["at"]> => sight.at(
    which === 0 ? inWorld(slab, out, along, 0) : inWorld(slab, along, out, 0));
  const middle = (which === 0 ? slab.high : slab.wide) / 2;
  const [here, next, outer] = [point(middle, at), point(middle + 1, at), point(middle, at + (far ? 1 : -1))];
  if (here.depth <= 0) return null;
  const [u, v] = [next.x - here.x, next.y - here.y], [p, q] = [outer.x - here.x, outer.y - here.y];
  let angle = Math.atan2(v, u);
  if (angle > 1.4) angle -= Math.PI;
  else if (angle <= -1.75) angle += Math.PI;
  // straight away from the edge, on the side on which the matrix is not
  const long = Math.hypot(u, v) || 1, side = -v * p + u * q >= 0 ? 1 : -1;
  const line = pen.line(plain(`${letter} = ${split.full}${blocks > 1 ? ` / ${blocks}` : ""}`), QUIET * em, "quiet");
  return { line, angle, x: here.x - side * v / long * AWAY * em, y: here.y + side * u / long * AWAY * em };
}
