/** What hands do: addresses, keys, the player, and what is said of an element. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Matrix, Page, Split, Track } from "../src/format.ts";
import type { Shown, State } from "../src/sweep/state.ts";
import { read, written } from "../src/ui/address.ts";
import { describe, epilog } from "../src/ui/describe.ts";
import { SHORTCUTS } from "../src/ui/keyboard.ts";
import { Player } from "../src/ui/player.ts";
import { span } from "../src/ui/slabs.ts";
import { fileName } from "../src/ui/still.ts";
import { camera } from "./made.ts";

test("an address is read as it was written", () => {
  const address = { camera: camera({ position: [-1.5, 2, 30], target: [0, 0.25, 0], kind: "isometric" }), step: 12,
    algorithm: "dotprod (row major)", look: "paper",
    pin: { path: "root.left", row: 3, col: 4, member: 2, inside: null } };
  const rolled = { camera: camera({ roll: -12.5, shift: [0.25, 0] }) };
  assert.deepEqual(read(`#${written(rolled)}`), { address: rolled, ignored: [] });
  const hash = written(address);
  assert.ok(!/[ "<>]/.test(hash));
  assert.deepEqual(read(`#${hash}`), { address, ignored: [] });
  assert.deepEqual(read(""), { address: {}, ignored: [] });
  assert.equal(written({}), "");
});

test("what an address says that is malformed is told, and the rest is followed", () => {
  const { address, ignored } = read("#step=-3&camera=1,2,3&pin=root;1,2&look=<b>&what=ever&algorithm=%E0%A4%A&step=7"
    + "&pin=__proto__,1,1");
  assert.deepEqual(ignored, ["step", "camera", "pin", "look", "what", "algorithm"]);
  assert.deepEqual(address, { step: 7, pin: { path: "__proto__", row: 1, col: 1, member: 0, inside: null } });
  for (const wrong of ["0,0,0,0,0,0,45,perspective", "1,1,1,0,0,0,0,perspective", "1,1,1,0,0,0,45,fish",
    "1,1,NaN,0,0,0,45,perspective", "1,1,1,0,0,0,45,perspective,5", "1,1,1,0,0,0,45,perspective,5,0,x",
    "1,1,1e300,0,0,0,45,perspective", ",1,1,0,0,0,45,perspective"]) {
    assert.deepEqual(read(`#camera=${wrong}`), { address: {}, ignored: ["camera"] });
  }
});

test("the player goes by the clock, skips what there is no time for, and stops at the end", () => {
  let now = 1000;
  const player = new Player(0.1, () => now);
  assert.equal(player.play(40, 40), 0);
  now += 250;
  assert.equal(player.due(40), 2);
  player.again(2, 4);
  now += 250;
  assert.equal(player.due(40), 12);
  assert.ok(player.playing);
  now += 5000;
  assert.equal(player.due(40), 40);
  assert.ok(!player.playing);
});

test("no key does two things", () => {
  const keys = SHORTCUTS.flatMap((each) => each.keys);
  assert.equal(new Set(keys).size, keys.length);
});

const split = (size: number, factor = 1, full = size): Split => (
  { size, step: size, gap: 0, parts: 1, full, fullStep: full, factor });
const matrix = (path: string, name: string, h: number, w: number, more: Partial<Matrix> = {}): Matrix =>
  ({ path, name, h, w,
  rows: split(h), cols: split(w), left: null, right: null, chain: [], rowLabels: null, colLabels: null, remark: "",
    ...more } as Matrix);
const shown = (of: Matrix, values: number[], visible: number[] | null = null): Shown => ({ matrix: of,
  values: Float32Array.from(values), visible: visible && Uint8Array.from(visible), lit: null, floor: 0, version: 0,
  changed: { top: 0, bottom: 0, left: 0, right: 0 } });

const [left, right] = [matrix("root.left", "L", 1, 2), matrix("root.right", "R", 2, 1)];
const product = matrix("root", "P", 1, 1, { left: "root.left", right: "root.right", rowLabels: [" cat"] });
const page = { members: [{ matrices: [left, right, product] }] } as unknown as Page;
const state = (visible: number[] | null): State =>
  ({ step: 1, insides: [], matrices: new Map([["root.left", shown(left, [2, -1])],
  ["root.right", shown(right, [3, 4])], ["root", shown(product, [2], visible)]]) });
const hit = { member: 0, path: "root", inside: null, row: 0, col: 0 };
const track: Track = { algorithm: "vvprod", walks: "k", fuse: "none", hideInputs: false, count: 2, done: 2,
  runs: [[0, 2, 0]],
  inside: { low: 0, high: 1 }, partials: null };

test("an element says its place, its value, what made it, and the terms of its sum", () => {
  const told = describe(page, hit, state(null), track)!;
  assert.equal(told.name + told.index, "P[0, 0]");
  assert.equal(told.value, "2");
  assert.deepEqual(told.lines, [["row", "0  “cat”"], ["column", "0"], ["=", "row 0 of L · column 0 of R"],
    ["in the end", "2·3 + (−1)·4 = 2"],
    ["step", "a partial sum: 2 of 2 terms"]]);
  assert.equal(describe(page, hit, state([0]), null)!.value, "not yet computed");
  assert.equal(describe(page, { ...hit, path: "root.up" }, state(null), null), null);
  assert.equal(describe(page, { ...hit, row: 9 }, state(null), null), null);
});

test("what a sum will be is not told before its factors are there", () => {
  const factor = { ...left, left: "root.left.left", right: "root.left.right" };
  const chained = { members: [{ matrices: [factor, right, product] }] } as unknown as Page;
  const labels = (of: Track, step: number): string[] =>
    describe(chained, hit, { ...state(null), step }, of)!.lines.map(([label]) => label);
  const later = { ...track, done: 9, runs: [[5, 2, 0]] as Track["runs"] };
  assert.deepEqual(labels(later, 1), ["row", "column", "=", "step"]);
  assert.deepEqual(labels(later, 5), ["row", "column", "=", "in the end", "step"]);
  assert.deepEqual(labels({ ...later, fuse: "sync" }, 5), ["row", "column", "=", "all terms", "step"]);
  assert.deepEqual(labels(later, 9), ["row", "column", "=", "="]);
});

test("long sums are cut, and what is done to them is written as it is done", () => {
  const many = Array.from({ length: 30 }, (_, at) => at + 1);
  const long = [matrix("root.left", "L", 1, 30), matrix("root.right", "R", 30, 1)] as const;
  const states: State = { step: 0, insides: [], matrices: new Map([["root.left", shown(long[0], many)],
    ["root.right", shown(long[1], many.map(() => 1))], ["root", shown(product, [465])]]) };
  assert.equal(describe(page, hit, states, null)!.lines[3]![1], "1·1 + 2·1 + 3·1 + 4·1 + … = 465");
  const chain = [{ name: "div", scalar: 4, matrix: null, numbers: [] },
    { name: "tril", scalar: null, matrix: null, numbers: [] },
    { name: "softmax", scalar: null, matrix: null, numbers: [] }];
  assert.equal(epilog(matrix("root", "P", 1, 1, { chain }), "q · k"), "softmax(tril((q · k) / 4))");
});

test("a cell says its true rows and columns, and what it is", () => {
  const cells = matrix("root", "W", 3, 2,
    { rows: split(3, 16, 40), cols: split(2, 16, 20), remark: "max |x| over 16 × 16" });
  const states: State = { step: 0, insides: [], matrices: new Map([["root", shown(cells, [1, 2, 3, 4, 5, 6])]]) };
  const told = describe(page, { ...hit, row: 2, col: 0 }, states, null)!;
  assert.equal(told.index, "[32:40, 0:16]");
  assert.deepEqual(told.lines, [["row", "32 to 39"], ["column", "0 to 15"], ["cell", "max |x| over 16 × 16"]]);
  assert.deepEqual(span(split(3, 16, 40), 2), [32, 40]);
});

test("a still is called after its title", () => {
  assert.equal(fileName("Q @ K.T / √d: “é”"), "Q-K-T-d-e.png");
  assert.equal(fileName("日本"), "picture.png");
});
