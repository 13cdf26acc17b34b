/** A matrix as it is drawn: a box for each of its blocks, on which a shader finds what is seen. */
import {
  BackSide, BufferAttribute, type BufferGeometry, CustomBlending, type ExternalTexture, GLSL3, InstancedBufferAttribute,
  InstancedBufferGeometry, Matrix3, Matrix4, Mesh, OneFactor,
  OneMinusSrcAlphaFactor, RawShaderMaterial, Vector2, Vector3, Vector4, type Object3D,
} from "three";
import type { Look, Viz } from "../format.ts";
import { Pictures, type Drawn, type Palette } from "./bake.ts";
import { patchesOf, type Patch, type Place, type Rect, type Run } from "./blocks.ts";
import { dot, sub, unit, type Vec, type View } from "./camera.ts";
import { around, type Box } from "./order.ts";
import { still } from "./still.ts";
import { onFace, openness, type Lights } from "./look.ts";
import { FAR_FRAGMENT, FAR_VERTEX, TILE_FRAGMENT, TILE_VERTEX } from "./tile_shaders.ts";
import { nearest } from "./seen.ts";
import { Texture } from "./textures.ts";

/** What all tiles of a frame have in common. */
export interface Shot {
  gl: WebGL2RenderingContext; view: View; lights: Lights;
  /** World to clip space. */
  matrix: Matrix4;
  /** Height of the picture, in pixels, by twice the tangent of half its field of view. */
  pixels: number;
  /** From how many pixels on an element is followed, and by how many levels pictures are sharper. */
  follow: number; sharper: number;
  litGlow: number; bevel: number;
  /** Edges that are drawn. */
  drawn: Look["drawn"];
  /** Ways to the light, where it is looked at what stands between. */
  rays: { sun: Vec; sky: Vec } | null;
}

interface Part {
  patch: Patch; pictures: Pictures;
  /** What is sent to the GPU of the pictures; the near one once it is drawn. */
  far: Texture; near: Texture | null;
  materials: Materials;
}

const first = (runs: Run[]): number => (runs.length ? runs[0]!.at - 0.5 : 0);
const last = (runs: Run[]): number =>
  (runs.length ? runs[runs.length - 1]!.at + runs[runs.length - 1]!.count - 0.5 : 0);
const same = (a: Run[], b: Run[]): boolean =>
  a.length === b.length && a.every((run, at) => run.at === b[at]!.at && run.count === b[at]!.count);

const CORNERS = new Float32Array([...Array(8).keys()].flatMap(at => [at & 1, at >> 1 & 1, at >> 2]));
const FACES = [0, 2, 3, 0, 3, 1, 4, 5, 7, 4, 7, 6, 0, 1, 5, 0, 5, 4,
  2, 6, 7, 2, 7, 3, 0, 4, 6, 0, 6, 2, 1, 3, 7, 1, 7, 5];

export class Tile {
  readonly meshes: Mesh[] = [];
  box!: Box;
  order = 0;
  private readonly parts: Part[] = [];
  private readonly world = new Matrix4();
  private axes!: [Vec, Vec, Vec];
  private scale = 1;
  private half = 0;
  private readonly largest: number;

  constructor(public place: Place, viz: Viz, private readonly palette: Palette, private drawn: Drawn,
              private readonly most: number, into: Object3D) {
    const { rows, cols } = place;
    this.largest = palette.largest;
    this.half = palette.largest / 2;
    this.lie(place);
    for (const patch of patchesOf(rows, cols, most)) {
      const pictures = new Pictures(patch.w, patch.h), far = new Texture(pictures.levels, true);
      const materials = materialsOf(far, patch, viz, palette);
      const mesh = still(new Mesh(boxes(patch), materials.of("far")));
      into.add(mesh);
      this.meshes.push(mesh);
      this.parts.push({ patch, pictures, far, near: null, materials });
    }
    this.change({ row: 0, col: 0, h: place.h, w: place.w }, drawn);
  }

  /** Have it lie elsewhere; false if it cannot, since it has other blocks there. */
  move(place: Place): boolean {
    if (place.h !== this.place.h || place.w !== this.place.w) return false;
    if (!same(place.rows, this.place.rows) || !same(place.cols, this.place.cols)) {
      const patches = patchesOf(place.rows, place.cols, this.most);
      if (patches.length !== this.parts.length
        || patches.some(({ blocks }, at) => blocks.length !== this.parts[at]!.patch.blocks.length)) return false;
      patches.forEach((patch, at) => {
        this.parts[at]!.patch = patch;
        fill(this.meshes[at]!.geometry, patch);
      });
    }
    this.lie(place);
    return true;
  }

