/** Words: tokens along the edges of a matrix, one a row and one a column (document/edge_words.py).
 *
 * They are as large as the rows and columns are apart, up to the size of shapes and down to what can be read; where
 * even that is too large, every second, third ... has its word.
 */
import { along } from "../sweep/frames.ts";
import type { Inks, Pen } from "./pen.ts";
import { type Point, type Polygon, type Rect, bounds, inside, meet, overlap } from "./polygons.ts";
import type { Sight } from "./sight.ts";
import { type Slab, type SlabSeen, MARGIN, inWorld } from "./slabs.ts";
import { plain } from "./typeset.ts";

const LEAST = 9.5;     // pixels
const CLOSE = 1.05;    // from line to line, in em
const GAP = 0.3;       // em from the matrix to a word
const LONGEST = 14;    // letters of a word that are shown
const STAY = 0.6;      // what it is worth to stay where they stood
const WORST = 6.5;     // what words may cost: those that cover data say less than they hide
const FEWEST = 4;      // words that are worth showing, where not all are
const LEANING = [0, -Math.PI / 4, Math.PI / 4, -Math.PI / 2];

interface Word { text: string; x: number; y: number; angle: number; size: number; width: number; box: Polygon;
  rect: Rect }
interface Setting { words: Word[]; cost: number; key: string; every: number }
interface Around { area: Rect; own: SlabSeen; others: SlabSeen[]; taken: Polygon[]; rects: Rect[] }

export class Words {
  private placed: Word[] = [];
  private readonly kept = new Map<string, string>();
  /** Every how many rows or columns have their word, at most. */
  every = 1;
  /** Along which sides of which matrices there is no room for words. */
  without: string[] = [];

  /** Place the words of what is seen. Gives what they cover. */
  place(seen: SlabSeen[], sight: Sight, area: Rect, taken: Polygon[], em: number, pen: Pen, moving = false): Polygon[] {
    this.placed = [];
    this.every = 1;
    this.without = [];
    for (const own of seen) {
      const { matrix, key } = own.slab;
      if (!matrix.rowLabels || !matrix.colLabels || matrix.legends <= 0) continue;
      const others = seen.filter((each) => each !== own);
      for (const axis of [1, 0] as const) {
        const all = [...taken, ...this.placed.map(({ box }) => box)];
        const around = { area, own, others, taken: all, rects: all.map(bounds) };
        const best = this.best(around, axis, sight, em, pen, this.kept.get(`${key} ${axis}`), moving);
        if (!best) {
          this.without.push(`${axis === 0 ? "rows" : "columns"} of ${matrix.name}`);
          continue;
        }
        this.kept.set(`${key} ${axis}`, best.key);
        this.placed.push(...best.words);
        this.every = Math.max(this.every, best.every);
      }
    }
    return this.placed.map(({ box }) => box);
  }

  draw(pen: Pen, inks: Inks): void {
    for (const word of this.placed) {
      pen.on.save();
      pen.on.translate(word.x, word.y);
      pen.on.rotate(word.angle);
      pen.draw(pen.line(plain(word.text), word.size, "quiet"), 0, 0, inks.quiet);
      pen.on.restore();
    }
  }

  private best(around: Around, axis: 0 | 1, sight: Sight, em: number, pen: Pen, before?: string,
    moving = false): Setting | null {
    const options: Setting[] = [];
    for (const far of [true, false]) {
      if (moving && before && !before.startsWith(`${far}`)) continue; // they change sides when the camera rests
      const starts = startsOf(around.own.slab, axis, far, sight);
      if (!starts.length) continue;
      const mean = starts.reduce((sum, { u, v }) => ({ x: sum.x + u, y: sum.y + v }), { x: 0, y: 0 });
      const own = upright(Math.atan2(mean.y, mean.x));
      LEANING.concat(own).forEach((angle, at) => {
        const key = `${far} ${at}`, made = set(around.own.slab, axis, starts, angle, em, pen);
        const stay = before === key ? STAY : 0;
        options.push({ ...made, key, cost: made.cost + price(made.words, around) - stay });
      });
    }
    const best = options.reduce<Setting | null>((a, b) => (!a || b.cost < a.cost ? b : a), null);
    return best && best.cost < WORST && (best.every === 1 || best.words.length >= FEWEST) ? best : null;
  }
}

interface Start extends Point { index: number; u: number; v: number }

