/** What of a state is drawn: a tile for each matrix and for each thing that moves in a box, kept from step to step. */
import type { Object3D } from "three";
import type { ColourMap, Course, Look, Member, Scale, Viz } from "../format.ts";
import { isLit, type Inside, type Lit, type Region, type Shown, type State } from "../sweep/state.ts";
import { Palette, Swatches, type Drawn } from "./bake.ts";
import { runsAt, runsOf, type Place, type Rect } from "./blocks.ts";
import { Tile } from "./tiles.ts";

/** Rows and columns of a matrix that are lit by hand; what is in both lists is lit alone where `cross` says so. */
export interface Light { rows: readonly number[]; cols: readonly number[]; cross?: boolean }

interface Thing {
  tile: Tile; drawn: Drawn; palette: Palette; version: number; lit: Lit | null; light: Light | null;
}

export class Contents {
  /** By path; of what moves in a box, by its path, kind and number. */
  readonly things = new Map<string, Thing>();
  private look: Look;
  private lights = new Map<string, Light>();
  private state: State | null = null;
  private readonly swatches = new Map<string, Swatches>();
  /** Elements that a texture holds at most each way, which GPUs differ in. */
  private most = 4096;

  constructor(private readonly member: Member, private readonly maps: readonly ColourMap[], look: Look,
              private readonly into: Object3D) {
    this.look = look;
  }

  get tiles(): Tile[] { return [...this.things.values()].map(thing => thing.tile); }

  /** Draw another state; whether that changes anything. */
  set(state: State): boolean {
    this.state = state;
    let changed = false;
    for (const [path, shown] of state.matrices) changed = this.matrix(path, shown) || changed;
    const inside = new Set<string>();
    state.insides.forEach((each, at) => {
      const key = `${each.path}:${each.kind}:${at}`;
      inside.add(key);
      changed = this.inside(key, each) || changed;
    });
    for (const [key, thing] of this.things)
      if (key.includes(":") && !inside.has(key)) {
        thing.tile.dispose();
        this.things.delete(key);
        changed = true;
      }
    return changed;
  }

  /** Light rows and columns of matrices, by path, and no others. */
  light(lights: ReadonlyMap<string, Light>): void {
    this.lights = new Map(lights);
    if (this.state) for (const [path, shown] of this.state.matrices) this.matrix(path, shown);
  }

  setLook(look: Look): void {
    this.look = look;
    this.remake();
  }

  /** Draw on a GPU whose textures are at most so wide and high. */
  limit(most: number): void {
    if (most >= this.most) return;
    this.most = most;
    this.remake();
  }

  /** Let go of what the GPU holds. What is drawn is still known, and drawn no more until it is made anew. */
  release(): void {
    this.swatches.clear();
    for (const thing of this.things.values()) thing.tile.dispose();
  }

  /** Make everything anew, from the state. */
  remake(): void {
    this.release();
    this.things.clear();
    if (this.state) this.set(this.state);
  }

  private matrix(path: string, shown: Shown): boolean {
    const { matrix } = shown, light = this.lights.get(path) ?? null;
    const drawn: Drawn = {
      values: shown.values, visible: shown.visible, floor: shown.floor, lit: litBy(shown.lit, light),
    };
    const before = this.things.get(path);
    if (!before) {
      const palette = this.palette(matrix.viz, matrix.scale, matrix.course);
      const place: Place = { frame: this.framed(matrix.frame), rows: runsOf(matrix.rows), cols: runsOf(matrix.cols),
        h: matrix.h, w: matrix.w };
      const tile = new Tile(place, matrix.viz, palette, drawn, this.most, this.into);
      this.things.set(path, { tile, drawn, palette, version: shown.version, lit: shown.lit, light });
      return true;
    }
    const rects: Rect[] = [];
    if (shown.version !== before.version)
      rects.push(shown.version === before.version + 1 ? rectOf(shown.changed)
        : { row: 0, col: 0, h: matrix.h, w: matrix.w });
    if (!sameLit(shown.lit, before.lit))
      for (const lit of [before.lit, shown.lit]) rects.push(...litRects(lit, matrix.h, matrix.w));
    if (light !== before.light)
      for (const each of [before.light, light]) rects.push(...lightRects(each, matrix.h, matrix.w));
    Object.assign(before, { drawn, version: shown.version, lit: shown.lit, light });
    for (const rect of rects) before.tile.change(rect, drawn);
    return rects.length > 0;
  }

