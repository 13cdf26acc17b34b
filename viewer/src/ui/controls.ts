/** Controls: the bar below the picture. What it does is done by `Actions`; `show` makes it say how things stand. */
import { type IconName, button, make, rename } from "./dom.ts";

export interface Actions {
  toggle(): void; step(by: number): void; seek(step: number): void; pace(speed: number): void;
  choose(key: string): void;
  look(): void; home(): void; still(): void; share(): void; address(): void; whole(): void; numbers(): void;
  keys(): void;
  help(): void;
}
export interface Standing {
  playing: boolean; step: number; steps: number; speed: number; variant: string; dark: boolean; whole: boolean;
  numbers: boolean;
  keys: boolean;
}
export interface Offer { variants: { key: string; title: string; meaning: string; steps: number }[]; link: boolean;
  keys: boolean; whole: boolean }

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 64];

export class Controls {
  readonly bar: HTMLElement;
  private readonly slider = make("input", { class: "mm-slider", label: "Step of the sweep", attributes: {
    type: "range", min: "0", step: "1" } });
  private readonly count = make("output", { class: "mm-count" });
  private readonly speed = make("select", { class: "mm-choice mm-speed", label: "Speed", title: "Speed" });
  private readonly variant = make("select", { class: "mm-choice", label: "Algorithm", title: "Algorithm" });
  private readonly sweep: HTMLElement;
  private readonly buttons: Partial<Record<IconName, HTMLButtonElement>> = {};
  private readonly tools: HTMLElement;
  private readonly more: HTMLButtonElement;

  constructor(private readonly actions: Actions, private readonly offer: Offer) {
    const add = (name: IconName, label: string, act: () => void, key = ""): HTMLButtonElement => (
      this.buttons[name] = button(name, label, act, key));
    this.sweep = make("div", { class: "mm-sweep", attributes: { role: "group", "aria-label": "Sweep" } },
      add("play", "Play", () => actions.toggle(), "Space"), add("back", "A step back", () => actions.step(-1), ","),
      add("forward", "A step on", () => actions.step(1), "."), this.slider, this.count);
    const tools = [add("home", "Camera back to where it was", () => actions.home(), "0"),
      add("look", "Dark or paper", () => actions.look(), "d"),
      add("numbers", "Numbers on elements", () => actions.numbers(), "n"),
      ...(offer.keys ? [add("keys", "Keys of colours", () => actions.keys(), "k")] : []),
      add("still", "Save a still (PNG)", () => actions.still(), "s"),
      add("link", "Copy the address of this view", () => actions.address()),
      ...(offer.link ? [add("share", "Copy the web tool's share link", () => actions.share())] : []),
      ...(offer.whole ? [add("whole", "Full screen", () => actions.whole(), "f")] : []),
      add("help", "Keys and small print", () => actions.help(), "?")];
    this.tools = make("div", { class: "mm-tools",
      attributes: { role: "group", "aria-label": "View", id: "mm-tools" } }, ...tools);
    this.more = button("more", "More", () => this.unfold(this.more.getAttribute("aria-expanded") !== "true"));
    this.more.classList.add("mm-more");
    this.more.setAttribute("aria-expanded", "false");
    this.more.setAttribute("aria-controls", "mm-tools");
    this.bar = make("div", { class: "mm-bar", attributes: { role: "toolbar", "aria-label": "Controls" } }, this.sweep,
      make("div", { class: "mm-choices" }, this.variant, this.speed), this.more, this.tools);
    this.fill();
    this.tools.addEventListener("click", () => this.unfold(false));
  }

  private fill(): void {
    for (const { key, title, meaning } of this.offer.variants) {
      this.variant.append(make("option", { text: title === "None" ? "No sweep" : title, title: meaning,
        attributes: { value: key } }));
    }
    this.variant.hidden = this.offer.variants.length < 2;
    for (const speed of SPEEDS) {
      this.speed.append(make("option", { text: speed < 1 ? (speed === 0.5 ? "½ ×" : "¼ ×") : `${speed} ×`,
        attributes: { value: String(speed) } }));
    }
    this.slider.addEventListener("input", () => this.actions.seek(Number(this.slider.value)));
    this.speed.addEventListener("change", () => this.actions.pace(Number(this.speed.value)));
    this.variant.addEventListener("change", () => this.actions.choose(this.variant.value));
  }

  /** Open or close what the narrow bar hides. */
  unfold(open: boolean): void {
    this.more.setAttribute("aria-expanded", String(open));
    this.bar.classList.toggle("mm-open", open);
  }

  show(now: Standing): void {
    const { play, look, whole, numbers, keys, back, forward } = this.buttons, moves = now.steps > 1;
    this.bar.classList.toggle("mm-still", !moves);
    this.speed.hidden = !moves;
    this.sweep.hidden = !this.offer.variants.some(({ steps }) => steps > 1);
    this.slider.hidden = this.count.hidden = !moves;
    if (back && forward) back.hidden = forward.hidden = !moves;
    const over = now.step >= now.steps;
    if (play) {
      const rest: [IconName, string] = over && moves ? ["again", "Play again"] : ["play", "Play"];
      const [name, label] = now.playing ? ["pause", "Pause"] as const : rest;
      rename(play, name, label, "Space");
    }
    if (back) back.disabled = now.step <= 0;
    if (forward) forward.disabled = over;
    this.slider.max = String(now.steps);
    this.slider.value = String(now.step);
    this.slider.style.setProperty("--share", `${now.steps ? 100 * now.step / now.steps : 0}%`);
    const text = over ? "finished" : `step ${now.step + 1} of ${now.steps}`;
    this.slider.setAttribute("aria-valuetext", text);
    this.count.textContent = `${Math.min(now.step + 1, now.steps)} / ${now.steps}`;
    this.count.title = text;
    this.speed.value = String(now.speed);
    this.variant.value = now.variant;
    if (look) look.setAttribute("aria-pressed", String(now.dark));
    if (numbers) numbers.setAttribute("aria-pressed", String(now.numbers));
    if (keys) keys.setAttribute("aria-pressed", String(now.keys));
    if (whole) whole.setAttribute("aria-pressed", String(now.whole));
  }
}
