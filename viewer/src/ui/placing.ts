/** Placing: names with the fewest good places choose first, then all choose again while that makes it cheaper; what
 * still touches gives way (lettering/placing.py). */
import { type Candidate, type Item, type Spot, type Surface, candidatesOf } from "./candidates.ts";
import { bounds, meet, overlap } from "./polygons.ts";

const MOST = 60, ROUNDS = 4, CLASH = 1000;

/** A place for every item, null for one that has no room, and for those of the smallest matrices beyond the 60th. */
export function place(items: Item[], page: Surface): (Spot | null)[] {
  const size = items.map(({ outline }) => {
    const { left, right, top, bottom } = bounds(outline);
    return (right - left) * (bottom - top);
  });
  const among = items.map((_, at) => at).sort((a, b) => size[b]! - size[a]!).slice(0, MOST);
  const every = new Map(among.map((at) => [at, candidatesOf(items[at]!, page)]));
  const good = (at: number): number => every.get(at)!.filter(({ cost }) => cost < 2.5).length;
  const order = among.filter((at) => every.get(at)!.length).sort((a, b) => good(a) - good(b) || a - b);
  const chosen = new Map<number, Candidate>();
  for (let round = 0; round < ROUNDS; round++) {
    let changed = false;
    for (const at of order) {
      const best = cheapest(every.get(at)!, at, chosen);
      changed ||= chosen.get(at) !== best;
      chosen.set(at, best);
    }
    if (!changed) break;
  }
  const kept = new Map<number, Candidate>(), out: (Spot | null)[] = items.map(() => null);
  for (const at of [...order].sort((a, b) => chosen.get(a)!.cost - chosen.get(b)!.cost)) {
    const best = cheapest(every.get(at)!, at, kept);
    if ([...kept.values()].some((other) => touch(best, other))) continue;
    kept.set(at, best);
    out[at] = best;
  }
  return out;
}

function cheapest(mine: Candidate[], at: number, chosen: Map<number, Candidate>): Candidate {
  let best = mine[0]!, least = Infinity;
  for (const each of mine) {
    if (each.cost >= least) break; // they come in the order of their prices
    let cost = each.cost;
    for (const [other, theirs] of chosen) if (other !== at && touch(each, theirs)) cost += CLASH;
    if (cost < least) [best, least] = [each, cost];
  }
  return best;
}

function touch(a: Candidate, b: Candidate): boolean {
  if (meet(a.rect, b.rect) && overlap(a.box, b.box)) return true;
  return !!(a.bar && overlap(a.bar, b.box)) || !!(b.bar && overlap(b.bar, a.box))
    || !!(a.bar && b.bar && overlap(a.bar, b.bar));
}
