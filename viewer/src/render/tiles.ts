/** A matrix as it is drawn: a box for each of its blocks, on which a shader finds what is seen. */
import {
  BackSide, BufferAttribute, type BufferGeometry, CustomBlending, GLSL3, InstancedBufferAttribute, InstancedBufferGeometry, Matrix3, Matrix4, Mesh, OneFactor,
  OneMinusSrcAlphaFactor, RawShaderMaterial, Vector2, Vector3, Vector4, type Object3D,
} from "three";
import type { Look, Viz } from "../format.ts";
import { Pictures, type Drawn, type Palette } from "./bake.ts";
import { patchesOf, type Patch, type Place, type Rect, type Run } from "./blocks.ts";
import { dot, sub, unit, type Vec, type View } from "./camera.ts";
import { around, type Box } from "./order.ts";
import { still } from "./still.ts";
import { onFace, openness, type Lights } from "./look.ts";
import { FAR_FRAGMENT, FAR_VERTEX, TILE_FRAGMENT, TILE_VERTEX } from "./shaders.ts";
import { nearest } from "./seen.ts";
import { Textures } from "./textures.ts";

/** What all tiles of a frame have in common. */
export interface Shot {
  view: View; lights: Lights;
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

interface Part { patch: Patch; pictures: Pictures; textures: Textures; near: RawShaderMaterial; traced: RawShaderMaterial; far: RawShaderMaterial }

const first = (runs: Run[]): number => (runs.length ? runs[0]!.at - 0.5 : 0);
const last = (runs: Run[]): number => (runs.length ? runs[runs.length - 1]!.at + runs[runs.length - 1]!.count - 0.5 : 0);
const same = (a: Run[], b: Run[]): boolean =>
  a.length === b.length && a.every((run, at) => run.at === b[at]!.at && run.count === b[at]!.count);

const CORNERS = new Float32Array([...Array(8).keys()].flatMap(at => [at & 1, at >> 1 & 1, at >> 2]));
const FACES = [0, 2, 3, 0, 3, 1, 4, 5, 7, 4, 7, 6, 0, 1, 5, 0, 5, 4, 2, 6, 7, 2, 7, 3, 0, 4, 6, 0, 6, 2, 1, 3, 7, 1, 7, 5];

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

