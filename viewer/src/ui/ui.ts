/** The page in a person's hands: the picture, its lettering, the controls, what is pointed at and pinned, the address.
 */
import type { Camera } from "../format.ts";
import { dress } from "./colours.ts";
import { type Actions, Controls } from "./controls.ts";
import type { Hit } from "./describe.ts";
import { make, onResize } from "./dom.ts";
import { Idle } from "./idle.ts";
import { type KeyActions, pressed } from "./keyboard.ts";
import { Lettering, type Shown } from "./lettering.ts";
import { Memory } from "./memory.ts";
import { Notes, helpOf, present, wordsOf } from "./panels.ts";
import { Pins } from "./pins.ts";
import { Player } from "./player.ts";
import { leaveWheel, listen } from "./pointing.ts";
import type { Point } from "./polygons.ts";
import { Sight } from "./sight.ts";
import type { Stage } from "./stage.ts";
import { copy, stillOf } from "./still.ts";

const SAME_FRAME = 4; // milliseconds
const REST = 140;     // milliseconds after which a camera that was moved rests
const BAR = 44;       // pixels below that the controls take

export class Ui implements Actions, KeyActions {
  private readonly lettering: Lettering;
  private readonly controls: Controls;
  private readonly player: Player;
  private readonly notes = new Notes();
  private readonly helping: HTMLDialogElement;
  private readonly pins: Pins;
  private readonly memory: Memory;
  private readonly idle: Idle;
  private readonly pointing?: { again(): void };
  private readonly shows: { numbers: boolean; keys: boolean; sizes: boolean };
  private start: Camera;
  private fitted = "";       // the shape of screen that the camera was placed for
  private moved = false;     // whether a hand has moved the camera from where it was
  private asked = false;
  private restsAt = 0;       // until when the camera counts as moving
  private resting = 0;
  private drawn = 0;         // when what lies over the picture was last drawn,
  private stale = true;      // and whether anything of it is other now

  constructor(private readonly root: HTMLElement, private readonly stage: Stage) {
    const { page, picture } = stage;
    this.shows = { numbers: page.showNumbers, keys: page.showKeys, sizes: false };
    this.player = new Player(page.stepSeconds);
    this.helping = helpOf(page);
    this.controls = new Controls(this, { variants: stage.variants, link: !!page.link, keys: page.keys.length > 0,
      whole: document.fullscreenEnabled });
    this.pins = new Pins(stage, () => this.unpin());
    this.memory = new Memory(stage, () => ({ camera: this.moved ? picture.camera : null, pin: this.pins.pin }));
    this.lettering = new Lettering(page,
      make("canvas", { class: "mm-lettering", attributes: { "aria-hidden": "true" } }));
    present(picture.canvas, page, this.notes);
    root.append(wordsOf(page), picture.canvas, this.lettering.canvas, this.pins.hovering.panel,
      this.pins.pinning.panel, this.controls.bar, this.notes.place, this.helping);
    this.start = page.camera;
    this.fit();
    this.obey();
    this.pointing = listen(picture.canvas, (x, y) => picture.pick(x, y), { hover: (hit) => this.point(hit),
      click: (hit) => this.click(hit) });
    picture.onMoved = (by) => {
      this.follow();
      if (by === "page") return;
      this.restsAt = performance.now() + REST;
      clearTimeout(this.resting);
      this.resting = window.setTimeout(() => this.invalidate(), REST + 10);
      if (by !== "hand") return;
      this.moved = true;
      this.memory.soon();
    };
    this.attend();
    leaveWheel(root, picture.canvas, () => this.notes.say("Click the picture, then the wheel brings it nearer."));
    this.turn();
    this.idle = new Idle(root, this.controls.bar);
  }

  private attend(): void {
    onResize(this.root, () => { this.fit(); this.invalidate(); });
    window.addEventListener("keydown", (event) => { // before the picture, which moves by some of the same keys
      if (this.helping.open || !pressed(event, this)) return;
      event.stopPropagation();
      this.idle.wake();
    }, true);
    window.addEventListener("hashchange", () => { if (this.memory.changed) this.obey(); });
    document.addEventListener("fullscreenchange", () => this.invalidate());
  }

  // ---- what is drawn

