/** Slabs: the matrices of a page as they lie in the world, and what of them is seen on the screen. */
import type { Matrix, Member, Page, Split } from "../format.ts";
import { type Polygon, type Rect, bounds, clipped, hull } from "./polygons.ts";
import { add, dot } from "../render/camera.ts";
import { along } from "../sweep/frames.ts";
import type { Sight, Vector } from "./sight.ts";

const RIM = 0.6;   // from the centres of the outermost elements to a matrix' outline, in pitches
const HALF = 0.4;  // half the thickness of a matrix
export const MARGIN = 0.6; // from the centres of the outermost elements to the frame that guides draw

/** Which matrix of which member. */
export interface Slab { member: number; of: Member; matrix: Matrix; key: string; wide: number; high: number }

/** A slab on the screen. `outline`: its hull; `shown`: what of that is in the free area; `side`: 1 where the eye sees
 * the side on which its own z points. */
export interface SlabSeen { slab: Slab; outline: Polygon; shown: Polygon; box: Rect; side: 1 | -1; depth: number }

/** The true elements of a cell: a first, and a last exclusive (layout/reduction.py: span). */
export function span(split: Split, cell: number): [number, number] {
  const first = (at: number): number => at >= split.size ? split.full
    : Math.floor(at / split.step) * split.fullStep + (at % split.step) * split.factor;
  return split.factor === 1 ? [cell, cell + 1] : [first(cell), first(cell + 1)];
}

/** All matrices of a page. */
export function slabsOf(page: Page): Slab[] {
  return page.members.flatMap((of, member) => of.matrices.map((matrix) => ({
    member, of, matrix, key: `${member} ${matrix.path}`,
    wide: along(matrix.cols, matrix.w - 1), high: along(matrix.rows, matrix.h - 1) })));
}

/** A point of a slab's own frame, in the world. */
export function inWorld({ of, matrix: { frame: f } }: Slab, x: number, y: number, z: number): Vector {
  const [a, b, c] = [0, 4, 8].map((row) => f[row]! * x + f[row + 1]! * y + f[row + 2]! * z + f[row + 3]!);
  return [a! * of.scale + of.offset[0]!, b! * of.scale + of.offset[1]!, c! * of.scale + of.offset[2]!];
}

/** The direction of one of a slab's own axes (0: along its columns, 1: down its rows, 2: out of it). */
export function axis({ matrix: { frame } }: Slab, which: number): Vector {
  return [frame[which]!, frame[4 + which]!, frame[8 + which]!];
}

/** What is seen of slabs, of those that are in the area at all. */
export function look(slabs: Slab[], sight: Sight, area: Rect): SlabSeen[] {
  const out: SlabSeen[] = [];
  for (const slab of slabs) {
    const faces = [-HALF, HALF].map((z) => corners(slab, z));
    const outline = hull(faces.flatMap((face) => sight.polygon(face)));
    const shown = clipped(outline, area);
    if (shown.length < 3) continue;
    const middle = inWorld(slab, slab.wide / 2, slab.high / 2, 0);
    out.push({ slab, outline, shown, box: bounds(outline), depth: sight.at(middle).depth,
      side: dot(axis(slab, 2), sight.towards(middle)) >= 0 ? 1 : -1 });
  }
  return out;
}

/** What the vanes of arrows cover on the screen. */
export function vanesOf(arrows: [Member, Matrix][], sight: Sight): Polygon[] {
  return arrows.flatMap(([{ scale, offset }, { arrow }]) => [0, 1].map((side) => {
    const at = [0, 3, 6].map((corner) => arrow!.slice(9 * side + corner, 9 * side + corner + 3) as Vector);
    return hull(sight.polygon(at.map((point) => add(offset as Vector, point, scale))));
  })).filter((vane) => vane.length > 2);
}

function corners(slab: Slab, z: number): Vector[] {
  const right = slab.wide + RIM, low = slab.high + RIM;
  return [[-RIM, -RIM], [right, -RIM], [right, low], [-RIM, low]].map(([x, y]) => inWorld(slab, x!, y!, z));
}
