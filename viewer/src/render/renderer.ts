/** The renderer: what a page shows, drawn on a canvas when something has changed. */
import { Camera as Camera3, Matrix4, Scene } from "three";
import type { Camera, Look, Page } from "../format.ts";
import type { State } from "../sweep/state.ts";
import { home, View, type Vec } from "./camera.ts";
import { Contents, type Light } from "./contents.ts";
import { Gpu } from "./gpu.ts";
import { lightsOf, raysTo } from "./look.ts";
import { Orbit } from "./orbit.ts";
import { along, meet, type Pick } from "./pick.ts";
import { Scenery } from "./scenery.ts";
import { pixelsPerElement } from "./seen.ts";
import type { Shot } from "./tiles.ts";

const SAMPLES = 16;   // of a pixel, of a picture that stands still …
const SHOWN = 4;      // … from so many on it is better than the quick one
const FOLLOWED = 3.2; // pixels from which on an element is drawn as the cube that it is …
const HASTY = 12;     // … of a movement that takes the GPU long, and of its first picture; when it moves there are …
const COARSE = 0.75;  // … as many samples for each pixel, each way
const SLACK = 12;     // pixels below which nobody aims at cubes

export class Renderer {
  /** How the pointer, touch and keys move the camera. */
  readonly orbit: Orbit;
  private gpu: Gpu | null = null; // none before `start`
  private readonly scene = new Scene();
  private readonly camera3 = new Camera3();
  private readonly contents: Contents[];
  private readonly scenery: Scenery;
  private look: Look;
  private shown: View;
  private readonly listeners = new Set<(view: View) => void>();
  private taken = 0;       // pictures of what is shown now: the quick one, and samples of the fine one
  private frame = 0;       // the animation frame that was asked for
  private begun = false;   // whether there was one at all
  private lost = false;

  /** Works out what is shown; nothing is drawn before `start`. */
  constructor(readonly canvas: HTMLCanvasElement, readonly page: Page) {
    this.look = page.looks[page.look]!;
    this.shown = home(page);
    this.scene.matrixWorldAutoUpdate = this.camera3.matrixAutoUpdate = this.camera3.matrixWorldAutoUpdate = false;
    this.contents = page.members.map(member => new Contents(member, page.maps, this.look, this.scene));
    this.scenery = new Scenery(page, this.contents, this.scene);
    this.scenery.dress(this.look);
    this.orbit = new Orbit(this);
  }

  /** Begin to draw: the GPU is asked for only now, since while it gets ready itself it would be waited for. Throws
   * where there is no WebGL2. */
  start(): void {
    const gpu = this.gpu = new Gpu(this.canvas);
    for (const contents of this.contents) contents.limit(gpu.most);
    this.canvas.addEventListener("webglcontextlost", this.onLost);
    this.canvas.addEventListener("webglcontextrestored", this.onRestored);
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    this.resize();
    this.ready(gpu, 0, this.canvas.width, this.canvas.height, gpu.pace.slow ? HASTY : FOLLOWED);
    gpu.samples.prepare(this.scene, this.camera3);
    this.request();
  }

  // ---- what is shown ------------------------------------------------------------------------------------------------

  /** Show a state of a member; only what is other than before is worked out again. */
  setState(state: State, member = 0): void {
    if (this.contents[member]!.set(state)) this.request();
  }

  /** Show the page's look of that number. */
  setLook(at: number): void {
    const look = this.page.looks[at]!;
    if (look === this.look) return;
    this.look = look;
    this.scenery.dress(look);
    for (const contents of this.contents) contents.setLook(look);
    this.request();
  }

  /** Light rows and columns of a member's matrices, by path, until others are lit: none, with an empty map. */
  light(lights: ReadonlyMap<string, Light>, member = 0): void {
    this.contents[member]!.light(lights);
    this.request();
  }

  /** Show the arrows of those matmuls only that `are` to have one: of none that a sweep goes through. */
  showArrows(are: (member: number, path: string) => boolean): void {
    this.scenery.showArrows(are);
    this.request();
  }

  // ---- the camera ---------------------------------------------------------------------------------------------------

  get view(): View { return this.shown; }

  set view(view: View) {
    this.shown = view;
    this.request();
    for (const listener of this.listeners) listener(view);
  }

  get camera(): Camera { return this.shown.camera; }

  set camera(camera: Camera) { this.view = new View(camera); }

  /** Call `listener` whenever the camera or the canvas' size is another; what is returned ends that. */
  onView(listener: (view: View) => void): () => void {
    this.listeners.add(listener);
    return () => { this.listeners.delete(listener); };
  }

  /** Width by height of the canvas, in CSS pixels. */
  get size(): [number, number] { return [Math.max(this.canvas.clientWidth, 1), Math.max(this.canvas.clientHeight, 1)]; }

  get aspect(): number { const [w, h] = this.size; return w / h; }

  /** Where a point of the world is, in CSS pixels from the canvas' upper left corner; `before`: whether it is before
   * the camera. */
  project(point: Vec): { x: number; y: number; before: boolean } {
    const [w, h] = this.size, [x, y, away] = this.shown.seen(point), half = this.shown.tangent(w / h);
    return { x: (0.5 + 0.5 * x / (half * w / h)) * w, y: (0.5 - 0.5 * y / half) * h, before: away > 0 };
  }

  /** The element that is seen at a place of the canvas, in CSS pixels; null: none. */
  pick(x: number, y: number): Pick | null {
    const [w, h] = this.size, ray = this.shown.ray(2 * x / w - 1, 1 - 2 * y / h, w / h);
    let found: Pick | null = null, least = Infinity;
    this.contents.forEach(({ things }, member) => {
      for (const [key, { tile, drawn, palette }] of things) {
        const slack = pixelsPerElement(this.shown, tile, h, w / h) < SLACK;
        const met = meet(ray, { place: tile.place, drawn, palette }, slack);
        if (!met || met.t >= least) continue;
        least = met.t;
        found = { member, path: key, row: met.row, col: met.col, point: along(ray, met.t) };
      }
    });
    return found;
  }

