/** Stills: the picture with its lettering as a PNG file, and texts for the clipboard. */
import type { Stage } from "./stage.ts";

const FINE = 2; // pixels of a still for one of the screen, at least

/** Save what is seen. `letter` draws the lettering on `canvas`, for so many pixels, finer by a ratio. Gives what to say
 * of it. */
export async function stillOf(stage: Stage, root: HTMLElement,
  letter: (width: number, height: number, ratio: number) => void,
  canvas: HTMLCanvasElement): Promise<string> {
  const { clientWidth: width, clientHeight: height } = root, ratio = Math.max(window.devicePixelRatio || 1, FINE);
  try {
    const picture = await createImageBitmap(
      await stage.picture.still(Math.round(width * ratio), Math.round(height * ratio)));
    letter(width, height, ratio);
    save(await stacked([picture, canvas]), fileName(stage.page.title));
    return "Saved a still of what is seen.";
  } catch (error) {
    return `No still could be saved: ${error instanceof Error ? error.message : String(error)}.`;
  }
}

/** Pictures of one size, one over the other, as a PNG. */
function stacked(pictures: (HTMLCanvasElement | ImageBitmap)[]): Promise<Blob> {
  const [first] = pictures as [HTMLCanvasElement | ImageBitmap], out = document.createElement("canvas");
  [out.width, out.height] = [first.width, first.height];
  const on = out.getContext("2d")!;
  for (const picture of pictures) on.drawImage(picture, 0, 0, out.width, out.height);
  return new Promise((done, failed) => {
    out.toBlob((blob) => (blob ? done(blob) : failed(new Error("the browser made no PNG of it"))), "image/png");
  });
}

/** Let a person save a file. */
function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A title as the name of a file. */
export function fileName(title: string): string {
  const name = title.normalize("NFKD").replace(/[^\w]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60);
  return `${name || "picture"}.png`;
}

/** Copy a text, also where pages that were opened from a file may not ask the clipboard. Gives what to say of it. */
export async function copy(text: string, told: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return told;
  } catch {
    const field = document.createElement("textarea"), before = document.activeElement;
    field.value = text;
    field.className = "mm-hidden";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (before instanceof HTMLElement) before.focus();
    return done ? told : "This browser does not let the page copy.";
  }
}
