/** The page's data: what Python packs comes back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { half, numbers, unpack } from "../src/data.ts";

const packed = (bytes: Uint8Array) => [deflateSync(bytes).toString("base64")];

/** The bytes of `values` in planes. */
function planes(values: Float32Array | Uint16Array): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const width = values.BYTES_PER_ELEMENT;
  return Uint8Array.from(bytes, (_, at) => bytes[(at % values.length) * width + Math.floor(at / values.length)]!);
}

test("what was packed is unpacked", async () => {
  const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => (at * at) % 251);
  assert.deepEqual(await unpack(packed(bytes), bytes.length), bytes);
  assert.deepEqual(await unpack(packed(new Uint8Array(0)), 0), new Uint8Array(0));
});

test("pieces are unpacked as they come, and it is told how much of all has", async () => {
  const bytes = Uint8Array.from({ length: 200_000 }, (_, at) => 256 * ((at * at * 0.6180339887) % 1)),
    [all] = packed(bytes) as [string];
  let sent = 0;
  const pieces = async function* (): AsyncGenerator<string> {
    for (let at = 0; at < all.length; at += 4096, sent++) yield all.slice(at, at + 4096);
  };
  const told: number[] = [], seen: number[] = [];
  assert.deepEqual(await unpack(pieces(), bytes.length, (share) => { told.push(share); seen.push(sent); }), bytes);
  assert.equal(told[told.length - 1], 1);
  assert.ok(told.every((share, at) => share > (told[at - 1] ?? 0)));
  assert.ok(seen[0]! < sent, "before the last has come");
});

test("what is wrong with a piece is told", async () => {
  const bytes = new Uint8Array(1000).fill(7), [all] = packed(bytes) as [string];
  await assert.rejects(unpack(["AAAA", all], 1000));
  await assert.rejects(unpack([all.slice(0, 4), "!!!!"], 1000));
});

test("data that are cut, or longer than the page says, are refused", async () => {
  const bytes = new Uint8Array(1000).fill(7);
  await assert.rejects(unpack(packed(bytes), 1001), /cut/);
  await assert.rejects(unpack(packed(bytes), 999), /longer/);
  await assert.rejects(unpack([packed(bytes)[0]!.slice(0, 8)], 1000));
  assert.throws(() => numbers(bytes, { kind: "half", offset: 900, length: 51, scale: 1, error: 0 }), /cut/);
});

test("float32 numbers come back bit by bit", () => {
  const values = Float32Array.of(0, -0, 1, -2.5, 3e38, 1e-45, Infinity, -Infinity, NaN);
  const data = new Uint8Array(values.byteLength + 5);
  data.set(planes(values), 5);
  const back = numbers(data, { kind: "float32", offset: 5, length: values.length, scale: 1, error: 0 });
  assert.deepEqual(new Uint32Array(back.buffer), new Uint32Array(values.buffer));
});

test("a half is what IEEE says", () => {
  const known: [number, number][] = [[0x3c00, 1], [0xc000, -2], [0x7bff, 65504], [0x0400, 2 ** -14], [0x0001, 2 ** -24],
    [0x7c00, Infinity], [0xfc00, -Infinity], [0x3555, 0.333251953125], [0x03ff, 1023 * 2 ** -24]];
  for (const [bits, value] of known) assert.equal(half(bits), value);
  assert.ok(Number.isNaN(half(0x7e00)) && Object.is(half(0x8000), -0));
});

test("halves come back times their scale", () => {
  const bits = Uint16Array.of(0x3c00, 0xc000, 0x7c00, 0x0001, 0x8001);
  const back = numbers(planes(bits), { kind: "half", offset: 0, length: 5, scale: 2 ** -10, error: 0 });
  assert.deepEqual([...back], [2 ** -10, -(2 ** -9), Infinity, 2 ** -34, -(2 ** -34)]);
});
