/** Which elements of a matrix its own sweep and that of the matmul that reads it show. */
import type { Region } from "./state.ts";
import type { Reach } from "./algorithms.ts";

/** How far a sweep is, and from where on it shows an element. */
export interface Revealer { reach: Reach; cursor: number }

export const NOTHING: Region = { top: 0, bottom: 0, left: 0, right: 0 };

/**
 * The mask of a matrix of `h` rows and `w` columns, in blocks of `rowStep` x `colStep`. An element is shown where
 * either of two sweeps has reached it.
 */
export class Mask {
  readonly shown: Uint8Array;
  /** How many elements are shown. */
  count = 0;
  private readonly reached: Int32Array; // by row, how many columns of every block

  constructor(readonly h: number, readonly w: number, private readonly rowStep: number,
              private readonly colStep: number) {
    this.shown = new Uint8Array(h * w);
    this.reached = new Int32Array(h);
  }

  /** What is seen of it: null where all is. */
  get visible(): Uint8Array | null {
    return this.count === this.shown.length ? null : this.shown;
  }

  /** Bring it up to date; where it changed. */
  set(own: Revealer, touch: Revealer): Region {
    const { h, w, rowStep, colStep, reached } = this;
    let [top, bottom, left, right] = [h, 0, w, 0];
    for (let row = 0; row < h; row++) {
      const inBlock = row % rowStep;
      const now = Math.min(Math.max(columns(own, inBlock), columns(touch, inBlock)), colStep);
      const before = reached[row]!;
      if (now === before) continue;
      reached[row] = now;
      const [from, to] = [Math.min(now, before), Math.max(now, before)];
      this.fill(row, from, to, now > before ? 1 : 0);
      top = Math.min(top, row);
      bottom = row + 1;
      left = Math.min(left, from);
      right = Math.max(right, Math.min(Math.floor((w - 1) / colStep) * colStep + to, w));
    }
    return bottom ? { top, bottom, left, right } : NOTHING;
  }

  /** Show or hide columns `from` to `to - 1` of every block of a row. */
  private fill(row: number, from: number, to: number, shown: 0 | 1): void {
    const { w, colStep } = this;
    for (let start = 0; start + from < w; start += colStep) {
      const end = Math.min(start + to, w);
      this.shown.fill(shown, row * w + start + from, row * w + end);
      this.count += (shown ? 1 : -1) * (end - start - from);
    }
  }
}

/** How many columns of a block a sweep has reached in a row of it. */
function columns({ reach: { first, perRow, perCol }, cursor }: Revealer, row: number): number {
  const left = cursor - first - perRow * row;
  if (!(left >= 0)) return 0;
  return perCol === 0 ? Infinity : Math.floor(left / perCol) + 1;
}

/** The least region that holds both. */
export function both(a: Region, b: Region): Region {
  if (a.bottom === a.top) return b;
  if (b.bottom === b.top) return a;
  return { top: Math.min(a.top, b.top), bottom: Math.max(a.bottom, b.bottom), left: Math.min(a.left, b.left),
           right: Math.max(a.right, b.right) };
}
