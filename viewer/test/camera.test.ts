import assert from "node:assert/strict";
import { test } from "node:test";
import type { Camera } from "../src/format.ts";
import { View, type Vec } from "../src/render/camera.ts";
import { Sight } from "../src/ui/sight.ts";
import { camera } from "./made.ts";

const KINDS = ["perspective", "orthographic", "isometric", "cabinet"] as const;
const view = (kind: Camera["kind"], more: Partial<Camera> = {}): View => new View(camera({ kind, ...more }));
const ASIDE = { roll: 25, shift: [0.2, -0.1] }; // as a person may have left it

/** Where a point is in clip space, by the matrix that shaders are given. */
function clip(of: View, [x, y, z]: Vec, aspect: number): Vec {
  const [near, far] = of.depths([-20, -20, -20], [20, 20, 20]), m = of.matrix(aspect, near, far);
  const row = (r: number): number => m[r]! * x + m[4 + r]! * y + m[8 + r]! * z + m[12 + r]!;
  return [row(0) / row(3), row(1) / row(3), row(2) / row(3)];
}

for (const kind of KINDS) {
  test(`${kind}: the matrix, what is seen and rays agree`, () => {
    const aspect = 1.6, points = [[1, 2, 3], [5, -4, 7], [-12, 9, -3]] as Vec[];
    const views = [view(kind), view(kind, ASIDE)];
    for (const [of, point] of views.flatMap((each) => points.map((at) => [each, at] as const))) {
      const half = of.tangent(aspect), [x, y] = clip(of, point, aspect), [u, v] = of.seen(point);
      assert.ok(Math.abs(x - u / (half * aspect)) < 1e-9 && Math.abs(y - v / half) < 1e-9);
      const spot = new Sight(of.camera, 160, 100).at(point);
      assert.ok(Math.abs(spot.x - 80 * (1 + x)) < 1e-6 && Math.abs(spot.y - 50 * (1 - y)) < 1e-6);
      const { origin, way } = of.ray(x, y, aspect);
      const from = point.map((p, a) => p - origin[a]!), long = Math.hypot(...way);
      const along = from.reduce((sum, p, a) => sum + p * way[a]! / long, 0);
      assert.ok(along > 0, "the point is before the ray's start");
      assert.ok(Math.hypot(...from.map((p, a) => p - along * way[a]! / long)) < 1e-5 * Math.max(along, 1));
    }
  });

  test(`${kind}: what is in the box is between the nearest and the farthest`, () => {
    for (const corner of [[-20, -20, -20], [20, 20, 20], [20, -20, 20]] as Vec[])
      assert.ok(Math.abs(clip(view(kind), corner, 1)[2]) <= 1);
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
  assert.equal(view("perspective", ASIDE).orbited(0.7, 0.1).roll, ASIDE.roll);
  assert.equal(view("cabinet").orbited(0.1, 0).kind, "orthographic");
});

test("what a zoom goes towards stays where it is in the picture", () => {
  for (const kind of KINDS) {
    const before = view(kind, ASIDE), point: Vec = [4, 5, -2], [x, y] = before.seen(point);
    const after = before.zoomed(0.5, point).seen(point);
    assert.ok(Math.abs(after[0] - x) < 1e-9 && Math.abs(after[1] - y) < 1e-9);
  }
});
