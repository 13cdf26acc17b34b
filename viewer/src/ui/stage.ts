/** The stage: which step of which way to sweep is shown, in which look. It asks the films and feeds the picture. */
import type { Camera, Look, Matrix, Member, Page, Track, Variant } from "../format.ts";
import { Film } from "../sweep/film.ts";
import type { State, Values } from "../sweep/state.ts";
import type { Hit } from "./describe.ts";

/** A row (col: null), a column (row: null) or an element that is lit. */
export interface Spot { member: number; path: string; row: number | null; col: number | null }

/** What has moved the camera: a hand, its turning by itself, or the page (which may have changed its size only). */
export type Mover = "hand" | "spin" | "page";

/** The picture as the stage needs it, which draws itself when something has changed. Places are CSS pixels from its
 * upper left corner. */
export interface Picture {
  readonly canvas: HTMLCanvasElement;
  camera: Camera;
  /** Radians a second that the camera turns by itself. */
  spin: number;
  show(states: State[]): void;
  /** Show those arrows of the flow only that are wanted. */
  arrows(are: (member: number, path: string) => boolean): void;
  dress(look: Look): void;
  light(spots: Spot[]): void;
  pick(x: number, y: number): Hit | null;
  /** Draw at once. */
  draw(): void;
  /** When the GPU has drawn it. */
  finished(): Promise<void>;
  /** A PNG of so many pixels. */
  still(width: number, height: number): Promise<Blob>;
  /** Called whenever the camera or the size is another. */
  onMoved: (by: Mover) => void;
}

export class Stage {
  step = 0;
  variant = "";
  look: Look;
  states: State[] = [];
  private films: Film[] = [];
  private readonly made = new Map<string, Film[]>();

  constructor(readonly page: Page, private readonly values: Values[], readonly picture: Picture) {
    this.look = page.looks[page.look] ?? page.looks[0]!;
    this.variant = this.firstVariant;
    this.open();
    this.step = this.steps;
    picture.dress(this.look);
    this.feed();
  }

  /** The way to sweep that the page opens with. */
  get firstVariant(): string {
    const first = this.page.members[0];
    return first?.variants[first.start]?.key ?? "";
  }

  /** The ways to sweep that any member has. */
  get variants(): Variant[] {
    const found = new Map<string, Variant>();
    for (const { variants } of this.page.members) for (const each of variants) if (!found.has(each.key)) found.set(
      each.key, each);
    return [...found.values()];
  }

  /** How many steps the sweep has; what is shown at step `steps` is finished. */
  get steps(): number {
    return Math.max(...this.films.map(({ steps }) => steps), 1);
  }

  seek(step: number): void {
    this.step = Math.min(Math.max(Math.round(step), 0), this.steps);
    this.feed();
  }

  choose(key: string): boolean {
    if (key === this.variant) return true;
    if (!this.variants.some((each) => each.key === key)) return false;
    const finished = this.step >= this.steps;
    this.variant = key;
    this.open();
    this.seek(finished ? this.steps : this.step);
    return true;
  }

  /** Show another look; whether the page has it. */
  dress(name: string): boolean {
    const found = this.page.looks.find((look) => look.name === name);
    if (found && found !== this.look) {
      this.look = found;
      this.picture.dress(found);
    }
    return !!found;
  }

  /** When a matmul sweeps; null where it does not. */
  track({ member, path }: { member: number; path: string }): Track | null {
    return this.variantOf(member)?.tracks[path] ?? null;
  }

  /** The matmuls that have an arrow in the picture: where a sweep goes through the box there is none. */
  get arrows(): [Member, Matrix][] {
    return this.page.members.flatMap((each, member) => each.matrices.filter(({ arrow, path }) => (
      arrow && !this.track({ member, path }))).map((matrix): [Member, Matrix] => [each, matrix]));
  }

  private variantOf(member: number): Variant | null {
    const { variants, start } = this.page.members[member]!;
    return variants.find(({ key }) => key === this.variant) ?? variants[start] ?? null;
  }

  /** Bring the film of the present variant, of every member, which is kept. */
  private open(): void {
    let films = this.made.get(this.variant);
    if (!films) {
      films = this.page.members.map((member, at) => new Film(member, this.values[at]!, this.variantOf(at)));
      this.made.set(this.variant, films);
    }
    this.films = films;
    this.picture.arrows((member, path) => !this.track({ member, path }));
  }

  private feed(): void {
    this.states = this.films.map((film) => film.at(Math.min(this.step, film.steps)));
    this.picture.show(this.states);
  }
}
