/** Which elements of a matrix its own sweep and that of the matmul that reads it show. */
import type { Region } from "./state.ts";
import type { Reach } from "./algorithms.ts";

/** How far a sweep is, and from where on it shows an element. */
export interface Revealer { reach: Reach; cursor: number }

export const NOTHING: Region = { top: 0, bottom: 0, left: 0, right: 0 };

/**
 * The mask of a matrix of `h` rows and `w` columns, in blocks of `rowStep` x `colStep`. An element is shown where either
 * of two sweeps has reached it.
 */
export class Mask {
  readonly shown: Uint8Array;
  /** How many elements are shown. */
  count = 0;

  constructor(readonly h: number, readonly w: number, private readonly rowStep: number,
              private readonly colStep: number) {
    this.shown = new Uint8Array(h * w);
  }

  /** What is seen of it: null where all is. */
  get visible(): Uint8Array | null {
    return this.count === this.shown.length ? null : this.shown;
  }

  /** Bring it up to date; where it changed. */
  set(own: Revealer, touch: Revealer): Region {
    const { h, w, shown, rowStep, colStep } = this;
    let [top, bottom, left, right] = [h, 0, w, 0];
    const byOwn = own.reach, byTouch = touch.reach;
    for (let row = 0, at = 0; row < h; row++) {
      const rowIn = row % rowStep;
      const ownLeft = own.cursor - byOwn.first - byOwn.perRow * rowIn;
      const touchLeft = touch.cursor - byTouch.first - byTouch.perRow * rowIn;
      // from which column of a block on nothing is reached any more
      const reached = Math.max(columns(ownLeft, byOwn.perCol), columns(touchLeft, byTouch.perCol));
      for (let start = 0; start < w; start += colStep) {
        const end = Math.min(start + colStep, w);
        for (let col = start; col < end; col++, at++) {
          const now = col - start < reached ? 1 : 0;
          if (shown[at] === now) continue;
          shown[at] = now;
          this.count += 2 * now - 1;
          if (row < top) top = row;
          bottom = row + 1;
          if (col < left) left = col;
          if (col >= right) right = col + 1;
        }
      }
    }
    return bottom ? { top, bottom, left, right } : NOTHING;
  }
}

/** How many columns of a block are reached where `left` steps are left for them and each takes `perCol`. */
function columns(left: number, perCol: number): number {
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