  // ---- drawing ------------------------------------------------------------------------------------------------------

  /** Have it drawn with the next frame of the browser, and made finer in those after it. */
  request(): void {
    this.taken = 0;
    this.next();
  }

  /** Draw it at once. */
  draw(): void {
    if (this.lost || !this.gpu) return;
    this.resize();
    this.quick(this.gpu);
    this.next();
  }

  /** When the GPU has drawn what was asked for. */
  finished(): Promise<void> {
    this.gpu?.wait();
    return Promise.resolve();
  }

  /** A PNG of what is seen, as fine as it gets, of so many pixels. */
  async still(width = this.canvas.width, height = this.canvas.height): Promise<Blob> {
    const { gpu, canvas } = this, before = [canvas.width, canvas.height] as const;
    if (!gpu) throw new Error("nothing is drawn yet");
    gpu.resize(width, height);
    for (let at = 1; at <= SAMPLES; at++) this.finer(gpu, at);
    gpu.samples.show(width, height);
    const blob = new Promise<Blob | null>(done => { canvas.toBlob(done, "image/png"); });
    gpu.resize(before[0], before[1]);
    this.request();
    const made = await blob;
    if (!made) throw new Error("the browser made no picture of what is seen");
    return made;
  }

  /** Take the canvas' size over, and the screen's pixels. */
  resize(): void {
    const [w, h] = this.size, ratio = Math.min(globalThis.devicePixelRatio || 1, 3);
    const [width, height] = [Math.round(w * ratio), Math.round(h * ratio)];
    if (width === this.canvas.width && height === this.canvas.height) return;
    this.gpu?.resize(width, height);
    this.view = this.shown;
  }

  private next(): void {
    if (!this.frame && !this.lost && this.gpu) this.frame = requestAnimationFrame(this.onFrame);
  }

  private readonly onFrame = (now: number): void => {
    this.frame = 0;
    if (this.orbit.step(now)) this.next();
    const { gpu } = this;
    if (this.taken > SAMPLES || this.canvas.width === 0 || !gpu) return;
    if (!this.taken) this.quick(gpu);
    else if (gpu.pace.rested) {
      this.finer(gpu, this.taken);
      if (this.taken >= SHOWN) gpu.samples.show(this.canvas.width, this.canvas.height);
      this.taken++;
      gpu.pace.drawn(false);
    }
    if (this.taken <= SAMPLES) this.next();
  };

  /** Draw and show it with one sample a pixel; of a movement, where that takes long, with fewer and simpler ones. */
  private quick(gpu: Gpu): void {
    const { width, height } = this.canvas, hasty = !this.taken && gpu.pace.hasty, share = hasty ? COARSE : 1;
    const [w, h] = [Math.max(Math.round(width * share), 1), Math.max(Math.round(height * share), 1)];
    this.ready(gpu, 0, w, h, hasty || !this.begun && gpu.pace.slow ? HASTY : FOLLOWED);
    this.begun = true;
    gpu.samples.first(this.scene, this.camera3, w, h);
    gpu.samples.show(width, height);
    this.taken = 1;
    gpu.pace.drawn(true);
  }

  /** Take the sample of number `at` (from 1) of a fine picture. */
  private finer(gpu: Gpu, at: number): void {
    const { width, height } = this.canvas;
    this.ready(gpu, at, width, height, 0.7 * FOLLOWED);
    if (at === 1) gpu.samples.first(this.scene, this.camera3, width, height);
    else gpu.samples.more(this.scene, this.camera3);
  }

  /** Have all ready for a sample; number 0: the only one. `follow`: as in `Shot`. */
  private ready(gpu: Gpu, at: number, width: number, height: number, follow: number): void {
    this.scenery.set(this.shot(gpu, at, width, height, follow), this.shown, this.look, width, height);
    gpu.clearTo(this.look);
  }

  private shot({ gl }: Gpu, at: number, width: number, height: number, follow: number): Shot {
    const aspect = width / height, view = this.shown, { look } = this;
    const [near, far] = view.depths(this.page.low as Vec, this.page.high as Vec);
    const nudge = (axis: 0 | 1, side: number): number => (at ? (spread(at, axis) - 0.5) * 2 / side : 0);
    const matrix = new Matrix4().fromArray(view.matrix(aspect, near, far, [nudge(0, width), nudge(1, height)]));
    const pixels = height / (2 * view.tangent(aspect)) / (view.parallel ? Math.max(view.distance, 1e-6) : 1);
    const lights = lightsOf(look, view);
    return {
      gl, view, lights, matrix, pixels, follow, sharper: at ? 0.5 + spread(at, 0) : 0, litGlow: look.highlightGlow,
      bevel: look.lit ? 0.16 : 0, drawn: look.drawn, rays: at && look.lit ? raysTo(lights, at) : null,
    };
  }

  private readonly onLost = (event: Event): void => {
    event.preventDefault();
    this.lost = true;
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    for (const contents of this.contents) contents.release(); // while nobody minds that it is of no context any more
    this.gpu?.release();
  };

  private readonly onRestored = (): void => {
    this.lost = false;
    for (const contents of this.contents) contents.remake();
    this.request();
  };
}

/** Points that are evenly spread over a pixel: the sequence R2. */
const spread = (at: number, axis: 0 | 1): number => (0.5 + at * (axis ? 0.5698402910 : 0.7548776662)) % 1;
