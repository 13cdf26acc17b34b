/** Tips: a small panel beside an element that says what it is; one that is pinned stays there. */
import { make } from "./dom.ts";
import type { Told } from "./describe.ts";
import type { Point } from "./polygons.ts";
import { name } from "./typeset.ts";

const AWAY = 16; // pixels from the element

export class Tip {
  readonly panel: HTMLElement;
  private said = "";
  /** From the element to the panel's nearest corner: which way it hangs. */
  private side = { x: 1, y: -1 };

  constructor(private readonly pinned: boolean, close?: () => void) {
    this.panel = make("div", { class: pinned ? "mm-tip mm-pinned" : "mm-tip",
      attributes: { role: pinned ? "note" : "tooltip" } });
    this.panel.hidden = true;
    if (close) {
      this.panel.addEventListener("click", (event) => {
        if ((event.target as Element).closest(".mm-close")) close();
      });
    }
  }

  get shown(): boolean { return !this.panel.hidden; }

  hide(): void {
    this.panel.hidden = true;
    this.said = "";
  }

  /** Say something beside a point of the screen, within `width` and `height`. */
  show(told: Told, at: Point, width: number, height: number): void {
    const text = JSON.stringify(told);
    if (text !== this.said) {
      this.said = text;
      this.fill(told);
    }
    this.panel.hidden = false;
    const { offsetWidth: wide, offsetHeight: high } = this.panel;
    // it changes sides only when it must, so that it does not jump while the camera turns
    if (this.side.x > 0 ? at.x + AWAY + wide > width - 8 : at.x - AWAY - wide < 8) this.side.x = at.x > width / 2 ? -1
      : 1;
    if (this.side.y > 0 ? at.y + AWAY + high > height - 8 : at.y - AWAY - high < 8) this.side.y = at.y > height / 2
      ? -1 : 1;
    const x = this.side.x > 0 ? at.x + AWAY : at.x - AWAY - wide;
    const y = this.side.y > 0 ? at.y + AWAY : at.y - AWAY - high;
    const left = Math.max(Math.min(x, width - wide - 8), 8), top = Math.max(Math.min(y, height - high - 8), 8);
    this.panel.style.setProperty("transform", `translate(${Math.round(left)}px, ${Math.round(top)}px)`);
  }

  private fill({ name: title, index, value, lines }: Told): void {
    const head = make("div", { class: "mm-head" }, typeset(title), make("span", { class: "mm-index", text: index }));
    if (this.pinned) head.append(make("button",
      { class: "mm-close", label: "Unpin", text: "×", attributes: { type: "button" } }));
    const list = make("dl", { class: "mm-lines" });
    for (const [label, text] of lines) {
      // what made it is written with the names of matrices
      list.append(make("dt", { text: label }), label === "=" ? make("dd", {}, typeset(text)) : make("dd", { text }));
    }
    this.panel.replaceChildren(head, make("div", { class: "mm-value", text: value }), list);
  }
}

/** A name as elements: subscripts and superscripts as they are written. */
export function typeset(text: string): HTMLElement {
  const out = make("span", { class: "mm-name" });
  for (const { text: letters, scale, shift } of name(text)) {
    out.append(scale === 1 ? document.createTextNode(letters) : make(shift > 0 ? "sup" : "sub", { text: letters }));
  }
  return out;
}
