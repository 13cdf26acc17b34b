/** Framing: the nearest camera from which all is in the picture (layout/framing.py: frame). */
import type { Camera } from "../format.ts";
import { View, add, dot, sub, unit, type Vec } from "../render/camera.ts";

const MARGIN = 1.06;
// shares of the picture that stay free
export interface Insets { left: number; right: number; bottom: number; top: number }

/** The nearest camera, seen as `like` sees, from which all points are in a picture of `aspect`, centred off its insets.
 */
export function framed(points: Vec[], aspect: number, like: Camera, insets: Insets): Camera {
  const ends = [0, 1, 2].map((axis) => {
    const along = points.map((point) => point[axis]!);
    return [Math.min(...along), Math.max(...along)] as const;
  });
  const middle = ends.map(([low, high]) => (low + high) / 2) as Vec;
  const direction = unit(sub(like.position as Vec, like.target as Vec));
  const there = new View({ ...like, target: middle, position: add(middle, direction) });
  const high = there.tangent(aspect), to = [high * aspect, high];
  // how far from the middle of the picture the free part goes each way, at distance 1
  const low = [insets.left, insets.bottom].map((share, at) => to[at]! * (1 - 2 * share));
  const most = [insets.right, insets.top].map((share, at) => to[at]! * (1 - 2 * share));
  for (const at of [0, 1]) {
    const spare = (1 - 1 / MARGIN) * (low[at]! + most[at]!) / 2;
    low[at]! -= spare;
    most[at]! -= spare;
  }
  const own = points.map((point) => sub(point, middle))
    .map((from): Vec => [dot(from, there.right), dot(from, there.up), dot(from, there.back)]);
  return there.parallel ? parallel(own, there, middle, low, most, direction, like)
    : perspective(own, there, middle, low, most, like);
}

function parallel(own: Vec[], there: View, middle: Vec, low: number[], most: number[], direction: Vec,
  like: Camera): Camera {
  const [x, y] = there.shear, seen = own.map((point) => [point[0] + point[2] * x, point[1] + point[2] * y]);
  const first = [0, 1].map((at) => Math.min(...seen.map((point) => point[at]!)));
  const last = [0, 1].map((at) => Math.max(...seen.map((point) => point[at]!)));
  const distance = Math.max(...[0, 1].map((at) => (last[at]! - first[at]!) / (low[at]! + most[at]!)), 1e-6);
  const [u, v] = [0, 1].map((at) => (first[at]! + last[at]!) / 2 - (most[at]! - low[at]!) / 2 * distance);
  const target = add(add(middle, there.right, u), there.up, v);
  return { ...like, target, position: add(target, like.kind === "cabinet" ? direction : there.back, distance) };
}

function perspective(own: Vec[], there: View, middle: Vec, low: number[], most: number[], like: Camera): Camera {
  const deepest = Math.max(...own.map((point) => point[2]));
  // the sides of the field touch the outermost points; the tighter of the two directions sets the distance
  const distance = Math.max(deepest + 1e-6,
    ...[0, 1].map((at) => (Math.max(...own.map((point) => point[at]! + most[at]! * point[2]))
    + Math.max(...own.map((point) => low[at]! * point[2] - point[at]!))) / (low[at]! + most[at]!)));
  const near = own.map((point) => 1 / (distance - point[2]));
  const [u, v] = [0, 1].map((at) => {
    const across = own.map((point) => point[at]!);
    return centred(across, Math.min(...across) - Math.abs(most[at]!) * distance,
      Math.max(...across) + Math.abs(low[at]!) * distance, most[at]! - low[at]!, near);
  });
  const target = add(add(middle, there.right, u), there.up, v);
  return { ...like, target, position: add(target, there.back, distance) };
}

/** Where to stand so that the two outermost of what is `across`, seen `near` times as large, add up to `wanted`. */
function centred(across: number[], from: number, to: number, wanted: number, near: number[]): number {
  let low = from, high = to, at = (low + high) / 2;
  for (let round = 0; round < 60; round++) {
    let first = 0, last = 0, least = Infinity, greatest = -Infinity;
    across.forEach((x, index) => {
      const seen = (x - at) * near[index]!;
      if (seen < least) [least, first] = [seen, index];
      if (seen > greatest) [greatest, last] = [seen, index];
    });
    if (least + greatest > wanted) low = at;
    else high = at;
    const before = at;
    at = (across[first]! * near[first]! + across[last]! * near[last]! - wanted) / (near[first]! + near[last]!);
    if (Math.abs(at - before) <= 1e-12 * Math.max(Math.abs(low), Math.abs(high), 1e-9)) break;
    if (!(low < at && at < high)) at = (low + high) / 2;
  }
  return at;
}
