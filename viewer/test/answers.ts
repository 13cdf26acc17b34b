/**
 * Answers for tests in Python, a line of JSON in, a line of JSON out; arrays are base64 of little-endian numbers.
 *
 * - `{ file, steps, member }`, a page's HTML, the steps to ask for, in that order, and of which member: what
 *   `window.mm.elements` would answer. Out: `{ count, pitch, steps }`: of each step, by path (and path + ":sweep"), the
 *   elements that are drawn.
 * - `{ chain, h, w, data }`: an epilog over a matrix of float64. Out: `{ data }`.
 * - `{ viz, scale, course, map, values }`: float32 values. Out: `{ painted, edges, exactEdges, exactColours }`.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Appearance } from "../src/appearance.ts";
import { numbers, unpack } from "../src/data.ts";
import { elements, SWEEP } from "../src/elements.ts";
import type { ColourMap, Course, EpilogStep, Page, Scale, Viz } from "../src/format.ts";
import { apply } from "../src/sweep/epilogs.ts";
import { Film } from "../src/sweep/film.ts";

interface OfPage { file: string; steps: number[] | null; member: number }
interface OfEpilog { chain: EpilogStep[]; h: number; w: number; data: string }
interface OfLooks { viz: Viz; scale: Scale; course: Course; map: ColourMap | null; values: string }

async function ofPage({ file, steps, member: number }: OfPage): Promise<unknown> {
  const html = readFileSync(file, "utf8");
  const text = (id: string) => html.match(new RegExp(`id="${id}">([^<]*)<`))![1]!;
  const page = JSON.parse(text("mm-page")) as Page;
  const data = await unpack(text("mm-data"), page.bytes);
  const member = page.members[number]!;
  const held = new Map(member.matrices.map(matrix => [matrix.path, numbers(data, matrix.values)]));
  const film = new Film(member, path => held.get(path)!, member.variants[member.start] ?? null);
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
  const x = new Float64Array(bytes(data));
  apply(chain, { h, w, data: x });
  return { data: encoded(x) };
}

function ofLooks({ viz, scale, course, map, values }: OfLooks): unknown {
  const appearance = new Appearance(viz, scale, course, map);
  const x = new Float32Array(bytes(values));
  const painted = new Uint8Array(4 * x.length);
  const edges = new Float32Array(x.length);
  appearance.paint(x, null, 0, painted, edges);
  return { painted: encoded(painted), edges: encoded(edges),
           exactEdges: encoded(Float64Array.from(x, value => appearance.edge(value))),
           exactColours: encoded(Float64Array.from([...x].flatMap(value => appearance.srgb(value)))) };
}

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
