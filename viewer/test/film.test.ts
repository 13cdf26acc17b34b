import assert from "node:assert/strict";
import { test } from "node:test";

import { Film } from "../src/sweep/film.ts";
import { isLit, type State } from "../src/sweep/state.ts";
import { product, step, type Made } from "./made.ts";

const WALKS = ["i", "j", "k", "ij", "ji", "jk", "ik"];
const CHAINS = [[], [step("gelu")], [step("div", 2), step("softmax")], [step("layernorm")]];
const MADE: [name: string, made: () => Made][] = WALKS.flatMap(walks => [1, 2, 3].flatMap(blocks => CHAINS.map(chain =>
  [`${walks} in ${blocks} blocks under ${chain.map(each => each.name).join()}`,
   () => product(walks, { blocks, chain })] as [string, () => Made])));

/** All that a state says, copied. */
function copied(state: State) {
  return {
    matrices: [...state.matrices.values()].map(({ values, visible, lit, floor }) => (
      { values: values.slice(), visible: visible?.slice() ?? null, lit, floor })),
    insides: state.insides.map(({ kind, frame, rows, cols, values, visible }) => (
      { kind, frame: frame.slice(), rows: rows.slice(), cols, visible: visible?.slice() ?? null,
        values: values.map((value, at) => visible?.[at] === 0 ? 0 : value) })),
  };
}

function film({ member, values, variant }: Made): Film {
  return new Film(member, values, variant);
}

/** The steps -1 to `steps`, in an order that jumps. */
function jumbled(steps: number): number[] {
  const all = Array.from({ length: steps + 2 }, (_, at) => at - 1);
  return all.map((_, at) => all[(at * 7 + 3) % all.length]!).concat(all.reverse());
}

for (const [name, made] of MADE) {
  test(`any step is the same whichever comes before it: ${name}`, () => {
    const forward = film(made());
    const wanted = new Map<number, unknown>();
    for (let at = -1; at <= forward.steps; at++) wanted.set(at, copied(forward.at(at)));
    const jumping = film(made());
    for (const at of jumbled(forward.steps)) assert.deepEqual(copied(jumping.at(at)), wanted.get(at), `step ${at}`);
  });

  test(`what changes is told: ${name}`, () => {
    const played = film(made());
    let before = copied(played.at(-1));
    let versions = [...played.at(-1).matrices.values()].map(shown => shown.version);
    for (const at of [...jumbled(played.steps), 0, 1, 2, 3]) {
      const state = played.at(at);
      const after = copied(state);
      [...state.matrices.values()].forEach((shown, number) => {
        const told = shown.version !== versions[number];
        const { top, bottom, left, right } = shown.changed;
        const { h, w } = shown.matrix;
        for (let element = 0; element < h * w; element++) {
          const same = (["values", "visible"] as const).every(
            key => (before.matrices[number]![key]?.[element] ?? 1) === (after.matrices[number]![key]?.[element] ?? 1));
          const [row, col] = [Math.floor(element / w), element % w];
          assert.ok(same || told && row >= top && row < bottom && col >= left && col < right, `${at} ${element}`);
        }
        assert.ok(shown.version - versions[number]! <= 1);
      });
      versions = [...state.matrices.values()].map(shown => shown.version);
      before = after;
    }
  });
}

test("steps of a sweep use the arrays of the step before", () => {
  for (const walks of WALKS) {
    const played = film(product(walks, { blocks: 2 }));
    const arrays = (state: State) => state.insides.flatMap(({ values, frame, rows }) => [values, frame, rows]);
    const before = arrays(played.at(0));
    const after = arrays(played.at(1));
    assert.ok(before.length && before.every((array, at) => array === after[at]), walks);
  }
});

test("large sums are gone back to from what was kept", () => {
  const made = product("k", { h: 64, d: 4500, w: 64 });
  const played = film(made);
  played.at(4499);
  const root = (found: Film, at: number) => found.at(at).matrices.get("root")!.values.slice();
  for (const at of [4498, 3000, 2999, 10, 2815]) assert.deepEqual(root(played, at), root(film(made), at), `step ${at}`);
});

test("before the sweep its result is hidden, after it all is as without one", () => {
  for (const walks of WALKS) {
    const made = product(walks, { blocks: 1 });
    const still = new Film(made.member, made.values, null).at(0);
    const played = film(made);
    assert.ok(played.at(-1).matrices.get("root")!.visible!.every(shown => shown === 0));
    const end = played.at(played.steps);
    assert.deepEqual(copied(end), copied(still));
    assert.equal(end.insides.length, 0);
  }
});

test("an element is lit where its row and column, in their blocks, are those of the step", () => {
  assert.ok(isLit({ row: 1, rowStep: 3, col: -1, colStep: 1 }, 4, 7));
  assert.ok(!isLit({ row: 1, rowStep: 3, col: 2, colStep: 4 }, 4, 7));
  assert.ok(!isLit(null, 0, 0));
});

test("what moves tells which products it shows", () => {
  for (const walks of WALKS) {
    const made = product(walks, { blocks: 2 });
    const [left, right] = [made.values("root.left"), made.values("root.right")];
    for (const inside of film(made).at(1).insides.filter(each => each.kind !== "partial")) {
      for (let at = 0; at < inside.values.length; at++) {
        const [i, k, j] = inside.indices(Math.floor(at / inside.w), at % inside.w);
        assert.equal(inside.values[at], Math.fround(left[i * 4 + k]! * right[k * 6 + j]!), walks);
      }
    }
  }
});
