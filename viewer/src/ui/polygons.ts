/** Plane geometry on the screen, in pixels from its upper left corner. Polygons are convex, in order around. */
export interface Point { x: number; y: number }
export type Polygon = Point[];
export interface Rect { left: number; top: number; right: number; bottom: number }

/** The convex hull of points (Andrew's monotone chain). */
export function hull(points: Point[]): Polygon {
  const order = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  if (order.length < 3) return order;
  const chain = (some: Point[]): Point[] => {
    const out: Point[] = [];
    for (const point of some) {
      while (out.length > 1 && turn(out[out.length - 2]!, out[out.length - 1]!, point) <= 0) out.pop();
      out.push(point);
    }
    out.pop();
    return out;
  };
  return [...chain(order), ...chain(order.reverse())];
}

function turn(a: Point, b: Point, c: Point): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/** The smallest upright rectangle around points. */
export function bounds(points: Point[]): Rect {
  const out = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const { x, y } of points) {
    out.left = Math.min(out.left, x);
    out.right = Math.max(out.right, x);
    out.top = Math.min(out.top, y);
    out.bottom = Math.max(out.bottom, y);
  }
  return out;
}

/** Whether rectangles share more than their rims. */
export function meet(a: Rect, b: Rect): boolean {
  return a.left < b.right && a.right > b.left && a.top < b.bottom && a.bottom > b.top;
}

/** Whether convex polygons share more than their rims (separating axes). */
export function overlap(a: Polygon, b: Polygon): boolean {
  return !apart(a, b) && !apart(b, a);
}

function apart(a: Polygon, b: Polygon): boolean {
  for (let at = 0; at < a.length; at++) {
    const from = a[at]!, to = a[(at + 1) % a.length]!;
    const x = to.y - from.y, y = from.x - to.x;
    if (x === 0 && y === 0) continue;
    let low = Infinity, high = -Infinity, least = Infinity, most = -Infinity;
    for (let other = 0; other < a.length; other++) {
      const along = a[other]!.x * x + a[other]!.y * y;
      if (along < low) low = along;
      if (along > high) high = along;
    }
    for (let other = 0; other < b.length; other++) {
      const along = b[other]!.x * x + b[other]!.y * y;
      if (along < least) least = along;
      if (along > most) most = along;
    }
    if (low >= most - 1e-9 || least >= high - 1e-9) return true;
  }
  return false;
}

/** Whether a point lies in a convex polygon, whichever way round that goes. */
export function inside(x: number, y: number, polygon: Polygon): boolean {
  let sign = 0;
  for (let at = 0; at < polygon.length; at++) {
    const a = polygon[at]!, b = polygon[(at + 1) % polygon.length]!;
    const side = (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x);
    if (side * sign < 0) return false;
    if (side !== 0) sign = side;
  }
  return polygon.length > 2;
}

/** The point of a polygon's rim that is nearest to (x, y). */
export function nearest(x: number, y: number, polygon: Polygon): Point {
  let best: Point = polygon[0] ?? { x, y }, least = Infinity;
  for (let at = 0; at < polygon.length; at++) {
    const a = polygon[at]!, b = polygon[(at + 1) % polygon.length]!;
    const u = b.x - a.x, v = b.y - a.y, long = u * u + v * v;
    const share = long > 0 ? Math.min(Math.max(((x - a.x) * u + (y - a.y) * v) / long, 0), 1) : 0;
    const point = { x: a.x + share * u, y: a.y + share * v };
    const far = (point.x - x) ** 2 + (point.y - y) ** 2;
    if (far < least) [best, least] = [point, far];
  }
  return best;
}

/** How far (x, y) is from the nearest point of a polygon's rim. */
export function away(x: number, y: number, polygon: Polygon): number {
  let least = Infinity;
  for (let at = 0; at < polygon.length; at++) {
    const a = polygon[at]!, b = polygon[at + 1 < polygon.length ? at + 1 : 0]!;
    const u = b.x - a.x, v = b.y - a.y, s = x - a.x, t = y - a.y, long = u * u + v * v;
    const share = long > 0 ? Math.min(Math.max((s * u + t * v) / long, 0), 1) : 0;
    const p = s - share * u, q = t - share * v;
    if (p * p + q * q < least) least = p * p + q * q;
  }
  return Math.sqrt(least);
}

/** A rectangle of a size around a middle, turned by an angle in radians, from its upper left corner on. */
export function turned(x: number, y: number, width: number, height: number, angle: number): Polygon {
  const cos = Math.cos(angle), sin = Math.sin(angle);
  return [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]].map(([u, v]) => ({
    x: x + cos * u! * width - sin * v! * height, y: y + sin * u! * width + cos * v! * height }));
}

/** What of a convex polygon lies in a rectangle. */
export function clipped(polygon: Polygon, area: Rect): Polygon {
  let out = polygon;
  const sides: [keyof Point, number, number][] = [
    ["x", area.left, 1], ["x", area.right, -1], ["y", area.top, 1], ["y", area.bottom, -1]];
  for (const [axis, limit, sign] of sides) {
    out = cut(out, (point) => sign * (point[axis] - limit), (a, b, share) => (
      { x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y) }));
  }
  return out;
}

/** What of a convex polygon lies where `side` is not negative; `between` gives a point on the way from one to another.
 */
export function cut<T>(polygon: T[], side: (point: T) => number, between: (a: T, b: T, share: number) => T): T[] {
  const out: T[] = [];
  polygon.forEach((point, at) => {
    const next = polygon[(at + 1) % polygon.length]!, here = side(point), there = side(next);
    if (here >= 0) out.push(point);
    if (here * there < 0) out.push(between(point, next, here / (here - there)));
  });
  return out;
}
