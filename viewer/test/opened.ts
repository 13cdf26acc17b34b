/** A page as node reads it. */
import { readFileSync } from "node:fs";
import { unpack } from "../src/data.ts";
import type { Page } from "../src/format.ts";

/** What a page's file holds, its data unpacked. */
export async function opened(file: string): Promise<{ page: Page; data: Uint8Array }> {
  const html = readFileSync(file, "utf8");
  const page = JSON.parse(html.match(/id="mm-page">([^<]*)</)![1]!) as Page;
  const pieces = Array.from(html.matchAll(/class="mm-data">([^<]*)</g), (found) => found[1]!);
  return { page, data: await unpack(pieces, page.bytes) };
}
