/** Lettering: all texts over the picture, on a canvas of their own that follows the camera. */
import type { Camera, Look, Matrix, Member, Page } from "../format.ts";
import type { State } from "../sweep/state.ts";
import { inksOf } from "./colours.ts";
import { Corners } from "./corners.ts";
import { framed, type Insets } from "./framing.ts";
import { gridsOf } from "./grids.ts";
import { type Bar, barsOf, drawKeys, roomFor } from "./key_panel.ts";
import { Names } from "./names.ts";
import { drawNumbers } from "./numbers.ts";
import { type Block, type Inks, type Line, Pen } from "./pen.ts";
import { type Point, type Polygon, type Rect, bounds } from "./polygons.ts";
import { Sight, type Vector } from "./sight.ts";
import { Sizes } from "./sizes.ts";
import { type Slab, inWorld, look as seeSlabs, slabsOf, vanesOf } from "./slabs.ts";
import { words } from "./typeset.ts";
import { Words } from "./words.ts";

const LETTERS = 0.021, SMALLEST = 11.5, LARGEST = 17; // of the shorter side; pixels
const ROUNDS = 2;      // cameras that are tried for a screen
const TITLE = 1.2, LEADING = 1.35, EDGE = 0.6;        // in em
export const FAMILY = "\"mm Inter\", Inter, system-ui, sans-serif";

/** `bar`: pixels that the controls take; `moving`: the camera; `arrows`: of the flow, that are in the picture. */
export interface Shown { numbers: boolean; keys: boolean; sizes: boolean; bar: number; moving: boolean;
  arrows: [Member, Matrix][] }
export interface Mark { at: Point; tip: Point | null }
interface Room { em: number; area: Rect; keys: Rect | null; title: Line[]; caption: Line[]; insets: Insets }

export class Lettering {
  readonly pen: Pen;
  private readonly slabs: Slab[];
  private readonly names: Names;
  private readonly tokens = new Words();
  private readonly sizes = new Sizes();
  private bars: Bar[] = [];
  private barsOf: Look | null = null;

  constructor(private readonly page: Page, readonly canvas: HTMLCanvasElement) {
    this.slabs = slabsOf(page);
    this.names = new Names(this.slabs);
    this.pen = new Pen(canvas.getContext("2d")!, FAMILY);
  }

  /** What is set where around the matrices, on a screen of so many pixels. */
  room(width: number, height: number, look: Look, shown: Shown): Room {
    if (this.barsOf !== look) [this.bars, this.barsOf] = [barsOf(this.page, look), look];
    const shorter = Math.min(width, height);
    const em = Math.min(Math.max(LETTERS * shorter, SMALLEST), LARGEST);
    const edge = EDGE * em;
    const title = this.page.title ? this.pen.paragraph(words(this.page.title), TITLE * em, width - 2 * edge) : [];
    const caption = this.page.caption ? this.pen.paragraph(words(this.page.caption), em,
      Math.min(width - 2 * edge, 44 * em), "quiet")
      : [];
    const top = title.length ? edge + (title.length * LEADING * TITLE + 0.4) * em : 0;
    const bottom = shown.bar + (caption.length ? (caption.length * LEADING + 0.4) * em : 0);
    const free = { left: edge, right: width - edge, top: top + edge, bottom: height - bottom - edge };
    const keys = shown.keys ? roomFor(this.bars, free, em) : null;
    const area = keys?.below ? { ...free, bottom: keys.rect.top - edge } : keys
      ? { ...free, right: keys.rect.left - 1.4 * edge }
      : free;
    return { em, title, caption, area, keys: keys?.rect ?? null,
      insets: { left: 0, right: 1 - (area.right + edge) / width,
      bottom: 1 - (area.bottom + edge) / height, top: top / height } };
  }

  /** The camera that shows all as large as the texts around leave room for, from where `like` sees it. */
  framed(like: Camera, width: number, height: number, look: Look, shown: Shown): Camera {
    const room = this.room(width, height, look, shown), { em, insets } = room;
    const points = this.slabs.flatMap((slab): Vector[] =>
      [-0.5, 0.5].flatMap((z) => [[-0.5, -0.5], [slab.wide + 0.5, -0.5],
      [slab.wide + 0.5, slab.high + 0.5], [-0.5, slab.high + 0.5]].map(([x, y]) => inWorld(slab, x!, y!, z))));
    let around = { left: 2 * em, right: 2 * em, top: 2 * em, bottom: 2 * em }, camera = like;
    for (let round = 0; round < ROUNDS; round++) {
      const share = (own: number, more: number, of: number): number => Math.min(own + more / of, 0.4);
      camera = framed(points, width / height, like, { left: share(insets.left, around.left, width),
        right: share(insets.right, around.right, width), top: share(insets.top, around.top, height),
        bottom: share(insets.bottom, around.bottom, height) });
      if (round < ROUNDS - 1) around = this.beyond(room, new Sight(camera, width, height), points, shown.arrows);
    }
    return camera;
  }

  /** How far texts would reach beyond the matrices if the screen were larger. */
  private beyond({ area, em }: Room, sight: Sight, points: Vector[], arrows: Shown["arrows"]): Rect {
    const drawn = bounds(points.map((point) => sight.at(point)));
    const far = { left: area.left - 8 * em, right: area.right + 8 * em, top: area.top - 8 * em,
      bottom: area.bottom + 8 * em };
    const texts = this.place(sight, far, em, { sizes: false, moving: false, arrows }, [], false);
    const all = texts.length ? bounds(texts.flat()) : drawn;
    const more = (x: number): number => Math.max(x, 0) + 0.6 * em;
    return { left: more(drawn.left - all.left), right: more(all.right - drawn.right), top: more(drawn.top - all.top),
      bottom: more(all.bottom - drawn.bottom) };
  }