  private inside(key: string, inside: Inside): boolean {
    const { h, w, values, visible, floor, version } = inside;
    const before = this.things.get(key);
    if (before && before.version === version && before.drawn.values === values) return false;
    const drawn: Drawn = { values, visible, floor, lit: null };
    const place: Place = { frame: this.framed(inside.frame), rows: runsAt(inside.rows), cols: runsAt(inside.cols),
      h, w };
    if (before?.tile.move(place)) {
      before.tile.change({ row: 0, col: 0, h, w }, drawn);
      Object.assign(before, { drawn, version });
      return true;
    }
    before?.tile.dispose();
    const palette = this.palette(inside.viz, inside.scale, inside.course);
    const tile = new Tile(place, inside.viz, palette, drawn, this.most, this.into);
    this.things.set(key, { tile, drawn, palette, version, lit: null, light: null });
    return true;
  }

  private palette(viz: Viz, scale: Scale, course: Course): Palette {
    const key = JSON.stringify([viz, course]), map = viz.auto ? this.look.map : viz.map;
    let swatches = this.swatches.get(key);
    if (!swatches) {
      swatches = new Swatches(viz, course, map === null ? null : this.maps[map]!, this.look);
      this.swatches.set(key, swatches);
    }
    return new Palette(swatches, scale);
  }

  /** A frame of the member's as it stands in the page. */
  framed(frame: ArrayLike<number>): Float64Array {
    const { scale, offset } = this.member;
    return Float64Array.from(frame, (x, at) =>
      (at >= 12 ? x : at % 4 === 3 ? x * scale + offset[(at - 3) / 4]! : x * scale));
  }
}

const rectOf = ({ top, bottom, left, right }: Region): Rect =>
  ({ row: top, col: left, h: bottom - top, w: right - left });

function litBy(lit: Lit | null, light: Light | null): Drawn["lit"] {
  if (!lit && !light) return null;
  const rows = new Set(light?.rows), cols = new Set(light?.cols), cross = light?.cross ?? false;
  return (row, col) => isLit(lit, row, col)
    || (light !== null && (cross ? rows.has(row) && cols.has(col) : rows.has(row) || cols.has(col)));
}

function sameLit(a: Lit | null, b: Lit | null): boolean {
  return a === b || (a !== null && b !== null && a.row === b.row && a.rowStep === b.rowStep && a.col === b.col
    && a.colStep === b.colStep);
}

/** Rectangles that hold all that a sweep lights. */
function litRects(lit: Lit | null, h: number, w: number): Rect[] {
  if (!lit) return [];
  const along = (first: number, step: number, size: number): [number, number][] => {
    if (first < 0) return [[0, size]];
    const found: [number, number][] = [];
    for (let at = first; at < size; at += Math.max(step, 1)) found.push([at, 1]);
    return found.length > MANY ? [[0, size]] : found;
  };
  const cols = along(lit.col, lit.colStep, w);
  return along(lit.row, lit.rowStep, h).flatMap(([row, high]) =>
    cols.map(([col, wide]) => ({ row, col, h: high, w: wide })));
}

function lightRects(light: Light | null, h: number, w: number): Rect[] {
  if (!light) return [];
  if (light.rows.length + light.cols.length > MANY) return [{ row: 0, col: 0, h, w }];
  return [...light.rows.map(row => ({ row, col: 0, h: 1, w })), ...light.cols.map(col => ({ row: 0, col, h, w: 1 }))]
    .filter(rect => rect.row < h && rect.col < w);
}

const MANY = 64; // rows or columns that are drawn anew one by one
