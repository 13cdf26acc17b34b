/** Letters: the typeface that pictures are lettered in travels with the viewer, since a page asks nothing of any
 * network. */
import bytes from "../../../mm_blender/lettering/typefaces/Inter-mm.ttf";
import { FAMILY } from "./lettering.ts";

/** Make the typeface known, once it is read. A browser that cannot takes its own. */
export async function loadLetters(): Promise<void> {
  const name = FAMILY.split(",")[0]!.replaceAll("\"", "");
  try {
    document.fonts.add(await new FontFace(name, bytes.buffer as ArrayBuffer, { weight: "400" }).load());
  } catch { /* the next family of the list is there */ }
}
