/** Stills: the picture with its lettering as a PNG file, and texts for the clipboard. */

/** Pictures of one size, one over the other, as a PNG. */
export function stacked(pictures: (HTMLCanvasElement | ImageBitmap)[]): Promise<Blob> {
  const [first] = pictures as [HTMLCanvasElement | ImageBitmap], out = document.createElement("canvas");
  [out.width, out.height] = [first.width, first.height];
  const on = out.getContext("2d")!;
  for (const picture of pictures) on.drawImage(picture, 0, 0, out.width, out.height);
  return new Promise((done, failed) => {
    out.toBlob((blob) => (blob ? done(blob) : failed(new Error("the browser made no PNG of it"))), "image/png");
  });
}

/** Let a person save a file. */
export function save(blob: Blob, name: string): void {
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

/** Copy a text, also where pages that were opened from a file may not ask the clipboard. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea"), before = document.activeElement;
    field.value = text;
    field.className = "mm-hidden";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (before instanceof HTMLElement) before.focus();
    return done;
  }
}
