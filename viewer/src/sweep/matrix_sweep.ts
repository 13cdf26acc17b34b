/** One matrix of a film: what it shows by its own sweep and by that of the matmul that reads it. */
import type { Matrix, Track } from "../format.ts";
import { accumulator } from "./accumulate.ts";
import { ALWAYS, NEVER, RESULT, type Face, type Reach, type Walk } from "./algorithms.ts";
import { finishesSums } from "./epilogs.ts";
import { count } from "./frames.ts";
import { floorOf, pieces, type Piece } from "./interior.ts";
import { partials, type BlockResult } from "./partials.ts";
import { multiplied, walkOf, type Accumulator, type Product } from "./product.ts";
import { both, Mask, NOTHING } from "./reveal.ts";
import { cursorAt, isActive, since } from "./schedule.ts";
import type { Inside, Region, Shown, Values } from "./state.ts";

/** The matmul that reads a matrix, as its left or right operand, and its sweep, if it has one. */
export interface Reader { path: string; face: Face; track: Track | null; walk: Walk | null }

export class MatrixSweep {
  readonly shown: Shown;
  private readonly final: Float32Array;
  private readonly own: Reach;   // when its own sweep shows an element …
  private readonly touch: Reach; // … and when that of its reader does
  private readonly mask: Mask | null;
  private readonly walk: Walk | null;
  private step = NaN;
  private seen: [own: number, touch: number] | null = null; // the cursors that the mask is at
  private parts: Parts | null = null;

  constructor(private readonly matrix: Matrix, private readonly values: Values, private readonly track: Track | null,
              private readonly reader: Reader | null, isHidden: boolean,
              private readonly others: Map<string, MatrixSweep>) {
    this.final = values(matrix.path);
    this.walk = track && walkOf(matrix, track);
    this.own = ownReach(matrix, track, this.walk, isHidden);
    this.touch = (this.watched && reader!.walk!.reach(reader!.face)) || NEVER;
    this.mask = this.own === ALWAYS ? null : new Mask(matrix.h, matrix.w, matrix.rows.step, matrix.cols.step);
    this.shown = { matrix, values: this.final, visible: null, lit: null, floor: 0, version: 0,
                   changed: { top: 0, bottom: matrix.h, left: 0, right: matrix.w } };
  }

  /** Bring it to a step, and add what moves in its box to `insides`. */
  to(step: number, insides: Inside[]): void {
    const cursor = this.cursor(step);
    if (step !== this.step) {
      const changed = both(this.fill(cursor), this.reveal(cursor, step));
      if (changed.bottom > changed.top) {
        this.shown.version++;
        this.shown.changed = changed;
      }
      this.light(step);
      this.step = step;
    }
    if (this.track && isActive(this.track, cursor)) insides.push(...this.inside().to(cursor));
  }

  /** What it holds once its own sweep is done. */
  after(): Float32Array {
    return this.adds ? this.inside().sums!.after() : this.final;
  }

  /** Whether its reader shows and lights what it reads. */
  private get watched(): boolean {
    return Boolean(this.reader?.track && !this.reader.track.hideInputs);
  }

  private get adds(): boolean {
    return this.walk?.accumulates ?? false;
  }

  private cursor(step: number): number {
    return this.track ? cursorAt(this.track, step) : -1;
  }

  /** Its values at a cursor of its own sweep; where they are others than before. */
  private fill(cursor: number): Region {
    const { shown, track, matrix } = this;
    if (!this.adds || !track) return NOTHING;
    const before = shown.values;
    let changed = NOTHING;
    if (isActive(track, cursor)) {
      const sums = this.inside().sums!;
      changed = sums.to(cursor);
      shown.values = sums.values;
    } else {
      shown.values = cursor < 0 ? this.final : this.after();
    }
    shown.floor = shown.values === this.final ? 0 : floorOf(matrix.scale);
    return shown.values === before ? changed : { top: 0, bottom: matrix.h, left: 0, right: matrix.w };
  }

  /** Its mask; where that is another than before. */
  private reveal(cursor: number, step: number): Region {
    if (!this.mask) return NOTHING;
    const by = this.reader?.track;
    const touched = by ? cursorAt(by, step) : -1;
    if (this.seen && this.seen[0] === cursor && this.seen[1] === touched) return NOTHING;
    this.seen = [cursor, touched];
    const changed = this.mask.set({ reach: this.own, cursor }, { reach: this.touch, cursor: touched });
    this.shown.visible = this.mask.visible;
    return changed;
  }

  private light(step: number): void {
    const { reader } = this;
    this.shown.lit = null;
    if (!reader || !this.watched) return;
    const cursor = cursorAt(reader.track!, step);
    if (!isActive(reader.track!, cursor) || this.isRedrawn(since(reader.track!, step), step)) return;
    this.shown.lit = reader.walk!.lit(reader.face, cursor);
  }

  /** Whether its own sweep has hidden it, or shown all of it, after a step; what was lit is then not lit any more. */
  private isRedrawn(after: number, step: number): boolean {
    const { track, matrix } = this;
    if (!track) return false;
    const start = track.runs[0]?.[0] ?? track.done;
    return (!track.partials && after < start && start <= step)
      || (count(matrix.cols) > 1 && after < track.done && track.done <= step);
  }

  private inside(): Parts {
    if (!this.parts) {
      const { matrix, values, final: before } = this;
      const [left, right] = [this.others.get(matrix.left!)!.after(), this.others.get(matrix.right!)!.after()];
      const asGiven = !finishesSums(matrix.chain) || left === values(matrix.left!) && right === values(matrix.right!);
      const product: Product = {
        matrix, track: this.track!, walk: this.walk!, d: matrix.inner!.size, left, right, before,
        final: asGiven || !this.adds ? before : multiplied(matrix, left, right),
      };
      this.parts = new Parts(product, values);
    }
    return this.parts;
  }
}

/** What a sweep needs while it is under way. */
class Parts {
  readonly sums: Accumulator | null;
  private readonly pieces: Piece[];
  private readonly partials: BlockResult[];
  private readonly mask: Mask;
  private readonly reach: Reach;

  constructor(product: Product, values: Values) {
    const { matrix, track, walk } = product;
    this.sums = walk.accumulates ? accumulator(product) : null;
    this.pieces = pieces(product, track.inside);
    this.reach = walk.reach(RESULT) ?? ALWAYS;
    this.mask = new Mask(matrix.h, matrix.w, matrix.rows.step, matrix.cols.step);
    this.partials = track.partials ? partials(product, this.mask, values(matrix.left!), values(matrix.right!)) : [];
  }

  /** What is in the box at a cursor. */
  to(cursor: number): Inside[] {
    for (const piece of this.pieces) piece.to(cursor);
    if (this.partials.length) {
      const changed = this.mask.set({ reach: this.reach, cursor }, { reach: NEVER, cursor: -1 });
      for (const partial of this.partials) partial.show(changed);
    }
    return [...this.partials, ...this.pieces];
  }
}

/** When its own sweep shows an element of a matrix. */
function ownReach(matrix: Matrix, track: Track | null, walk: Walk | null, isHidden: boolean): Reach {
  if (!track || !walk) return isHidden ? NEVER : ALWAYS;
  if (track.partials) { // shown when it is done, and then only with blocks along j, as in the web tool
    return count(matrix.cols) > 1 ? { first: track.count, perRow: 0, perCol: 0 } : NEVER;
  }
  return (walk.accumulates ? null : walk.reach(RESULT)) ?? { first: 0, perRow: 0, perCol: 0 };
}
