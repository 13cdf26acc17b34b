/** Panels: the list of keys with the small print, short notes, what is said while loading and where nothing can be
 * drawn. */
import type { Page } from "../format.ts";
import { make } from "./dom.ts";
import { SHORTCUTS } from "./keyboard.ts";

const NOTE = 4000; // milliseconds that a note stays
const LOST = "The browser has taken the graphics card away from this page. If the picture does not come back, load it "
  + "anew.";
const PATIENCE = 350; // milliseconds in which nobody asks what a page is doing

/** The list of keys, what a hand does, and the small print. */
export function helpOf(page: Page): HTMLDialogElement {
  const keys = make("dl", { class: "mm-shortcuts" });
  const rows: [string, string][] = [["drag", "turn it; with Shift or the right button, move it"],
    ["wheel, pinch", "nearer or farther"],
    ["point, tap", "read an element; a click or tap pins it"], ["arrows, + −", "turn it, nearer or farther"],
    ...SHORTCUTS.map(({ shown, does }): [string, string] => [shown, does])];
  for (const [key, does] of rows) keys.append(make("dt", { text: key }), make("dd", { text: does }));
  const close = make("button", { class: "mm-close", label: "Close", text: "×", attributes: { type: "button" } });
  const small = [page.note, page.expression && `Expression: ${page.expression}`, `Made by mm_blender ${page.version}.`];
  const dialog = make("dialog", { class: "mm-help", label: "Keys and small print" }, close,
    make("h2", { text: "Keys" }), keys,
    ...small.filter(Boolean).map((text) => make("p", { class: "mm-small", text })));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  return dialog;
}

/** Short notes that go by themselves and are read out. */
export class Notes {
  readonly place = make("div", { class: "mm-note", attributes: { role: "status", "aria-live": "polite" } });
  private timer = 0;

  /** Show a text for a while or, where it is `lasting`, until there is another. */
  say(text: string, lasting = false): void {
    this.place.textContent = text;
    this.place.classList.add("mm-said");
    clearTimeout(this.timer);
    if (!lasting) this.timer = window.setTimeout(() => this.place.classList.remove("mm-said"), NOTE);
  }
}

/** Make the picture something that the focus can go to and that says what it is, and why it is gone. */
export function present(canvas: HTMLCanvasElement, page: Page, notes: Notes): void {
  canvas.classList.add("mm-picture");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${page.title}: a picture that can be turned with the arrow keys`);
  canvas.addEventListener("webglcontextlost", () => notes.say(LOST, true));
  canvas.addEventListener("webglcontextrestored", () => notes.say("The picture is back."));
}

/** What screen readers find in place of the picture. */
export function wordsOf(page: Page): HTMLElement {
  const list = make("ul");
  for (const { matrices } of page.members) {
    for (const { name, fullH, fullW, role } of matrices) {
      const kind = role === "result" ? ", a product" : "";
      list.append(make("li", { text: `${name || "a matrix"}: ${fullH} by ${fullW}${kind}` }));
    }
  }
  return make("section", { class: "mm-hidden" }, make("h1", { text: page.title }), make("p", { text: page.caption }),
    list);
}

/** What is shown until the picture is there: how much of the page has come, where that takes long enough to be read. */
export class Loading {
  private readonly bar = make("progress", { attributes: { max: "1", value: "0" }, label: "Loading" });
  private readonly place = make("div", { class: "mm-loading" }, make("p", { text: "Unpacking …" }), this.bar);
  private readonly timer: number;

  /** `figure`: what it is shown in, and nothing else of it before all is done. */
  constructor(private readonly figure: HTMLElement) {
    this.timer = window.setTimeout(() => figure.append(this.place), PATIENCE);
  }

  /** Tell which share of the page has been unpacked. */
  tell(share: number): void { this.bar.value = share; }

  done(): void {
    clearTimeout(this.timer);
    this.place.remove();
    this.figure.classList.remove("mm-opening");
  }
}

/** What stands in place of the picture where it cannot be drawn: why, and the picture that came with the page. */
export function instead(page: Page | null, why: string): HTMLElement {
  const out = make("div", { class: "mm-instead" }, make("p", { text: why, attributes: { role: "alert" } }));
  if (page?.title) out.prepend(make("h1", { text: page.title }));
  if (page?.picture?.startsWith("data:image/")) {
    out.append(make("img", { attributes: { src: page.picture, alt: `A still of ${page.title || "the picture"}` } }));
  }
  if (page) out.append(wordsList(page));
  return out;
}

function wordsList(page: Page): HTMLElement {
  const words = wordsOf(page);
  words.className = page.picture ? "mm-hidden" : "mm-plain";
  return words;
}
