/** Idle: the controls are there while a hand moves or the focus is in them, and fade when nobody needs them. */
const REST = 3500; // milliseconds

export class Idle {
  private timer = 0;

  constructor(private readonly root: HTMLElement, private readonly kept: HTMLElement) {
    for (const kind of ["pointermove", "pointerdown", "focusin"]) root.addEventListener(kind, () => this.wake());
    root.addEventListener("pointerleave", () => this.rest());
    this.wake();
  }

  wake(): void {
    this.root.classList.add("mm-awake");
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.rest(), REST);
  }

  private rest(): void {
    if (!this.kept.matches(":hover, :focus-within")) this.root.classList.remove("mm-awake");
  }
}
