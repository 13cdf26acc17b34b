/**
 * Answers for tests in Python, a line of JSON in, a line of JSON out; arrays are base64 of little-endian numbers.
 *
 * - `{ file, steps, member, variant }`, a page's HTML, the steps to ask for, in that order, of which member, and by
 *   which way to sweep (null: that which is shown first): what `window.mm.elements` would answer. Out:
 *   `{ count, pitch, steps }`: of each step, by path (and path + ":sweep"), the elements that are drawn.
 * - `{ chain, h, w, data }`: an epilog over a matrix of float64. Out: `{ data }`, null where sums are shown bare.
 * - `{ viz, scale, course, map, values }`: float32 values. Out: `{ edges, colours }`, and the texels
 *   that are drawn: `baked`.
 */
import { createInterface } from "node:readline";
import { Appearance } from "../src/appearance.ts";
import { numbers } from "../src/data.ts";
import { elements, SWEEP } from "../src/elements.ts";
import type { ColourMap, Course, EpilogStep, Look, Scale, Viz } from "../src/format.ts";
import { Palette, Pictures, Swatches } from "../src/render/bake.ts";
import { apply, finishesSums } from "../src/sweep/epilogs.ts";
import { Film } from "../src/sweep/film.ts";
import { opened } from "./opened.ts";

interface OfPage { file: string; steps: number[] | null; member: number; variant: string | null }
interface OfEpilog { chain: EpilogStep[]; h: number; w: number; data: string }
interface OfLooks { viz: Viz; scale: Scale; course: Course; map: ColourMap | null; values: string }

async function ofPage({ file, steps, member: number, variant: key }: OfPage): Promise<unknown> {
  const { page, data } = await opened(file);
  const member = page.members[number]!;
  const held = new Map(member.matrices.map(matrix => [matrix.path, numbers(data, matrix.values)]));
  const variant = key === null ? member.variants[member.start] : member.variants.find(each => each.key === key);
  const film = new Film(member, path => held.get(path)!, variant!);
  const wanted = steps ?? Array.from({ length: film.steps }, (_, step) => step);
  return {
    count: film.steps, pitch: page.pitch,
    steps: wanted.map(step => {
      const state = film.at(step);
      const paths = [...state.matrices.keys()].flatMap(path => [path, path + SWEEP]);
      return Object.fromEntries(paths.map(path => [path, encodedAll(elements(page, member, state, path)!)]));
    }),
  };
}

function ofEpilog({ chain, h, w, data }: OfEpilog): unknown {
  if (!finishesSums(chain)) return { data: null };
  const x = new Float64Array(bytes(data));
  apply(chain, { h, w, data: x });
  return { data: encoded(x) };
}

function ofLooks({ viz, scale, course, map, values }: OfLooks): unknown {
  const appearance = new Appearance(viz, scale, course, map);
  const x = new Float32Array(bytes(values));
  const pictures = new Pictures(x.length, 1);
  const drawn = { values: x, visible: null, floor: 0, lit: null }, { texels } = pictures.approach();
  pictures.bake({ row: 0, col: 0, h: 1, w: x.length }, drawn, new Palette(new Swatches(viz, course, map, PLAIN), scale),
                { row: 0, col: 0 }, x.length);
  return { baked: encoded(texels), edges: encoded(Float64Array.from(x, value => appearance.edge(value))),
           colours: encoded(Float64Array.from([...x].flatMap(value => appearance.srgb(value)))) };
}

/** A look that changes no colours. */
const PLAIN: Look = {
  name: "", dark: true, lit: false, ground: [0, 0, 0], text: [1, 1, 1], line: [1, 1, 1], leftVane: [1, 1, 1, 1],
  rightVane: [1, 1, 1, 1], accent: null, saturation: 1, map: null, ambient: 1, suns: [], glow: 0, highlightGlow: 0,
  shadow: 0, drawn: null,
};

function bytes(text: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(text, "base64")).buffer;
}

function encoded(array: ArrayBufferView): string {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");
}

function encodedAll(found: object): Record<string, string> {
  return Object.fromEntries(Object.entries(found as Record<string, Float32Array>).map(([name, array]) =>
    [name, encoded(array)]));
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line) as OfPage | OfEpilog | OfLooks;
  const answer = "file" in asked ? await ofPage(asked) : "chain" in asked ? ofEpilog(asked) : ofLooks(asked);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
