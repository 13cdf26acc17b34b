/** What is drawn, as numbers: what `window.mm.elements` answers. */
import { Appearance } from "./appearance.ts";
import type { Matrix, Member, Page } from "./format.ts";
import { along, transform } from "./sweep/frames.ts";
import { isLit, type Inside, type Lit, type State } from "./sweep/state.ts";

/** Behind a path: what moves in the box of that matmul. */
export const SWEEP = ":sweep";

/**
 * Elements that are drawn, n of them: `position` (3 n) and `edge` in Blender's metres and axes, `color` (3 n) sRGB 0 to
 * 1, without the brightening of what is lit, of which `highlight` is 1.
 */
export interface Elements {
  row: Int32Array; col: Int32Array; value: Float32Array; position: Float64Array; edge: Float64Array;
  color: Float32Array; highlight: Float32Array;
}

/** What is a matrix or drawn as one. */
interface Drawn {
  h: number; w: number; frame: ArrayLike<number>; rows: ArrayLike<number>; cols: ArrayLike<number>;
  values: Float32Array; visible: Uint8Array | null; floor: number; lit: Lit | null; appearance: Appearance;
}

/**
 * The elements of the matrix at `path` that are drawn in a state or, at `path` + ":sweep", of what moves in the box of
 * that matmul, one piece after the other, by its row and column in its piece. Null where there is no such matrix.
 */
export function elements(page: Page, member: Member, state: State, path: string): Elements | null {
  const sweep = path.endsWith(SWEEP);
  const shown = state.matrices.get(sweep ? path.slice(0, -SWEEP.length) : path);
  if (!shown) return null;
  const { matrix, values, visible, floor, lit } = shown;
  if (sweep) {
    const insides = state.insides.filter(inside => inside.path === matrix.path);
    return collect(page, member, insides.map(inside => drawnInside(page, inside)));
  }
  const { h, w, frame } = matrix;
  return collect(page, member, [{
    h, w, frame, values, visible, floor, lit, appearance: appearanceOf(page, matrix),
    rows: Float64Array.from({ length: h }, (_, row) => along(matrix.rows, row)),
    cols: Float64Array.from({ length: w }, (_, col) => along(matrix.cols, col)),
  }]);
}

/** How a matrix, or what moves in its box, is drawn. */
export function appearanceOf(page: Page, drawn: Matrix | Inside, saturation = 1): Appearance {
  const { viz, scale, course } = drawn;
  return new Appearance(viz, scale, course, viz.map === null ? null : page.maps[viz.map]!, saturation);
}

function drawnInside(page: Page, inside: Inside): Drawn {
  const { h, w, frame, rows, cols, values, visible, floor } = inside;
  return { h, w, frame, rows, cols, values, visible, floor, lit: null, appearance: appearanceOf(page, inside) };
}

function collect(page: Page, member: Member, parts: Drawn[]): Elements {
  const total = parts.reduce((sum, { h, w }) => sum + h * w, 0);
  const out = empty(total);
  let n = 0;
  for (const part of parts) n = add(page, member, part, out, n);
  return n === total ? out : {
    row: out.row.slice(0, n), col: out.col.slice(0, n), value: out.value.slice(0, n), edge: out.edge.slice(0, n),
    position: out.position.slice(0, 3 * n), color: out.color.slice(0, 3 * n), highlight: out.highlight.slice(0, n),
  };
}

function empty(n: number): Elements {
  return { row: new Int32Array(n), col: new Int32Array(n), value: new Float32Array(n), edge: new Float64Array(n),
           position: new Float64Array(3 * n), color: new Float32Array(3 * n), highlight: new Float32Array(n) };
}

/** Put what is drawn of a part behind the first `count` elements; how many there are then. */
function add(page: Page, member: Member, part: Drawn, out: Elements, count: number): number {
  const { w, frame, rows, cols, values, visible, floor, lit, appearance } = part;
  const unit = page.pitch * member.scale;
  const [x0, y0, z0] = member.offset.map(each => each * page.pitch) as [number, number, number];
  let n = count;
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    if (value === 0 || visible?.[at] === 0 || Math.abs(value) < floor) continue;
    const row = Math.floor(at / w);
    const col = at - row * w;
    const [x, y, z] = transform(frame, cols[col]!, rows[row]!, 0);
    out.row[n] = row;
    out.col[n] = col;
    out.value[n] = value;
    out.position.set([x * unit + x0, -(z * unit + z0), y * unit + y0], 3 * n);
    out.edge[n] = appearance.edge(value) * unit;
    out.color.set(appearance.srgb(value), 3 * n);
    out.highlight[n] = isLit(lit, row, col) ? 1 : 0;
    n++;
  }
  return n;
}