  constructor(gl: WebGL2RenderingContext, public place: Place, viz: Viz, palette: Palette, private readonly most: number,
              into: Object3D) {
    const { rows, cols } = place;
    this.largest = palette.largest;
    this.half = palette.largest / 2;
    this.lie(place);
    for (const patch of patchesOf(rows, cols, most)) {
      const pictures = new Pictures(patch.w, patch.h), textures = new Textures(gl, pictures);
      const [near, traced, far] = materials(textures, patch, viz, palette);
      const mesh = still(new Mesh(boxes(patch), far));
      into.add(mesh);
      this.meshes.push(mesh);
      this.parts.push({ patch, pictures, textures, near, traced, far });
    }
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

  /** Make the textures, of what is drawn; again after the context was lost. */
  make(drawn: Drawn, palette: Palette): void {
    for (const { patch, pictures, textures } of this.parts) {
      const whole = { row: 0, col: 0, h: patch.h, w: patch.w };
      pictures.bake(whole, drawn, palette, patch, this.place.w);
      pictures.reduce(whole);
      textures.make();
    }
    this.thicken();
  }

  /** Draw the elements in `rect` anew. */
  change(rect: Rect, drawn: Drawn, palette: Palette): void {
    for (const { patch, pictures, textures } of this.parts) {
      const part = common(rect, patch);
      if (!part) continue;
      pictures.bake(part, drawn, palette, patch, this.place.w);
      textures.send(pictures.reduce(part));
    }
    this.thicken();
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
    const eye = view.parallel ? [...own(view.towards).map(c => -c * this.scale), 0] : [...own(sub(view.position, origin)), 1];
    const middle = this.box.low.map((low, a) => (low + this.box.high[a]!) / 2) as Vec;
    const towards = unit(view.parallel ? view.towards : sub(view.position, middle));
    const faces = [-1, 1].flatMap(side => this.axes.map(axis => onFace(lights, axis.map(c => c * side) as Vec, towards)));
    const open = openness(lights, this.axes);
    const small = this.isSmall(shot);
    this.meshes.forEach((mesh, at) => {
      mesh.renderOrder = order;
      const part = this.parts[at]!;
      mesh.material = small ? part.far : shot.rays ? part.traced : part.near;
    });
    for (const { near: { uniforms: u }, pictures } of this.parts) {
      u["meanGap"]!.value = pictures.meanGap;
      (u["toClip"]!.value as Matrix4).copy(toClip);
      (u["depthRow"]!.value as Vector4).set(e[2]!, e[6]!, e[10]!, e[14]!);
      (u["widthRow"]!.value as Vector4).set(e[3]!, e[7]!, e[11]!, e[15]!);
      (u["eye"]!.value as Vector4).fromArray(eye);
      (u["pixels"]!.value as Vector2).set(shot.pixels * this.scale, shot.follow);
      for (const [name, of] of [["keys", "key"], ["others", "others"], ["gleams", "gleam"]] as const)
        halves(u[name]!.value as Matrix3[], faces.map(face => face[of]));
      (u["ambient"]!.value as Vector3).fromArray(lights.everywhere);
      (u["glow"]!.value as Vector3).setScalar(lights.own);
      const { drawn } = shot;
      (u["ink"]!.value as Vector4).set(...(drawn ? [...drawn.ink, drawn.inked] : [0, 0, 0, 0]) as [number, number, number, number]);
      (u["plan"]!.value as Vector3).set(drawn ? 2 * drawn.width : 0, drawn?.face ?? 1, drawn?.shade ?? 0);
      (u["upward"]!.value as Vector3).fromArray(this.axes.map(axis => axis[1]));
      if (shot.rays) {
        (u["sun"]!.value as Vector3).fromArray(own(shot.rays.sun));
        (u["sky"]!.value as Vector3).fromArray(own(shot.rays.sky));
      }
      (u["open_"]!.value as Vector3).fromArray(open);
      u["half_"]!.value = this.half;
      u["sharper"]!.value = shot.sharper;
      u["litGlow"]!.value = shot.litGlow;
      u["bevel"]!.value = shot.bevel;
    }
  }

  show(shown: boolean): void { this.meshes.forEach(mesh => { mesh.visible = shown; }); }

  dispose(): void {
    for (const { textures, near, traced, far } of this.parts) { textures.dispose(); near.dispose(); traced.dispose(); far.dispose(); }
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
  const block = geometry.getAttribute("block") as BufferAttribute, texel = geometry.getAttribute("texel") as BufferAttribute;
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

/** For elements that are large somewhere, for the same with shadows, and for those that are small everywhere: both with the same settings. */
function materials(textures: Textures, patch: Patch, viz: Viz, palette: Palette): [RawShaderMaterial, RawShaderMaterial, RawShaderMaterial] {
  const common = {
    glslVersion: GLSL3, side: BackSide, transparent: true, blending: CustomBlending, blendSrc: OneFactor,
    blendDst: OneMinusSrcAlphaFactor, blendSrcAlpha: OneFactor, blendDstAlpha: OneMinusSrcAlphaFactor,
    uniforms: {
      nearPicture: { value: textures.near }, farPicture: { value: textures.far }, toClip: { value: new Matrix4() },
      eye: { value: new Vector4() }, depthRow: { value: new Vector4() }, widthRow: { value: new Vector4() },
      extent: { value: new Vector2(patch.w, patch.h) }, sizes: { value: new Vector2(palette.largest, viz.minSize) },
      pixels: { value: new Vector2() }, sharper: { value: 0 }, half_: { value: 1 }, litGlow: { value: 0 },
      keys: { value: two() }, others: { value: two() }, gleams: { value: two() }, ambient: { value: new Vector3() },
      glow: { value: new Vector3() }, sun: { value: new Vector3() }, sky: { value: new Vector3() }, open_: { value: new Vector3() }, bevel: { value: 0 }, meanGap: { value: 1 },
      ink: { value: new Vector4() }, plan: { value: new Vector3() }, upward: { value: new Vector3() },
    },
  } as const;
  const near = { ...common, vertexShader: TILE_VERTEX, fragmentShader: TILE_FRAGMENT };
  return [new RawShaderMaterial(near), new RawShaderMaterial({ ...near, defines: { TRACED: 1 } }),
          new RawShaderMaterial({ ...common, vertexShader: FAR_VERTEX, fragmentShader: FAR_FRAGMENT })];
}
