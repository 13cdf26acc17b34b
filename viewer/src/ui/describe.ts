/** What is said of an element: its name, place and value, what made it, and how far the sweep has come with it. */
import type { EpilogStep, Matrix, Member, Page, Track } from "../format.ts";
import { cursorAt } from "../sweep/schedule.ts";
import type { Inside, Shown, State } from "../sweep/state.ts";
import { tell } from "./numerals.ts";
import { span } from "./slabs.ts";

/** An element that is pointed at. `inside`: index into the state's insides, or null for one of a matrix. */
export interface Hit { member: number; path: string; inside: number | null; row: number; col: number }

/** `name`: to be typeset; `index`: behind it; `lines`: a label (may be empty) and what it says. */
export interface Told { name: string; index: string; value: string; lines: [label: string, text: string][] }

const TERMS = 4;  // of a sum that are written out
const SIGNS: Record<string, string> = { mul: "·", div: "/", add: "+" };

/** What is said of an element at a step; null where it is not shown. */
export function describe(page: Page, hit: Hit, state: State, track: Track | null): Told | null {
  const member = page.members[hit.member];
  if (!member) return null;
  if (hit.inside !== null) {
    const inside = state.insides[hit.inside];
    return inside && inside.path === hit.path ? ofInside(member, inside, hit, state) : null;
  }
  const shown = state.matrices.get(hit.path);
  if (!shown || hit.row >= shown.matrix.h || hit.col >= shown.matrix.w) return null;
  return ofMatrix(member, shown, hit, state, track);
}

function ofMatrix(member: Member, shown: Shown, { row, col }: Hit, state: State, track: Track | null): Told {
  const { matrix } = shown, at = row * matrix.w + col, lines: Told["lines"] = [];
  const there = !shown.visible || !!shown.visible[at];
  const reduced = matrix.rows.factor > 1 || matrix.cols.factor > 1;
  lines.push(["row", sideOf(matrix.rowLabels, matrix, "rows", row)],
    ["column", sideOf(matrix.colLabels, matrix, "cols", col)]);
  if (reduced && matrix.remark) lines.push(["cell", matrix.remark]);
  const progress = track && !reduced ? sweeping(track, state.step, there) : null;
  const sum = progress ? wholeSum(member, matrix, track!, state.step) : matrix.chain.length ? "sum" : "=";
  if (!reduced) lines.push(...made(member, matrix, row, col, state, sum));
  if (progress) lines.push(["step", progress]);
  return { name: matrix.name, index: `[${indexOf(matrix, "rows", row)}, ${indexOf(matrix, "cols", col)}]`, lines,
    value: there ? tell(shown.values[at]!) : "not yet computed" };
}

/** A cell's rows are written as Python's slices. */
function indexOf(matrix: Matrix, side: "rows" | "cols", at: number): string {
  const [first, end] = span(matrix[side], at);
  return end - first > 1 ? `${first}:${end}` : `${first}`;
}

function sideOf(labels: string[] | null, matrix: Matrix, side: "rows" | "cols", at: number): string {
  const [first, end] = span(matrix[side], at), label = labels?.[at];
  const text = end - first > 1 ? `${first} to ${end - 1}` : `${first}`;
  return label === undefined ? text : `${text}  “${label.trim() || label}”`;
}

/** What all terms make is called while a sweep is under way; null where it has not begun and waits for its factors. */
function wholeSum(member: Member, { left, right }: Matrix, track: Track, step: number): string | null {
  const ofProducts = member.matrices.some((each) => each.left !== null && (each.path === left || each.path === right));
  if (!ofProducts) return "in the end";
  return cursorAt(track, step) < 0 ? null : track.fuse === "none" ? "in the end" : "all terms";
}

