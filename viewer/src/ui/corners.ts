/** Corners: notes in a free corner of the screen, what an arrow's two vanes are (document/flow_arrows.py) and which
 * tokens are named. */
import type { Look, Matrix, Member } from "../format.ts";
import { css } from "./colours.ts";
import type { Pen, Inks, Line } from "./pen.ts";
import { type Polygon, type Rect, overlap } from "./polygons.ts";
import { name, plain, type Run } from "./typeset.ts";

const QUIET = 0.85;  // size of the letters, relative to the names'
const LONG = 12;     // letters of a name that the explanation has room for
const VANE = 1.1;    // em that a vane takes
const BETWEEN = 0.7; // em between two parts of a note
// one points on, the other down
const VANES = [[[0, 0], [0.75, 0.33], [0, 0.66]], [[0, 0.66], [0.33, 0], [0.66, 0.66]]];

interface Part { line: Line; vane: 0 | 1 | null }

/** What is said of the vanes of some arrows, each with its member. */
export function explained(arrows: [Member, Matrix][]): [Run[], Run[]] {
  const named = ({ matrices }: Member, path: string | null): string => (
    matrices.find((each) => each.path === path)?.name ?? "");
  const products = new Map(arrows.map(([member, { left, right }]) => {
    const names = [named(member, left), named(member, right)] as const;
    return [names.join("\n"), names];
  }));
  const [first] = products.values();
  if (!first || products.size > 1 || first.some((each) => !each || each.length > LONG)) {
    return [plain("rows of the left factor meet"), plain("columns of the right one")];
  }
  return [[...plain("rows of "), ...name(first[0]), ...plain(" meet")], [...plain("columns of "), ...name(first[1])]];
}

/** Notes in the corners of an area, one a corner, as far as these are free. */
export class Corners {
  constructor(private readonly pen: Pen, private readonly area: Rect, private readonly taken: Polygon[],
    private readonly em: number) {}

  /** Explain arrows; whether there is room for that. */
  arrows(arrows: [Member, Matrix][], look: Look, inks: Inks): boolean {
    const lines = explained(arrows).map((runs) => this.pen.line(runs, QUIET * this.em, "quiet"));
    return this.write(lines.map((line, at): Part => ({ line, vane: at as 0 | 1 })), look, inks);
  }

  /** Write a text, in several lines where the area is narrow; whether there is room for it. */
  text(text: string, look: Look, inks: Inks): boolean {
    const lined = (words: string): Line => this.pen.line(plain(words), QUIET * this.em, "quiet");
    const lines = [lined(text)], most = this.area.right - this.area.left;
    if (lines[0]!.width > most) {
      const words = text.split(" ");
      lines.length = 0;
      while (words.length) {
        let count = words.length;
        while (count > 1 && lined(words.slice(0, count).join(" ")).width > most) count--;
        lines.push(lined(words.splice(0, count).join(" ")));
      }
    }
    return this.write(lines.map((line): Part => ({ line, vane: null })), look, inks);
  }

  private write(parts: Part[], look: Look, inks: Inks): boolean {
    const em = QUIET * this.em, wide = parts.map(({ line, vane }) => line.width + (vane === null ? 0 : VANE * em));
    for (const level of parts.length > 1 ? [true, false] : [true]) {
      const width = level ? wide.reduce((sum, each) => sum + each + BETWEEN * em, -BETWEEN * em) : Math.max(...wide);
      const height = (level ? 1 : 1.4 * (parts.length - 1) + 1) * em;
      const place = this.free(width, height);
      if (!place) continue;
      let { x, y } = place;
      parts.forEach((part, at) => {
        this.part(part, x, y + 0.8 * em, em, look, inks);
        if (level) x += wide[at]! + BETWEEN * em;
        else y += 1.4 * em;
      });
      return true;
    }
    return false;
  }

  /** A corner in which a note of that size lies over nothing; it is taken from then on. */
  private free(width: number, height: number): { x: number; y: number } | null {
    const { left, right, top, bottom } = this.area;
    if (width > right - left) return null;
    for (const [x, y] of [[left, bottom - height], [right - width, bottom - height], [left, top],
      [right - width, top]] as const) {
      const box = [{ x, y }, { x: x + width, y }, { x: x + width, y: y + height }, { x, y: y + height }];
      if (x < left || y < top || this.taken.some((other) => overlap(other, box))) continue;
      this.taken.push(box);
      return { x, y };
    }
    return null;
  }

  private part({ line, vane }: Part, x: number, y: number, em: number, look: Look, inks: Inks): void {
    const { on } = this.pen;
    if (vane !== null) {
      on.fillStyle = css(vane ? look.rightVane : look.leftVane, (vane ? look.rightVane : look.leftVane)[3] ?? 1);
      on.beginPath();
      for (const [u, v] of VANES[vane]!) on.lineTo(x + u! * em, y - v! * em);
      on.fill();
    }
    this.pen.draw(line, x + (vane === null ? 0 : VANE * em), y, inks.quiet);
  }
}