  private lie(place: Place): void {
    const { frame, rows, cols } = this.place = place;
    this.world.set(...frame as unknown as Parameters<Matrix4["set"]>);
    const column = (a: number): Vec => [frame[a]!, frame[4 + a]!, frame[8 + a]!];
    this.scale = Math.hypot(...column(0));
    this.axes = [0, 1, 2].map(a => column(a).map(c => c / this.scale)) as [Vec, Vec, Vec];
    this.box = around(frame, [first(cols), first(rows), -this.half], [last(cols), last(rows), this.half]);
  }

  /** Draw the elements in `rect` anew. */
  change(rect: Rect, drawn: Drawn): void {
    this.drawn = drawn;
    for (const { patch, pictures, far, near } of this.parts) {
      const part = common(rect, patch);
      if (!part) continue;
      pictures.bake(part, drawn, this.palette, patch, this.place.w);
      far.change(pictures.reduce(part));
      near?.change([part]);
    }
    this.thicken();
  }

  /** Have pictures of elements that are large, too. */
  private approach(): void {
    for (const part of this.parts) {
      const { patch, pictures, materials } = part;
      if (part.near) continue;
      part.near = new Texture([pictures.approach()], false);
      pictures.bake({ row: 0, col: 0, h: patch.h, w: patch.w }, this.drawn, this.palette, patch, this.place.w);
      materials.uniforms.nearPicture.value = part.near.shown;
    }
  }

  /** Be as thick as the largest cube there is. */
  private thicken(): void {
    const largest = this.parts.reduce((most, { pictures }) => Math.max(most, pictures.largest), 0);
    this.half = Math.max(largest * this.largest / 2, 1e-3);
    this.lie(this.place);
  }

  /** Whether its elements are small all over, in a frame; then it is flat. */
  isSmall({ view, pixels, follow }: Shot): boolean {
    return pixels * this.scale / (view.parallel ? 1 : nearest(view, this.box)) < 0.75 * follow;
  }

  /** Ready for a frame. `order`: when it is drawn. */
  set(shot: Shot, order: number): void {
    this.order = order;
    const { view, lights, matrix } = shot;
    const toClip = matrix.clone().multiply(this.world);
    const e = toClip.elements;
    const own = (v: Vec): Vec => this.axes.map(axis => dot(axis, v) / this.scale) as Vec;
    const origin: Vec = [this.world.elements[12]!, this.world.elements[13]!, this.world.elements[14]!];
    const eye = view.parallel ? [...own(view.towards).map(c => -c * this.scale), 0]
      : [...own(sub(view.position, origin)), 1];
    const middle = this.box.low.map((low, a) => (low + this.box.high[a]!) / 2) as Vec;
    const towards = unit(view.parallel ? view.towards : sub(view.position, middle));
    const faces = [-1, 1].flatMap(side =>
      this.axes.map(axis => onFace(lights, axis.map(c => c * side) as Vec, towards)));
    const open = openness(lights, this.axes);
    const small = this.isSmall(shot);
    if (!small) this.approach();
    this.parts.forEach(({ far, near, materials }, at) => {
      const mesh = this.meshes[at]!;
      mesh.renderOrder = order;
      mesh.material = materials.of(small ? "far" : shot.rays ? "traced" : "near");
      far.ready(shot.gl);
      if (!small) near!.ready(shot.gl);
    });
    for (const { materials: { uniforms: u }, pictures } of this.parts) {
      u.meanGap.value = pictures.meanGap;
      u.toClip.value.copy(toClip);
      u.depthRow.value.set(e[2]!, e[6]!, e[10]!, e[14]!);
      u.widthRow.value.set(e[3]!, e[7]!, e[11]!, e[15]!);
      u.eye.value.fromArray(eye);
      u.pixels.value.set(shot.pixels * this.scale, shot.follow);
      for (const [name, of] of [["keys", "key"], ["others", "others"], ["gleams", "gleam"]] as const)
        halves(u[name].value, faces.map(face => face[of]));
      u.ambient.value.fromArray(lights.everywhere);
      u.glow.value.setScalar(lights.own);
      const { drawn } = shot;
      u.ink.value.set(...(drawn ? [...drawn.ink, drawn.inked] : [0, 0, 0, 0]) as [number, number, number, number]);
      u.plan.value.set(drawn ? 2 * drawn.width : 0, drawn?.face ?? 1, drawn?.shade ?? 0);
      u.upward.value.fromArray(this.axes.map(axis => axis[1]));
      if (shot.rays) {
        u.sun.value.fromArray(own(shot.rays.sun));
        u.sky.value.fromArray(own(shot.rays.sky));
      }
      u.open_.value.fromArray(open);
      u.half_.value = this.half;
      u.sharper.value = shot.sharper;
      u.litGlow.value = shot.litGlow;
      u.bevel.value = shot.bevel;
    }
  }

  show(shown: boolean): void { this.meshes.forEach(mesh => { mesh.visible = shown; }); }

