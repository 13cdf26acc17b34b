/** In which order boxes are drawn so that what is before is drawn over what is behind. Pure arithmetic. */
import type { Vec } from "./camera.ts";

export interface Box { low: Vec; high: Vec }

/** The indices of `boxes`, the farthest first. `eye`: where the camera is; or, if it is `parallel`, the direction to
 * it. */
export function backToFront(boxes: readonly Box[], eye: Vec, parallel: boolean): number[] {
  const far = boxes.map(({ low, high }) => {
    let sum = 0;
    for (let a = 0; a < 3; a++) {
      const middle = (low[a]! + high[a]!) / 2;
      sum += parallel ? -middle * eye[a]! : (middle - eye[a]!) ** 2;
    }
    return sum;
  });
  const left = boxes.map((_, at) => at).sort((a, b) => far[b]! - far[a]!);
  if (boxes.length > MOST) return left;
  const order: number[] = [];
  while (left.length) {
    // the farthest that hides none of those that are left; if each does, the farthest
    let next = left.findIndex(each =>
      left.every(other => other === each || !hides(boxes[each]!, boxes[other]!, eye, parallel)));
    if (next < 0) next = 0;
    order.push(...left.splice(next, 1));
  }
  return order;
}

const MOST = 160; // boxes that are compared with each other

/** Whether `a` may be before `b`: unless a plane between the two has the eye on b's side. */
function hides(a: Box, b: Box, eye: Vec, parallel: boolean): boolean {
  for (let axis = 0; axis < 3; axis++) {
    const at = eye[axis]!;
    if (a.high[axis]! <= b.low[axis]! + SPARE && (parallel ? at >= 0 : at >= a.high[axis]! - SPARE)) return false;
    if (a.low[axis]! >= b.high[axis]! - SPARE && (parallel ? at <= 0 : at <= a.low[axis]! + SPARE)) return false;
  }
  return true;
}

const SPARE = 1e-4;

/** The box in the world around corners that are given in a frame (16 numbers, row by row). */
export function around(frame: ArrayLike<number>, low: Vec, high: Vec): Box {
  const out: Box = { low: [0, 0, 0], high: [0, 0, 0] };
  for (let row = 0; row < 3; row++) {
    let [least, most] = [frame[4 * row + 3]!, frame[4 * row + 3]!];
    for (let a = 0; a < 3; a++) {
      const by = frame[4 * row + a]!;
      least += Math.min(by * low[a]!, by * high[a]!);
      most += Math.max(by * low[a]!, by * high[a]!);
    }
    out.low[row] = least;
    out.high[row] = most;
  }
  return out;
}