  private place(sight: Sight, area: Rect, em: number,
    { sizes, moving, arrows }: Pick<Shown, "sizes" | "moving" | "arrows">,
    taken: Polygon[] = [], leaders = true): Polygon[] {
    if (this.page.lettering === "none") return [];
    const seen = seeSlabs(this.slabs, sight, area);
    const before = [...taken, ...(sizes ? this.sizes.place(seen, sight, em, this.pen) : this.sizes.none())];
    const tokens = [...before, ...this.tokens.place(seen, sight, area, before, em, this.pen, moving)];
    const covered = [...tokens, ...vanesOf(arrows, sight)];
    return [...tokens, ...this.names.place(seen, area, covered, em, this.pen, moving, leaders)];
  }

  /** Draw all texts. `marks`: elements that are pointed at or pinned. */
  draw(camera: Camera, states: State[], look: Look, shown: Shown, marks: Mark[], width: number, height: number,
    ratio = Math.min(window.devicePixelRatio || 1, 3)): void {
    const on = this.pen.on;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== wide || this.canvas.height !== high) [this.canvas.width, this.canvas.height] =
      [wide, high];
    on.setTransform(ratio, 0, 0, ratio, 0, 0);
    on.clearRect(0, 0, width, height);
    const room = this.room(width, height, look, shown), inks = inksOf(look), sight = new Sight(camera, width, height);
    this.edges(room, width, height, shown.bar, inks);
    if (room.keys) drawKeys(this.bars, room.keys, room.em, this.pen, inks);
    const taken = this.place(sight, room.area, room.em, shown, this.titles(sight, room.em, inks));
    const grids = states.flatMap((state, member) => gridsOf(this.page, look, member, state));
    const whole = { left: 0, top: 0, right: width, bottom: height };
    drawNumbers(grids, sight, whole, taken, look, shown.numbers, this.pen);
    if (this.page.lettering !== "none") {
      this.sizes.draw(this.pen, inks);
      this.tokens.draw(this.pen, inks);
      this.names.draw(this.pen, inks);
      this.corners(room, [...taken, ...seeSlabs(this.slabs, sight, whole).map(({ outline }) => outline)], look, shown,
        inks);
    }
    for (const mark of marks) this.mark(mark, inks);
  }

  /** Title and caption. */
  private edges({ title, caption, em }: Room, width: number, height: number, bar: number, inks: Inks): void {
    let y = EDGE * em + 0.95 * TITLE * em;
    for (const line of title) {
      this.pen.draw(line, (width - line.width) / 2, y, inks.text);
      y += LEADING * TITLE * em;
    }
    y = height - bar - (caption.length - 1) * LEADING * em - 0.6 * em;
    for (const line of caption) {
      this.pen.draw(line, (width - line.width) / 2, y, inks.quiet);
      y += LEADING * em;
    }
  }

  /** The titles of what stands in a row, each below its own. Gives what they cover. */
  private titles(sight: Sight, em: number, inks: Inks): Polygon[] {
    return this.page.members.flatMap((member) => {
      if (!member.title || !member.titleAt) return [];
      const at = sight.at(member.titleAt as Vector);
      if (at.depth <= 0) return [];
      const size = Math.min(Math.max(member.titleSize * sight.scaleAt(member.titleAt as Vector), 0.8 * em), 1.6 * em);
      const block: Block = this.pen.stacked([this.pen.line(words(member.title), size)]);
      this.pen.block(block, at.x, at.y + block.height / 2, 0, inks, false);
      const x = block.width / 2;
      return [[{ x: at.x - x, y: at.y }, { x: at.x + x, y: at.y }, { x: at.x + x, y: at.y + block.height },
        { x: at.x - x, y: at.y + block.height }]];
    });
  }

  /** What is said in the corners. */
  private corners({ area, em }: Room, taken: Polygon[], look: Look, { arrows }: Shown, inks: Inks): void {
    const corners = new Corners(this.pen, area, taken, em), { every, without } = this.tokens;
    if (arrows.length) corners.arrows(arrows, look, inks);
    const nth = every === 2 ? "2nd" : every === 3 ? "3rd" : `${every}th`;
    if (every > 1) corners.text(`every ${nth} token is named`, look, inks);
    const where = without.length > 2 ? `along ${without.length} edges` : `of the ${without.join(" and the ")}`;
    if (without.length) corners.text(`no room for the tokens ${where}`, look, inks);
  }

  /** A ring around an element, and a line to what is said of it. */
  private mark({ at, tip }: Mark, inks: Inks): void {
    const { on } = this.pen;
    on.strokeStyle = inks.accent;
    on.lineWidth = 1.5;
    on.beginPath();
    on.arc(at.x, at.y, 6, 0, 2 * Math.PI);
    if (tip) {
      const long = Math.hypot(tip.x - at.x, tip.y - at.y) || 1;
      on.moveTo(at.x + 6 * (tip.x - at.x) / long, at.y + 6 * (tip.y - at.y) / long);
      on.lineTo(tip.x, tip.y);
    }
    on.stroke();
  }
}
