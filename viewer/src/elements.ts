/** What is drawn, as numbers: what `window.mm.elements` answers. */
import type { Member, Page } from "./format.ts";
import type { State } from "./sweep/state.ts";

/** Elements that are drawn, n of them: `position` (3 n) and `edge` in Blender's metres and axes, `color` (3 n) sRGB 0 to
 * 1, without the brightening of what is lit, of which `highlight` is 1. */
export interface Elements {
  row: Int32Array; col: Int32Array; value: Float32Array; position: Float64Array; edge: Float64Array;
  color: Float32Array; highlight: Float32Array;
}

/**
 * The elements of the matrix at `path` that are drawn in a state, or, at `path` + ":sweep", of what moves in the box of
 * that matmul. An empty answer where nothing is; null where there is no such matrix.
 */
export function elements(_page: Page, _member: Member, _state: State, _path: string): Elements | null { return null; }