/** Where the words begin on the screen, and the direction away from the matrix there. */
function startsOf(slab: Slab, axis: 0 | 1, far: boolean, sight: Sight): Start[] {
  const { matrix } = slab, split = axis === 0 ? matrix.rows : matrix.cols;
  const at = far ? (axis === 0 ? slab.wide : slab.high) + MARGIN : -MARGIN, out: Start[] = [];
  for (let index = 0; index < split.size; index++) {
    const place = along(split, index);
    const [near, next] = [at, at + (far ? 1 : -1)].map((away) => sight.at(
      axis === 0 ? inWorld(slab, away, place, 0) : inWorld(slab, place, away, 0)));
    if (near!.depth <= 0 || next!.depth <= 0) continue;
    const long = Math.hypot(next!.x - near!.x, next!.y - near!.y) || 1;
    out.push({ x: near!.x, y: near!.y, index, u: (next!.x - near!.x) / long, v: (next!.y - near!.y) / long });
  }
  return out;
}

function upright(angle: number): number {
  const right = Math.PI / 2 + 0.17; // which reads up rather than down
  return angle > Math.PI / 2 - 0.17 ? angle - Math.PI : angle <= -right ? angle + Math.PI : angle;
}

/** The words at one angle, and what that costs: how many are left out, how small and how slanting they are. */
function set(slab: Slab, axis: 0 | 1, starts: Start[], angle: number, em: number, pen: Pen): Omit<Setting, "key"> {
  const labels = axis === 0 ? slab.matrix.rowLabels! : slab.matrix.colLabels!;
  const cos = Math.cos(angle), sin = Math.sin(angle), most = 0.85 * em;
  const across = starts.map(({ x, y }) => y * cos - x * sin);
  let apart = Infinity;
  for (let at = 1; at < across.length; at++) apart = Math.min(apart, Math.abs(across[at]! - across[at - 1]!));
  const every = Math.min(Math.max(Math.ceil(LEAST * CLOSE / Math.max(apart, 1e-6)), 1), starts.length);
  const size = Math.min(Math.max(apart * every / CLOSE, LEAST), most);
  const words: Word[] = [];
  let facing = 0, longest = 0;
  for (const { x, y, index, u, v } of starts) {
    if (index % every) continue;
    const label = labels[index]!, text = label.length <= LONGEST ? label : `${label.slice(0, LONGEST - 1)}…`;
    const width = pen.measure(text, size), ahead = u * cos + v * sin, drop = v * cos - u * sin;
    // the letters begin, end or have their middle where the row ends
    const shift = ahead > 0.35 ? 0 : ahead < -0.35 ? -width : -width / 2;
    const foot = Math.abs(ahead) > 0.35 ? 0.33 : drop > 0 ? 0.8 : -0.1;
    const a = x + u * GAP * size, b = y + v * GAP * size;
    const left = a + cos * shift - sin * foot * size, base = b + sin * shift + cos * foot * size;
    const box = boxOf(left, base, width, size, cos, sin);
    words.push({ text, x: left, y: base, angle, size, width, box, rect: bounds(box) });
    facing += Math.abs(ahead);
    longest = Math.max(longest, label.length);
  }
  facing /= Math.max(words.length, 1);
  const cost = 1.5 * Math.sqrt(every - 1) + 2 * (most - size) / most + 0.8 * Math.abs(angle) / (Math.PI / 2);
  return { words, every, cost: cost + (facing < 0.35 && longest > 2 ? 1.5 : 0.6 * (1 - facing)) };
}

function boxOf(x: number, y: number, width: number, size: number, cos: number, sin: number): Polygon {
  return [[0, -0.75], [width / size, -0.75], [width / size, 0.22], [0, 0.22]].map(([u, v]) => ({
    x: x + (u! * cos - v! * sin) * size, y: y + (u! * sin + v! * cos) * size }));
}

/** What words cost for being off the screen, over data, and over each other. */
function price(words: Word[], { area, own, others, taken, rects }: Around): number {
  if (!words.length) return 20;
  let outside = 0, covered = 0, over = 0, touching = 0, order = 0;
  words.forEach(({ box, rect }, at) => {
    if (rect.left < area.left || rect.right > area.right || rect.top < area.top || rect.bottom > area.bottom) outside++;
    const middle = { x: (box[0]!.x + box[2]!.x) / 2, y: (box[0]!.y + box[2]!.y) / 2 };
    const hits = (polygon: Polygon): boolean => [...box, middle].some(({ x, y }) => inside(x, y, polygon));
    if (others.some((each) => meet(rect, each.box) && hits(each.outline))) covered++;
    if (inside(middle.x, middle.y, own.outline)) over++;
    if (taken.some((polygon, each) => meet(rect, rects[each]!) && overlap(box, polygon))) touching++;
    if (at && meet(rect, words[at - 1]!.rect) && overlap(box, words[at - 1]!.box)) order++;
  });
  return (8 * outside + 8 * covered + 6 * over + 30 * touching + 30 * order) / words.length;
}