  /** Draw anew at the next frame. */
  invalidate(): void {
    this.stale = true;
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.frame();
    });
  }

  /** Draw what lies over the picture before this frame is shown: the camera has moved within it. */
  private follow(): void {
    this.stale = true;
    if (performance.now() - this.drawn < SAME_FRAME) this.invalidate();
    else queueMicrotask(() => { if (this.stale) this.letter(); });
  }

  private frame(): void {
    const { player, stage } = this;
    if (player.playing) {
      const due = player.due(stage.steps);
      if (due !== stage.step) stage.seek(due);
      if (player.playing) this.invalidate();
      else this.changed();
    }
    this.pins.light();
    if (this.stale) this.letter();
  }

  /** Draw the picture and all over it, now; when it is done. */
  async draw(): Promise<void> {
    this.stage.picture.draw();
    if (this.stale) this.letter();
    await this.stage.picture.finished();
  }

  /** Where an element is on the screen. */
  where(hit: Hit): Point {
    return this.pins.where(hit, new Sight(this.stage.picture.camera, this.root.clientWidth, this.root.clientHeight));
  }

  /** Draw what lies over the picture. */
  letter(): void {
    const { stage, root } = this, { clientWidth: width, clientHeight: height } = root;
    const marks = this.pins.show(new Sight(stage.picture.camera, width, height));
    this.lettering.draw(stage.picture.camera, stage.states, stage.look, this.shown, marks, width, height);
    this.controls.show({ playing: this.player.playing, step: stage.step, steps: stage.steps, speed: this.player.speed,
      variant: stage.variant, dark: stage.look.dark, whole: !!document.fullscreenElement, numbers: this.shows.numbers,
      keys: this.shows.keys });
    this.drawn = performance.now();
    this.stale = false;
  }

  private get shown(): Shown {
    return { ...this.shows, bar: Math.max(this.controls.bar.offsetHeight, BAR),
      moving: performance.now() < this.restsAt, arrows: this.stage.arrows };
  }

  // ---- what is pointed at

  private point(hit: Hit | null): void {
    if (!this.pins.point(hit)) return;
    this.stage.picture.canvas.classList.toggle("mm-over", !!hit);
    this.invalidate();
  }

  private click(hit: Hit | null): void {
    this.pins.click(hit);
    this.changed();
  }

  unpin(): void {
    this.controls.unfold(false);
    this.click(null);
  }

  // ---- the sweep

  toggle(): void {
    const { stage, player } = this;
    if (player.playing) player.pause();
    else {
      const moving = stage.variants.find(({ steps }) => steps > 1);
      // a still picture is played by the first sweep that it has
      if (stage.steps <= 1 && moving) stage.choose(moving.key);
      if (stage.steps > 1) stage.seek(player.play(stage.step, stage.steps));
    }
    this.changed();
  }

  step(by: number): void { this.seek(this.stage.step + by); }

  seek(step: number): void {
    this.stage.seek(step);
    this.player.again(this.stage.step);
    if (this.player.playing && this.stage.step >= this.stage.steps) this.player.pause();
    this.changed();
  }

  first(): void { this.seek(0); }

  last(): void { this.seek(this.stage.steps); }

  pace(speed: number): void {
    this.player.again(this.stage.step, speed);
    this.invalidate();
  }

  choose(key: string): void {
    this.player.pause();
    this.stage.choose(key);
    this.pins.letGoInside();
    this.changed();
  }

  // ---- the view

  look(): void {
    const { looks } = this.stage.page, own = looks[this.stage.page.look]!, dark = this.stage.look.dark;
    const other = dark === own.dark ? looks.find((look) => look.dark !== dark) : own;
    if (other) this.stage.dress(other.name);
    dress(this.root, this.stage.look);
    this.changed();
  }

  home(): void {
    this.moved = false;
    this.stage.picture.camera = this.start;
    this.turn();
    this.changed();
  }

  /** Let the camera turn by itself, where the page says so and nobody minds. */
  private turn(): void {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.stage.picture.spin = this.moved || calm ? 0 : this.stage.page.spin;
  }

  numbers(): void { this.switch("numbers"); }

  keys(): void { this.switch("keys"); }

  sizes(): void { this.switch("sizes"); }

  private switch(what: "numbers" | "keys" | "sizes"): void {
    this.shows[what] = !this.shows[what];
    this.fit();
    this.invalidate();
  }

  still(): void {
    const { stage, lettering, root } = this;
    void stillOf(stage, root, (width, height, ratio) => lettering.draw(stage.picture.camera, stage.states, stage.look,
      { ...this.shown, bar: 12 }, [], width, height, ratio), lettering.canvas).then((told) => {
      this.notes.say(told);
      this.invalidate();
    });
  }

  share(): void { void copy(this.stage.page.link,
    "The web tool's share link is copied.").then((told) => this.notes.say(told)); }

  address(): void {
    this.memory.write();
    if (location.protocol === "about:") this.notes.say("Here the picture has no address of its own.");
    else void copy(location.href, "The address of this view is copied.").then((told) => this.notes.say(told));
  }

  whole(): void {
    const done = document.fullscreenElement ? document.exitFullscreen() : this.root.requestFullscreen();
    done.catch(() => this.notes.say("This browser does not let the page fill the screen."));
  }

  help(): void { if (this.helping.open) this.helping.close(); else this.helping.showModal(); }

  /** Place the camera anew for another shape of screen, unless a hand has moved it. */
  private fit(): void {
    const { page, picture, look } = this.stage;
    const { clientWidth: width, clientHeight: height } = this.root, { shown } = this;
    const shape = [width, height, shown.bar, shown.keys].join();
    if (!page.autoFramed || !width || !height || shape === this.fitted) return;
    this.fitted = shape;
    this.start = this.lettering.framed(page.camera, width, height, look, shown);
    if (!this.moved) picture.camera = this.start;
  }

  // ---- the address

  /** Something that the address tells has changed. */
  private changed(): void {
    this.invalidate();
    this.pointing?.again();
    this.memory.soon();
  }

  /** Show what the address says. */
  private obey(): void {
    const { camera, pin, ignored } = this.memory.obey();
    this.moved = !!camera;
    this.stage.picture.camera = camera ?? this.start;
    this.pins.click(null);
    this.pins.pin = pin;
    if (ignored.length) this.notes.say(`Not understood in the address: ${ignored.join(", ")}.`);
    dress(this.root, this.stage.look);
    this.invalidate();
  }
}
