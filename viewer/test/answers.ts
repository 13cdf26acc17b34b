/**
 * Answers what `window.mm.elements` does, without a browser, for tests in Python: a line of JSON in, a line of JSON out.
 * In: `{ file, steps }`, a page's HTML and the steps to ask for in that order. Out: `{ count, steps }`: of each step, by path
 * (and path + ":sweep"), the elements that are drawn, arrays as base64.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { numbers, unpack } from "../src/data.ts";
import { elements, SWEEP } from "../src/elements.ts";
import type { Page } from "../src/format.ts";
import { Film } from "../src/sweep/film.ts";

interface Asked { file: string; steps: number[] | null }

async function answer({ file, steps }: Asked): Promise<unknown> {
  const html = readFileSync(file, "utf8");
  const text = (id: string) => html.match(new RegExp(`id="${id}">([^<]*)<`))![1]!;
  const page = JSON.parse(text("mm-page")) as Page;
  const data = await unpack(text("mm-data"), page.bytes);
  const member = page.members[0]!;
  const held = new Map(member.matrices.map(matrix => [matrix.path, numbers(data, matrix.values)]));
  const film = new Film(member, path => held.get(path)!, member.variants[member.start] ?? null);
  const wanted = steps ?? Array.from({ length: film.steps }, (_, step) => step);
  return {
    count: film.steps, pitch: page.pitch,
    steps: wanted.map(step => {
      const state = film.at(step);
      const paths = [...state.matrices.keys()].flatMap(path => [path, path + SWEEP]);
      return Object.fromEntries(paths.map(path => [path, encoded(elements(page, member, state, path)!)]));
    }),
  };
}

function encoded(found: object): Record<string, string> {
  return Object.fromEntries(Object.entries(found as Record<string, Float32Array>).map(([name, array]) =>
    [name, Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64")]));
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line) as Asked))}\n`);
}
