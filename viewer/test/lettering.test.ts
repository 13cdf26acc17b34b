/** Lettering: names as mathematics writes them, numbers that fit, places that touch nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Look } from "../src/format.ts";
import { candidatesOf, type Surface } from "../src/ui/candidates.ts";
import { inkOn } from "../src/ui/colours.ts";
import { Corners } from "../src/ui/corners.ts";
import { framed } from "../src/ui/framing.ts";
import { onElement, spell, tell } from "../src/ui/numerals.ts";
import type { Inks, Pen } from "../src/ui/pen.ts";
import { place } from "../src/ui/placing.ts";
import { bounds, clipped, hull, inside, overlap, turned, type Polygon } from "../src/ui/polygons.ts";
import { Sight, type Vector } from "../src/ui/sight.ts";
import { vanesOf } from "../src/ui/slabs.ts";
import { flat, name, words } from "../src/ui/typeset.ts";
import { camera, product } from "./made.ts";

const written = (text: string): string => name(text).map((run) => (
  run.scale === 1 ? run.text : `${run.shift > 0 ? "^" : "_"}${run.text}`)).join("|");

test("names are written as mathematics writes them", () => {
  assert.equal(written("K.T"), "K|^T");
  assert.equal(written("wK_t"), "wK|^T");
  assert.equal(written("W_Q"), "W|_Q");
  assert.equal(written("attn_out"), "attn_out");
  assert.equal(written("\\alpha @ x'"), "α @ x′");
  assert.equal(written("Kᵀ"), "K|^T");
  assert.equal(written("a - b"), "a − b");
  assert.equal(flat(words("a row of $W_Q$ times")), "a row of WQ times");
  assert.ok(flat(name("x".repeat(500))).length < 210);
});

test("numbers have as many digits as fit", () => {
  assert.deepEqual([0.25, -12.5, 123.456, 12345.6, 0.001, 123456, NaN, -Infinity].map((x) => spell(x)),
    ["0.25", "−12.50", "123.5", "12346", "1.0e−3", "1.2e5", "nan", "−∞"]);
  assert.equal(onElement(0.001, 2), "0.00");
  assert.equal(onElement(3, 0), "3");
  assert.deepEqual([Math.fround(0.1), -1234567.8, 1e-7, 0, 3].map((x) => tell(x)),
    ["0.1", "−1234568", "1e−7", "0", "3"]);
});

test("polygons", () => {
  const square = turned(5, 5, 4, 4, 0);
  assert.ok(inside(5, 5, square) && !inside(8, 5, square));
  assert.ok(overlap(square, turned(7, 7, 4, 4, 0.7)) && !overlap(square, turned(12, 5, 4, 4, 0)));
  assert.ok(!overlap(square, turned(9, 5, 4, 4, 0)), "rims may touch");
  assert.equal(hull([...square, { x: 5, y: 5 }]).length, 4);
  assert.deepEqual(bounds(clipped(square, { left: 0, top: 0, right: 5, bottom: 100 })),
    { left: 3, right: 5, top: 3, bottom: 7 });
});

const surface = (outlines: Polygon[], taken: Polygon[] = []): Surface =>
  ({ area: { left: 0, top: 0, right: 800, bottom: 600 },
  outlines, rects: outlines.map(bounds), taken, takenRects: taken.map(bounds), em: 16, leaders: true });
const ways = [{ width: 90, height: 18, price: 0 }, { width: 50, height: 38, price: 0.25 }];

test("names stand beside their matrices, on the screen, and touch neither each other nor data", () => {
  const outlines = [turned(250, 300, 200, 150, 0.2), turned(480, 300, 180, 260, -0.1), turned(400, 120, 220, 80, 0)];
  const page = surface(outlines);
  const spots = place(outlines.map((outline) => ({ ways, outline, before: null })), page);
  const boxes = spots.map((spot) => {
    assert.ok(spot);
    const { width, height } = ways[spot.way]!;
    return turned(spot.x, spot.y, width, height, spot.angle);
  });
  boxes.forEach((box, at) => {
    assert.ok(!outlines.some((outline) => overlap(box, outline)), `name ${at} covers data`);
    assert.ok(!boxes.some((other, n) => n !== at && overlap(box, other)), `name ${at} touches another`);
    const { left, right, top, bottom } = bounds(box);
    assert.ok(left >= 0 && top >= 0 && right <= 800 && bottom <= 600);
  });
});

test("a name keeps off what is taken, leads to a matrix that is shut in, and lies over one that fills the screen",
  () => {
  const own = turned(400, 300, 60, 60, 0);
  const around = [turned(400, 180, 400, 160, 0), turned(400, 420, 400, 160, 0), turned(250, 300, 220, 70, 0),
    turned(550, 300, 220, 70, 0)];
  const [shutIn] = candidatesOf({ ways, outline: own, before: null }, surface([own, ...around]));
  assert.ok(shutIn!.leader);
  const whole = turned(400, 300, 900, 700, 0);
  const [over] = candidatesOf({ ways, outline: whole, before: null }, surface([whole]));
  assert.ok(over!.covers && !over!.leader);
  const left = turned(200, 300, 330, 600, 0);
  for (const each of candidatesOf({ ways, outline: own, before: null }, surface([own], [left]))) assert.ok(
    !overlap(each.box, left));
});

test("what the vanes of arrows cover lies where their member stands", () => {
  const { member } = product("j"), vane = [0, 0, 0, 2, 0, 0, 0, 2, 0];
  const arrow = [...vane, ...vane.map((x) => -x)], result = { ...member.matrices[2]!, arrow };
  const sight = new Sight(camera({ position: [0, 0, 20], target: [0, 0, 0], kind: "orthographic" }), 800, 600);
  const moved = { ...member, scale: 0.5, offset: [3, 0, 0] };
  const [first, second] = vanesOf([[moved, result]], sight);
  const corner = sight.at([3, 0, 0]), tip = sight.at([4, 0, 0]);
  const { left, right } = bounds(first!);
  assert.ok(Math.abs(left - corner.x) < 1e-6 && Math.abs(right - tip.x) < 1e-6, "in the world, not in its member");
  assert.ok(second!.length === 3 && bounds(second!).right <= corner.x + 1e-6);
});

test("a name stays where it was while that is about as good", () => {
  const own = turned(400, 300, 200, 120, 0), page = surface([own]);
  const all = candidatesOf({ ways, outline: own, before: null }, page);
  const second = all.find((each) => Math.hypot(each.x - all[0]!.x, each.y - all[0]!.y) > 60 && each.way === 0
    && each.angle === 0
    && each.cost < all[0]!.cost + 0.4);
  assert.ok(second);
  const [stays] = candidatesOf({ ways, outline: own, before: second }, page);
  assert.deepEqual([stays!.x, stays!.y], [second.x, second.y]);
});

test("framing fills the free part of the screen, whatever the camera and the shape", () => {
  const points: Vector[] = [[-12, -8, -5], [12, -8, -5], [12, 8, 7], [-12, 8, 7], [0, -8, 7]];
  for (const kind of ["perspective", "orthographic", "isometric", "cabinet"] as const) {
    const like = camera({ kind, position: [-30, 24, 28], target: [1, 2, 0] });
    for (const [width, height] of [[1280, 800], [360, 640]] as const) {
      const insets = { left: 0, right: 0.25, bottom: 0.1, top: 0.05 };
      const sight = new Sight(framed(points, width / height, like, insets), width, height);
      const { left, right, top, bottom } = bounds(points.map((point) => sight.at(point)));
      const free = { left: 0, right: 0.75 * width, top: 0.05 * height, bottom: 0.9 * height };
      assert.ok(left >= free.left && right <= free.right && top >= free.top && bottom <= free.bottom, kind);
      assert.ok(right - left > 0.85 * (free.right - free.left) || bottom - top > 0.85 * (free.bottom - free.top),
        kind);
      assert.ok(Math.abs(left - free.left - free.right + right) < 2
        && Math.abs(top - free.top - free.bottom + bottom) < 2);
    }
  }
});

test("a note that is wider than the screen has several lines", () => {
  const drawn: { text: string; x: number; y: number; width: number }[] = [];
  const pen = { on: {}, line: (runs: { text: string }[]) => ({ text: runs[0]!.text, width: 6 * runs[0]!.text.length }),
    draw: (line: { text: string; width: number }, x: number, y: number) => { drawn.push({ ...line, x, y }); } };
  const area = { left: 10, right: 210, top: 0, bottom: 300 }, note = "no room for the tokens of the columns of heads";
  const corners = new Corners(pen as unknown as Pen, area, [], 10);
  assert.ok(corners.text(note, {} as Look, { quiet: "" } as Inks));
  assert.ok(drawn.length > 1 && drawn.every(({ x, width }) => x >= 10 && x + width <= 210));
  assert.ok(drawn.every(({ y }, at) => at === 0 || y > drawn[at - 1]!.y));
  assert.equal(drawn.map(({ text }) => text).join(" "), note);
});

test("what is behind the eye is not seen", () => {
  const sight = new Sight(camera({ position: [0, 0, 10], target: [0, 0, 0] }), 800, 600);
  assert.deepEqual(sight.at([0, 0, 0]), { x: 400, y: 300, depth: 10 });
  assert.equal(sight.polygon([[-1, 0, 20], [1, 0, 20], [1, 1, 15]]).length, 0);
  const through = sight.polygon([[-1, -1, 0], [1, -1, 0], [1, -1, 20], [-1, -1, 20]]);
  assert.ok(through.length >= 4 && through.every(({ depth }) => depth > 0));
});

test("inks can be read", () => {
  assert.deepEqual(inkOn([0.02]), { dark: false, clear: true });
  assert.deepEqual(inkOn([0.9]), { dark: true, clear: true });
  assert.equal(inkOn([0.02, 0.98]).clear, false);
});
