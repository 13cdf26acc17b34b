import assert from "node:assert/strict";
import { test } from "node:test";
import type { Camera } from "../src/format.ts";
import { View, type Vec } from "../src/render/camera.ts";

const KINDS = ["perspective", "orthographic", "isometric", "cabinet"] as const;
const view = (kind: Camera["kind"], position: Vec = [-30, 25, 40]): View => new View({ position, target: [1, 2, 3], fov: 45, kind });

/** Where a point is in clip space, by the matrix that shaders are given. */
function clip(of: View, [x, y, z]: Vec, aspect: number): Vec {
  const [near, far] = of.depths([-20, -20, -20], [20, 20, 20]), m = of.matrix(aspect, near, far);
  const row = (r: number): number => m[r]! * x + m[4 + r]! * y + m[8 + r]! * z + m[12 + r]!;
  return [row(0) / row(3), row(1) / row(3), row(2) / row(3)];
}

for (const kind of KINDS) {
  test(`${kind}: the matrix, what is seen and rays agree`, () => {
    const of = view(kind), aspect = 1.6, half = of.tangent(aspect);
    for (const point of [[1, 2, 3], [5, -4, 7], [-12, 9, -3]] as Vec[]) {
      const [x, y] = clip(of, point, aspect), [u, v] = of.seen(point);
      assert.ok(Math.abs(x - u / (half * aspect)) < 1e-9 && Math.abs(y - v / half) < 1e-9);
      const { origin, way } = of.ray(x, y, aspect);
      const from = point.map((p, a) => p - origin[a]!), long = Math.hypot(...way);
      const along = from.reduce((sum, p, a) => sum + p * way[a]! / long, 0);
      assert.ok(along > 0, "the point is before the ray's start");
      assert.ok(Math.hypot(...from.map((p, a) => p - along * way[a]! / long)) < 1e-5 * Math.max(along, 1));
    }
  });

  test(`${kind}: what is in the box is between the nearest and the farthest`, () => {
    for (const corner of [[-20, -20, -20], [20, 20, 20], [20, -20, 20]] as Vec[]) assert.ok(Math.abs(clip(view(kind), corner, 1)[2]) <= 1);
  });
}

test("a picture that is higher than wide widens the field so that its width holds what a square's would", () => {
  assert.ok(Math.abs(view("perspective").tangent(0.5) - Math.tan(Math.PI / 4)) < 1e-12);
  assert.equal(view("perspective").tangent(2), view("perspective").tangent(1));
});

test("an orbit keeps the distance and the target, and stops before the pole", () => {
  const before = view("perspective"), after = before.orbited(0.7, 9);
  assert.ok(Math.abs(after.distance - before.distance) < 1e-9);
  assert.deepEqual(after.target, before.target);
  assert.ok(after.back[1] < 1 && after.back[1] > 0.999);
  assert.equal(view("cabinet").orbited(0.1, 0).kind, "orthographic");
});

test("what a zoom goes towards stays where it is in the picture", () => {
  for (const kind of KINDS) {
    const before = view(kind), point: Vec = [4, 5, -2], [x, y] = before.seen(point), after = before.zoomed(0.5, point).seen(point);
    assert.ok(Math.abs(after[0] - x) < 1e-9 && Math.abs(after[1] - y) < 1e-9);
  }
});
