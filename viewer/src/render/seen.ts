/** How large elements are in the picture. Pure arithmetic. */
import type { Place } from "./blocks.ts";
import { dot, sub, type Vec, type View } from "./camera.ts";
import type { Box } from "./order.ts";

/** How many pixels a pitch has where a matrix is nearest to the camera, in a picture that is `height` pixels high. */
export function pixelsPerElement(view: View, tile: { box: Box; place: Place }, height: number, aspect: number): number {
  const { frame } = tile.place;
  const scale = Math.hypot(frame[0]!, frame[4]!, frame[8]!);
  const half = view.tangent(aspect);
  return scale * height / (2 * half * Math.max(nearest(view, tile.box), view.parallel ? 0 : 0.5 * scale));
}

/** By how much what is nearest in a box is smaller than at distance 1. */
export function nearest(view: View, { low, high }: Box): number {
  if (view.parallel) return Math.max(view.distance, 1e-6);
  const at = view.position.map((x, a) => Math.min(Math.max(x, low[a]!), high[a]!)) as Vec;
  return Math.max(dot(sub(view.position, at), view.back), 1e-6);
}
