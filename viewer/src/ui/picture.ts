/** The renderer as the stage sees it: one picture of all members, which tells whether a hand has moved its camera. */
import type { Camera, Look, Page } from "../format.ts";
import type { Light } from "../render/contents.ts";
import { Renderer } from "../render/renderer.ts";
import type { State } from "../sweep/state.ts";
import type { Hit } from "./describe.ts";
import type { Mover, Picture, Spot } from "./stage.ts";

export class Rendered implements Picture {
  onMoved: (by: Mover) => void = () => {};
  private readonly renderer: Renderer;
  private lit = "[]";
  private own = false;           // whether the camera is being placed by us
  private last: Camera;

  constructor(readonly canvas: HTMLCanvasElement, private readonly page: Page) {
    this.renderer = new Renderer(canvas, page);
    this.last = this.renderer.camera;
    this.renderer.onView(() => {
      const { camera } = this.renderer, moved = !alike(camera, this.last);
      this.last = camera;
      this.onMoved(!moved || this.own ? "page" : this.renderer.orbit.spin ? "spin" : "hand");
    });
  }

  /** Begin to draw. Throws where there is no WebGL2. */
  start(): void { this.renderer.start(); }

  get camera(): Camera { return this.renderer.camera; }

  set camera(camera: Camera) {
    this.own = true;
    this.renderer.camera = camera;
    this.own = false;
  }

  set spin(speed: number) { this.renderer.orbit.spin = speed; }

  show(states: State[]): void {
    states.forEach((state, member) => this.renderer.setState(state, member));
  }

  arrows(are: (member: number, path: string) => boolean): void {
    this.renderer.showArrows(are);
  }

  dress(look: Look): void {
    this.renderer.setLook(this.page.looks.indexOf(look));
  }

  light(spots: Spot[]): void {
    const told = JSON.stringify(spots);
    if (told === this.lit) return;
    this.lit = told;
    this.page.members.forEach((_, member) =>
      this.renderer.light(lightsOf(spots.filter((spot) => spot.member === member)), member));
  }

  pick(x: number, y: number): Hit | null {
    const found = this.renderer.pick(x, y);
    if (!found) return null;
    const [path, , inside] = found.path.split(":") as [string, string?, string?];
    return { member: found.member, path, inside: inside === undefined ? null : Number(inside), row: found.row,
      col: found.col };
  }

  draw(): void { this.renderer.draw(); }

  finished(): Promise<void> { return this.renderer.finished(); }

  still(width: number, height: number): Promise<Blob> { return this.renderer.still(width, height); }
}

/** By path, what is lit: whole rows and columns; or, where nothing else is, the last of the elements. */
function lightsOf(spots: Spot[]): Map<string, Light> {
  const out = new Map<string, Light>();
  for (const path of new Set(spots.map((spot) => spot.path))) {
    const all = spots.filter((spot) => spot.path === path);
    const lines = all.filter(({ row, col }) => row === null || col === null);
    const lit = lines.length ? lines : all.slice(-1);
    const numbers = (some: (number | null)[]): number[] => some.filter((x) => x !== null);
    out.set(path, { rows: numbers(lit.map(({ row }) => row)), cols: numbers(lit.map(({ col }) => col)),
      cross: !lines.length });
  }
  return out;
}

function alike(a: Camera, b: Camera): boolean {
  return a.kind === b.kind && [...a.position, ...a.target].every((x, at) => x === [...b.position, ...b.target][at]);
}
