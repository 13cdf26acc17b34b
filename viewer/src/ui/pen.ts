/** The pen: lines of text, measured and drawn on a canvas, upright or at an angle. */
import { type Run, flat } from "./typeset.ts";

export type Ink = "text" | "quiet";
export interface Line { runs: Run[]; width: number; size: number; ink: Ink; weight: number }
/** Lines placed beside and below each other: where each baseline begins, from the block's upper left corner. */
export interface Block { lines: { line: Line; x: number; y: number }[]; width: number; height: number }
/** The colours of a look, as CSS writes them. */
export interface Inks { text: string; quiet: string; ground: string; line: string; accent: string; dark: boolean }

export const ASCENT = 0.76, DESCENT = 0.22; // of letters, in their size
const LEADING = 1.3;

export class Pen {
  private readonly widths = new Map<string, number>();

  constructor(readonly on: CanvasRenderingContext2D, private readonly family: string) {}

  private font(size: number, weight: number): string {
    return `${weight} ${size.toFixed(2)}px ${this.family}`;
  }

  measure(text: string, size: number, weight = 400): number {
    const key = `${weight} ${text}`;
    let wide = this.widths.get(key);
    if (wide === undefined) {
      this.on.font = this.font(100, weight);
      wide = this.on.measureText(text).width / 100;
      if (this.widths.size > 20000) this.widths.clear();
      this.widths.set(key, wide);
    }
    return wide * size;
  }

  line(runs: Run[], size: number, ink: Ink = "text", weight = 400): Line {
    const made: Line = { runs, size, ink, weight, width: 0 };
    this.walk(made, (_, x, __, wide) => { made.width = Math.max(made.width, x + wide); });
    return made;
  }

  /** Visit the runs of a line: where each begins, along and up, and how wide it is. */
  private walk(line: Line, visit: (run: Run, x: number, up: number, width: number) => void): void {
    let x = 0, before = 0;
    for (const run of line.runs) {
      const wide = this.measure(run.text, line.size * run.scale, line.weight), start = run.over ? before : x;
      visit(run, start, run.shift * line.size, wide);
      before = start;
      x = Math.max(x, start + wide);
    }
  }

  /** Draw a line whose baseline begins at (x, y), in its own or another colour, with a rim of the ground around it. */
  draw(line: Line, x: number, y: number, colour: string, rim?: string, rimWidth = 0): void {
    this.walk(line, (run, along, up) => {
      this.on.font = this.font(line.size * run.scale, line.weight);
      if (rim) {
        this.on.strokeStyle = rim;
        this.on.lineWidth = rimWidth || Math.max(line.size * 0.22, 2.5);
        this.on.lineJoin = "round";
        this.on.strokeText(run.text, x + along, y - up);
      }
      this.on.fillStyle = colour;
      this.on.fillText(run.text, x + along, y - up);
    });
  }

  /** Draw a block around its middle at an angle. */
  block(block: Block, x: number, y: number, angle: number, inks: Inks, rim: boolean): void {
    this.on.save();
    this.on.translate(x, y);
    this.on.rotate(angle);
    for (const each of block.lines) {
      this.draw(each.line, each.x - block.width / 2, each.y - block.height / 2, inks[each.line.ink],
        rim ? inks.ground : undefined);
    }
    this.on.restore();
  }

  /** Lines one below the other, centred. */
  stacked(lines: Line[]): Block {
    const width = Math.max(...lines.map((line) => line.width));
    let y = 0;
    const placed = lines.map((line, at) => {
      y += (at ? LEADING - ASCENT - DESCENT : 0) * line.size + ASCENT * line.size;
      const out = { line, x: (width - line.width) / 2, y };
      y += DESCENT * line.size;
      return out;
    });
    return { lines: placed, width, height: y };
  }

  /** Lines beside each other on one baseline. */
  level(lines: Line[], air: number): Block {
    const size = Math.max(...lines.map((line) => line.size));
    let x = 0;
    const placed = lines.map((line) => {
      const out = { line, x, y: ASCENT * size };
      x += line.width + air;
      return out;
    });
    return { lines: placed, width: x - air, height: (ASCENT + DESCENT) * size };
  }

  /** A text in as many lines as it needs to be no wider than `most`. */
  paragraph(runs: Run[], size: number, most: number, ink: Ink = "text", weight = 400): Line[] {
    const lines: Line[] = [];
    let row: Run[] = [];
    const pieces = runs.flatMap((run) => (run.scale < 1 ? [run]
      : (run.text.match(/\S+\s*|\s+/g) ?? []).map((text) => ({ ...run, text }))));
    for (const piece of pieces) {
      const longer = [...row, piece];
      if (row.length && piece.scale === 1 && this.line(longer, size, ink, weight).width > most) {
        lines.push(this.line(row, size, ink, weight));
        row = [piece];
      } else row = longer;
    }
    if (flat(row)) lines.push(this.line(row, size, ink, weight));
    return lines;
  }
}
