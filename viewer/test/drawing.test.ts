import assert from "node:assert/strict";
import { test } from "node:test";
import type { Course, Look, Viz } from "../src/format.ts";
import { Appearance } from "../src/appearance.ts";
import { edgeOf, NAN, Palette, Pictures, SIZES, Swatches } from "../src/render/bake.ts";
import { patchesOf, runsAt, runsOf, type Place } from "../src/render/blocks.ts";
import { backToFront, type Box } from "../src/render/order.ts";
import { meet } from "../src/render/pick.ts";

const viz: Viz = {
  sensitivity: "global", minSize: 0.2, minLight: 0.4, maxLight: 0.7, elemScale: 1.25, zeroHue: 0.77, hueGap: 0.74,
    hueSpread: 0.04,
  map: null, percentile: 100, auto: false,
};
const course: Course = { decades: 0, low: 0, knee: 1, start: -1, end: 1 };
const scale = { low: 0, high: 2 };
const look = { saturation: 1, highlightGlow: 0.5, accent: null } as unknown as Look;
const palette = new Palette(new Swatches(viz, course, null, look), scale);
const drawn = (values: number[], visible: number[] | null = null) =>
  ({ values: Float32Array.from(values), visible: visible && Uint8Array.from(visible), floor: 0, lit: null });
const frame = Float64Array.from([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
const grid = (h: number, w: number): Place =>
  ({ frame, rows: [{ first: 0, count: h, at: 0 }], cols: [{ first: 0, count: w, at: 0 }], h, w });

test("texels hold the colour and the size of an element, and nothing where none is drawn", () => {
  const pictures = new Pictures(3, 2), of = new Appearance(viz, scale, course, null, 1),
    { texels } = pictures.approach();
  pictures.bake({ row: 0, col: 0, h: 2, w: 3 }, drawn([2, -0.5, 0, NaN, 1, Infinity], [1, 1, 1, 1, 0, 1]), palette,
    { row: 0, col: 0 }, 3);
  const alpha = [...texels].map(texel => texel >>> 24);
  assert.deepEqual(alpha, [SIZES, 1 + Math.round(0.5 * (SIZES - 1)), 0, NAN, 0, NAN + 1]);
  of.srgb(-0.5).forEach((c, at) => assert.ok(Math.abs((texels[1]! >>> (8 * at) & 255) / 255 - c) < 0.006));
  assert.equal(pictures.largest, 1);
});

test("what is no number has the colour of its kind, dimmed", () => {
  const of = new Appearance(viz, scale, course, null, 1);
  const { plain: { near }, steps } = palette.swatches;
  for (const [at, value] of [NaN, Infinity, -Infinity].entries()) {
    of.srgb(value).forEach((c, channel) =>
      assert.ok(Math.abs((near[2 * (steps + 1) + at]! >>> (8 * channel) & 255) / 255 - 0.7 * c) < 0.003));
  }
});

test("smaller pictures hold the mean of light and of what is covered, odd sides too", () => {
  for (const [w, h] of [[4, 4], [5, 3], [1, 7]] as const) {
    const pictures = new Pictures(w, h), whole = { row: 0, col: 0, h, w };
    pictures.bake(whole, drawn(Array.from({ length: w * h }, (_, at) => (at % 2 ? 2 : 0))), palette, whole, w);
    pictures.reduce(whole);
    const last = pictures.levels[pictures.levels.length - 1]!;
    assert.deepEqual([last.w, last.h], [1, 1]);
    const covered = Math.floor(w * h / 2) / (w * h);
    assert.ok(Math.abs((last.texels[0]! >>> 24) / 255 - covered) < 0.12, `${w} x ${h}`);
  }
});

test("what is worked out anew of a part is what it would be of the whole", () => {
  const [w, h] = [13, 9], whole = { row: 0, col: 0, h, w },
    values = Array.from({ length: w * h }, (_, at) => Math.sin(at) * 2);
  const part = new Pictures(w, h), all = new Pictures(w, h);
  part.bake(whole, drawn(values), palette, whole, w);
  part.reduce(whole);
  for (let col = 2; col < 11; col++) values[5 * w + col] = 1.5;
  const rect = { row: 5, col: 2, h: 1, w: 9 };
  part.bake(rect, drawn(values), palette, whole, w);
  part.reduce(rect);
  all.bake(whole, drawn(values), palette, whole, w);
  all.reduce(whole);
  part.levels.forEach((level, at) => assert.deepEqual(level.texels, all.levels[at]!.texels));
});

test("blocks lie apart, and textures hold at most so many elements", () => {
  const runs = runsOf({ size: 10, step: 4, gap: 2.5, parts: 3, full: 10, fullStep: 4, factor: 1 });
  assert.deepEqual(runs, [{ first: 0, count: 4, at: 0 }, { first: 4, count: 4, at: 6.5 },
    { first: 8, count: 2, at: 13 }]);
  assert.deepEqual(runsAt([0, 1, 2, 5, 6]), [{ first: 0, count: 3, at: 0 }, { first: 3, count: 2, at: 5 }]);
  const patches = patchesOf(runs, [{ first: 0, count: 7, at: 0 }], 5);
  assert.ok(patches.every(({ h, w }) => h <= 5 && w <= 5));
  assert.equal(patches.flatMap(({ blocks }) => blocks).reduce((sum, { h, w }) => sum + h * w, 0), 70);
});

test("boxes are drawn from behind, whatever their middles", () => {
  const wide: Box = { low: [-50, 0, 0], high: [50, 1, 1] }, small: Box = { low: [40, 0, 3], high: [42, 1, 4] };
  assert.deepEqual(backToFront([wide, small], [0, 0, 20], false), [0, 1]);
  assert.deepEqual(backToFront([small, wide], [0, 0, 20], false), [1, 0]);
  assert.deepEqual(backToFront([wide, small], [0, 0, -1], true), [1, 0]);
});

test("a ray meets the cube that is before the others, and none in the gaps between small ones", () => {
  const place = grid(3, 4), values = Array.from({ length: 12 }, () => 0.001);
  values[4 * 1 + 2] = 2;
  const target = { place, drawn: drawn(values), palette };
  assert.deepEqual(meet({ origin: [2, 1, 9], way: [0, 0, -1] }, target, false), { row: 1, col: 2, t: 8.5 });
  assert.equal(meet({ origin: [0.5, 0.5, 9], way: [0, 0, -1] }, target, false), null);
  const slack = meet({ origin: [0.4, 0.4, 9], way: [0, 0, -1] }, target, true);
  assert.deepEqual([slack?.row, slack?.col], [0, 0]);
  // a large cube hides a small one behind it from a ray that comes flat along the plane
  assert.equal(meet({ origin: [9, 1, 0], way: [-1, 0, 0] }, target, false)?.col, 3);
  assert.equal(meet({ origin: [9, 1, 0.3], way: [-1, 0, 0] }, target, false)?.col, 2);
  assert.equal(meet({ origin: [9, 9, 9], way: [1, 0, 0] }, target, true), null);
});

test("edges are what the rules of the appearance say", () => {
  const of = new Appearance(viz, scale, course, null);
  for (const x of [0, 1e-9, -0.3, 1.7, 2, 5, NaN, -Infinity])
    assert.ok(Math.abs(edgeOf(x, palette) - of.edge(x)) < 1e-12);
});
