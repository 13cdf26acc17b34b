/** Pins: the element that is pointed at and the one that is pinned, what is said of them, and what they light. */
import { describe, type Hit } from "./describe.ts";
import { type Grid, gridsOf } from "./grids.ts";
import type { Mark } from "./lettering.ts";
import type { Point } from "./polygons.ts";
import type { Sight } from "./sight.ts";
import type { Spot, Stage } from "./stage.ts";
import { Tip } from "./tip.ts";

export class Pins {
  pin: Hit | null = null;
  hover: Hit | null = null;
  readonly hovering = new Tip(false);
  readonly pinning: Tip;

  constructor(private readonly stage: Stage, unpin: () => void) {
    this.pinning = new Tip(true, unpin);
  }

  /** Point at an element; whether anything changed. */
  point(hit: Hit | null): boolean {
    const next = same(hit, this.pin) ? null : hit;
    if (same(next, this.hover)) return false;
    this.hover = next;
    return true;
  }

  /** Pin an element, or let go of it. */
  click(hit: Hit | null): void {
    this.pin = hit && !same(hit, this.pin) ? hit : null;
    this.hover = null;
  }

  /** What moves in a box is another at every step of another sweep. */
  letGoInside(): void {
    if (this.pin && this.pin.inside !== null) this.pin = null;
  }

  /** Say what the two are, beside them. Gives where they are on the screen. */
  show(sight: Sight): Mark[] {
    const marks: Mark[] = [];
    for (const [hit, tip] of [[this.pin, this.pinning], [this.hover, this.hovering]] as const) {
      const at = hit && this.say(hit, tip, sight);
      if (!at) tip.hide();
      else marks.push({ at, tip: tip === this.pinning ? rimOf(tip.panel, at) : null });
    }
    return marks;
  }

  private say(hit: Hit, tip: Tip, sight: Sight): Point | null {
    const { page, states } = this.stage, state = states[hit.member];
    const told = state && describe(page, hit, state, this.stage.track(hit)), grid = state && this.gridOf(hit);
    if (!told || !grid) return null;
    const at = sight.at(grid.at(hit.row, hit.col));
    if (at.depth <= 0) return null;
    tip.show(told, at, sight.width, sight.height);
    return at;
  }

  /** Where an element is on the screen. */
  where(hit: Hit, sight: Sight): Point {
    const { x, y } = sight.at(this.gridOf(hit)!.at(hit.row, hit.col));
    return { x, y };
  }

  private gridOf(hit: Hit): Grid | undefined {
    const { page, states, look } = this.stage, state = states[hit.member]!;
    return gridsOf(page, look, hit.member,
      state).find((grid) => (hit.inside === null ? !grid.inside && grid.path === hit.path
      : grid.inside === state.insides[hit.inside]));
  }

  /** Light both, with the rows and columns that made them. */
  light(): void {
    const spots: Spot[] = [];
    for (const hit of [this.pin, this.hover]) if (hit) spots.push(...this.made(hit));
    this.stage.picture.light(spots);
  }

  private made({ member, path, row, col, inside }: Hit): Spot[] {
    const { states, page } = this.stage, matrix = page.members[member]!.matrices.find((each) => each.path === path);
    const moving = inside === null ? null : states[member]?.insides[inside];
    if (!matrix || (inside !== null && !moving)) return [];
    const [i, k, j] = moving ? moving.indices(row, col) : [row, -1, col];
    const out: Spot[] = [{ member, path, row: i, col: j }], along = k < 0 ? null : k;
    if (matrix.left) out.push({ member, path: matrix.left, row: i, col: along });
    if (matrix.right) out.push({ member, path: matrix.right, row: along, col: j });
    return out;
  }
}

export function same(a: Hit | null, b: Hit | null): boolean {
  return a === b || (!!a && !!b && a.member === b.member && a.path === b.path && a.inside === b.inside
    && a.row === b.row
    && a.col === b.col);
}

/** The point of a panel's rim that is nearest to a point. */
function rimOf(panel: HTMLElement, at: Point): Point {
  const box = panel.getBoundingClientRect(), own = panel.offsetParent?.getBoundingClientRect() ?? { left: 0, top: 0 };
  return { x: Math.min(Math.max(at.x, box.left - own.left), box.right - own.left),
    y: Math.min(Math.max(at.y, box.top - own.top), box.bottom - own.top) };
}