  dispose(): void {
    for (const { far, near, materials } of this.parts) {
      far.dispose();
      near?.dispose();
      materials.dispose();
    }
    for (const mesh of this.meshes) { mesh.geometry.dispose(); mesh.removeFromParent(); }
  }
}

/** What two rectangles of a matrix have in common, from the second's corner. */
function common(a: Rect, b: Rect): Rect | null {
  const row = Math.max(a.row, b.row), col = Math.max(a.col, b.col);
  const h = Math.min(a.row + a.h, b.row + b.h) - row, w = Math.min(a.col + a.w, b.col + b.w) - col;
  return h > 0 && w > 0 ? { row: row - b.row, col: col - b.col, h, w } : null;
}

function boxes(patch: Patch): InstancedBufferGeometry {
  const geometry = new InstancedBufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(CORNERS, 3));
  geometry.setIndex(FACES);
  const n = geometry.instanceCount = patch.blocks.length;
  geometry.setAttribute("block", new InstancedBufferAttribute(new Float32Array(4 * n), 4));
  geometry.setAttribute("texel", new InstancedBufferAttribute(new Float32Array(2 * n), 2));
  fill(geometry, patch);
  return geometry;
}

function fill(geometry: BufferGeometry, patch: Patch): void {
  const block = geometry.getAttribute("block") as BufferAttribute,
    texel = geometry.getAttribute("texel") as BufferAttribute;
  patch.blocks.forEach(({ x, y, w, h, row, col }, at) => {
    block.setXYZW(at, x, y, w, h);
    texel.setXY(at, col - patch.col, row - patch.row);
  });
  block.needsUpdate = texel.needsUpdate = true;
}

const two = (): Matrix3[] => [new Matrix3(), new Matrix3()];

/** Of what is on faces towards -x, -y, -z, +x, +y, +z: the mean by axis, and half of what those to + have more. */
function halves([mean, more]: Matrix3[], faces: Vec[]): void {
  for (let a = 0; a < 3; a++)
    for (let c = 0; c < 3; c++) {
      mean!.elements[3 * a + c] = (faces[3 + a]![c]! + faces[a]![c]!) / 2;
      more!.elements[3 * a + c] = (faces[3 + a]![c]! - faces[a]![c]!) / 2;
    }
}

/** For elements that are large somewhere, for the same with shadows, and for those that are small everywhere: made when
 * they are asked for, all with the same settings. */
interface Materials { uniforms: Uniforms; of(kind: "near" | "traced" | "far"): RawShaderMaterial; dispose(): void }
type Uniforms = ReturnType<typeof uniformsOf>;

function materialsOf(picture: Texture, patch: Patch, viz: Viz, palette: Palette): Materials {
  const uniforms = uniformsOf(picture, patch, viz, palette);
  const settings = {
    glslVersion: GLSL3, side: BackSide, transparent: true, blending: CustomBlending, blendSrc: OneFactor,
    blendDst: OneMinusSrcAlphaFactor, blendSrcAlpha: OneFactor, blendDstAlpha: OneMinusSrcAlphaFactor, uniforms,
  } as const;
  const shaders = { near: [TILE_VERTEX, TILE_FRAGMENT, {}], traced: [TILE_VERTEX, TILE_FRAGMENT, { TRACED: 1 }],
    far: [FAR_VERTEX, FAR_FRAGMENT, {}] } as const;
  const made = new Map<keyof typeof shaders, RawShaderMaterial>();
  return {
    uniforms,
    of(kind) {
      const [vertexShader, fragmentShader, defines] = shaders[kind];
      let material = made.get(kind);
      if (!material) {
        material = new RawShaderMaterial({ ...settings, vertexShader, fragmentShader, defines });
        made.set(kind, material);
      }
      return material;
    },
    dispose() { for (const each of made.values()) each.dispose(); },
  };
}

const number = (value: number): { value: number } => ({ value });
const vector = (): { value: Vector3 } => ({ value: new Vector3() });
const row = (): { value: Vector4 } => ({ value: new Vector4() });

function uniformsOf(picture: Texture, patch: Patch, viz: Viz, palette: Palette) {
  return {
    nearPicture: { value: null as ExternalTexture | null }, farPicture: { value: picture.shown },
    toClip: { value: new Matrix4() }, eye: row(), depthRow: row(), widthRow: row(),
    extent: { value: new Vector2(patch.w, patch.h) }, sizes: { value: new Vector2(palette.largest, viz.minSize) },
    pixels: { value: new Vector2() }, sharper: number(0), half_: number(1), litGlow: number(0),
    keys: { value: two() }, others: { value: two() }, gleams: { value: two() }, ambient: vector(), glow: vector(),
    sun: vector(), sky: vector(), open_: vector(), bevel: number(0), meanGap: number(1),
    ink: row(), plan: vector(), upward: vector(),
  };
}