/** Of a result, the row and the column that made it, and, called `label`, the first terms of their product. */
function made(member: Member, matrix: Matrix, row: number, col: number, state: State,
  label: string | null): Told["lines"] {
  const left = matrix.left === null ? undefined : state.matrices.get(matrix.left);
  const right = matrix.right === null ? undefined : state.matrices.get(matrix.right);
  if (!left || !right) return [];
  const names = [nameOf(member, left.matrix), nameOf(member, right.matrix)];
  const out: Told["lines"] = [["=", epilog(matrix, `row ${row} of ${names[0]} · column ${col} of ${names[1]}`)]];
  const terms = left.matrix.cols.factor === 1 && right.matrix.rows.factor === 1 ? sumOf(left, right, row, col) : null;
  if (terms && label !== null) out.push([label, terms]);
  return out;
}

function nameOf(member: Member, { name, path }: Matrix): string {
  return name || (member.matrices.length > 1 ? path : "the matrix");
}

/** What a chain of steps makes of a product. */
export function epilog({ chain }: Matrix, product: string): string {
  return chain.reduce((text, step) => stepped(step, text), product);
}

function stepped({ name, scalar, matrix, numbers }: EpilogStep, text: string): string {
  const sign = SIGNS[name], other = matrix ?? scalar;
  if (name === "square") return `(${text})²`;
  if (sign === undefined) {
    return `${name.replace(/_(rows|cols)$/, "")}(${[text, ...numbers.map((x) => tell(x, 4))].join(", ")})`;
  }
  const inner = sign !== "+" && !/^\w+\(.*\)$/.test(text) ? `(${text})` : text;
  return `${inner} ${sign} ${typeof other === "number" ? tell(other, 4) : other}`;
}

/** The first terms of a dot product, and what it is: `2·3 + 1·4 + … = 10`. */
export function sumOf(left: Shown, right: Shown, row: number, col: number): string | null {
  const inner = left.matrix.w, terms: string[] = [];
  if (right.matrix.h !== inner) return null;
  let sum = 0;
  for (let k = 0; k < inner; k++) {
    const a = left.values[row * inner + k]!, b = right.values[k * right.matrix.w + col]!;
    sum += a * b;
    if (k < TERMS || (k === TERMS && inner === TERMS + 1)) terms.push(`${factor(a)}·${factor(b)}`);
  }
  if (inner > terms.length) terms.push("…");
  return `${terms.join(" + ")} = ${tell(sum, 6)}`;
}

const factor = (x: number): string => (x < 0 ? `(${tell(x, 3)})` : tell(x, 3));

/** What moves in a box: a product of two elements, or a sum of some. */
function ofInside(member: Member, inside: Inside, { row, col }: Hit, state: State): Told | null {
  const at = row * inside.w + col;
  if (row >= inside.h || col >= inside.w || (inside.visible && !inside.visible[at])) return null;
  const { matrix } = inside, [i, k, j] = inside.indices(row, col), value = tell(inside.values[at]!);
  const left = matrix.left === null ? undefined : state.matrices.get(matrix.left);
  const right = matrix.right === null ? undefined : state.matrices.get(matrix.right);
  const index = `[${[i, j].map((each) => (each < 0 ? "·" : each)).join(", ")}]`;
  if (k < 0 || !left || !right) return { name: matrix.name, index, value, lines: [["", "a part of its sum"]] };
  const names = [nameOf(member, left.matrix), nameOf(member, right.matrix)];
  const lines: Told["lines"] = [["=", `${names[0]}[${i}, ${k}] · ${names[1]}[${k}, ${j}]`]];
  const a = left.values[i * left.matrix.w + k], b = right.values[k * right.matrix.w + j];
  if (left.matrix.cols.factor === 1 && a !== undefined
    && b !== undefined) lines.push(["=", `${factor(a)} · ${factor(b)}`]);
  return { name: matrix.name, index: `${index}, term ${k}`, value, lines };
}

function sweeping(track: Track, step: number, there: boolean): string | null {
  const cursor = cursorAt(track, step);
  if (cursor >= track.count) return null;
  if (cursor < 0) return "its sweep has not begun";
  if (!track.walks.endsWith("k")) return there ? null : `its sweep is at ${cursor + 1} of ${track.count}`;
  return track.walks === "k" ? `a partial sum: ${cursor + 1} of ${track.count} terms`
    : `its sweep is at ${cursor + 1} of ${track.count}`;
}
