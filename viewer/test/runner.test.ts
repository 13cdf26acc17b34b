import assert from "node:assert/strict";
import { test } from "node:test";

import { isLit } from "../src/sweep/state.ts";

test("an element is lit where its row and column, in their blocks, are those of the step", () => {
  assert.ok(isLit({ row: 1, rowStep: 3, col: -1, colStep: 1 }, 4, 7));
  assert.ok(!isLit({ row: 1, rowStep: 3, col: 2, colStep: 4 }, 4, 7));
  assert.ok(!isLit(null, 0, 0));
});
