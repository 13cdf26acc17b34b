/** The page's data: base64 of zlib of bytes in planes, unpacked into arrays of numbers. */
import type { Numbers } from "./format.ts";

const TURN = 40; // milliseconds of unpacking after which the browser may do something else, such as show how far it is

/** What the page's data are once they are unpacked: `pieces` of base64, which may still be on their way, each of whole
 * bytes. `size`: how many bytes come out; `told`: hears of the share of them that has come. */
export async function unpack(pieces: Iterable<string> | AsyncIterable<string>, size: number,
  told: (share: number) => void = () => {}): Promise<Uint8Array> {
  const stream = new DecompressionStream("deflate"), reader = stream.readable.getReader();
  const fed = feed(stream.writable.getWriter(), pieces);
  fed.catch(() => {}); // what went wrong is told by reading, too
  const out = new Uint8Array(size);
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (at + value.length > size) throw new Error("the page's data are longer than the page says");
    out.set(value, at);
    at += value.length;
    told(at / size);
  }
  await fed;
  if (at !== size) throw new Error("the page's data are cut");
  return out;
}

async function feed(writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>,
  pieces: Iterable<string> | AsyncIterable<string>): Promise<void> {
  try {
    let since = performance.now();
    for await (const piece of pieces) {
      await writer.write(fromBase64(piece));
      if (performance.now() - since < TURN) continue;
      await new Promise((done) => { setTimeout(done); });
      since = performance.now();
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error);
    throw error;
  }
}

/** The numbers (float32) that `told` says lie in `data`: float32 ones bit by bit, halves times their scale. */
export function numbers(data: Uint8Array, told: Numbers): Float32Array {
  const { kind, offset, length, scale } = told;
  const width = kind === "float32" ? 4 : 2;
  if (offset + width * length > data.length) throw new Error("the page's data are cut");
  if (kind === "float32") {
    const bytes = new Uint8Array(4 * length);
    for (let plane = 0; plane < 4; plane++) {
      const first = offset + plane * length;
      const to = LITTLE ? plane : 3 - plane;
      for (let at = 0; at < length; at++) bytes[4 * at + to] = data[first + at]!;
    }
    return new Float32Array(bytes.buffer);
  }
  const table = halves();
  const out = new Float32Array(length);
  for (let at = 0; at < length; at++) {
    out[at] = table[data[offset + at]! | (data[offset + length + at]! << 8)]! * scale;
  }
  return out;
}

const LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
let table: Float32Array | null = null;

/** What each of the 65,536 halves (IEEE binary16) is. */
function halves(): Float32Array {
  if (table) return table;
  table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) table[bits] = half(bits);
  return table;
}

/** What one half is. */
export function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const own = (Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }).fromBase64;
  if (own) return own.call(Uint8Array, text);
  const letters = atob(text);
  const out = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at++) out[at] = letters.charCodeAt(at);
  return out;
}
