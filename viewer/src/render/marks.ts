/** Marks: guide lines, the arrows of two vanes, and the soft shadow on the ground. */
import {
  BufferAttribute, BufferGeometry, CustomBlending, DoubleSide, GLSL3, InstancedBufferAttribute, InstancedBufferGeometry,
  Matrix4,
  Mesh, OneFactor, OneMinusSrcAlphaFactor, RawShaderMaterial, Vector2, Vector3, Vector4,
} from "three";
import type { Look, Matrix } from "../format.ts";
import { linear } from "./colour.ts";
import type { Vec } from "./camera.ts";
import { around, type Box } from "./order.ts";
import { FLAT_FRAGMENT, FLAT_VERTEX, LINE_FRAGMENT, LINE_VERTEX } from "./mark_shaders.ts";
import type { Shot } from "./tiles.ts";
import type { Shadow } from "./shadow.ts";
import { still } from "./still.ts";

const OVER = {
  glslVersion: GLSL3, transparent: true, side: DoubleSide, blending: CustomBlending, blendSrc: OneFactor,
  blendDst: OneMinusSrcAlphaFactor, blendSrcAlpha: OneFactor, blendDstAlpha: OneMinusSrcAlphaFactor,
} as const;

/** A mark: drawn in order with the matrices, by its box. */
export interface Mark {
  readonly mesh: Mesh;
  readonly box: Box;
  set(shot: Shot, order: number, width: number, height: number): void;
  setLook(look: Look): void;
}

/** The guide lines of a matrix, whose frame in the page is `frame` (16 numbers, row by row). */
export function guidesOf(matrix: Matrix, frame: Float64Array): Mark | null {
  const { guides } = matrix;
  if (!guides || !guides.radii.length) return null;
  const n = guides.radii.length;
  const geometry = new InstancedBufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(new Float32Array([0, -1, 0, 1, 1, -1, 1, 1]), 2));
  geometry.setIndex([0, 1, 2, 2, 1, 3]);
  const ends = (at: number): Float32Array =>
    Float32Array.from({ length: 3 * n }, (_, i) => guides.segments[6 * Math.floor(i / 3) + at + i % 3]!);
  geometry.setAttribute("from", new InstancedBufferAttribute(ends(0), 3));
  geometry.setAttribute("to", new InstancedBufferAttribute(ends(3), 3));
  geometry.setAttribute("radius", new InstancedBufferAttribute(Float32Array.from(guides.radii), 1));
  geometry.instanceCount = n;
  const scale = Math.hypot(frame[0]!, frame[4]!, frame[8]!);
  const material = new RawShaderMaterial({
    ...OVER, vertexShader: LINE_VERTEX, fragmentShader: LINE_FRAGMENT, depthWrite: false,
    uniforms: { toClip: { value: new Matrix4() }, picture: { value: new Vector2() }, pitch: { value: 1 },
      light: { value: new Vector3() } },
  });
  const xs = guides.segments.filter((_, at) => at % 3 === 0), ys = guides.segments.filter((_, at) => at % 3 === 1);
  const box = around(frame, [least(xs), least(ys), 0], [-least(xs.map(x => -x)), -least(ys.map(y => -y)), 0]);
  const world = new Matrix4().set(...frame as unknown as Parameters<Matrix4["set"]>);
  const { toClip, picture, pitch, light } = material.uniforms;
  return {
    mesh: still(new Mesh(geometry, material)), box,
    set(shot, order, width, height) {
      this.mesh.renderOrder = order;
      (toClip!.value as Matrix4).copy(shot.matrix).multiply(world);
      (picture!.value as Vector2).set(width, height);
      pitch!.value = shot.pixels * scale;
    },
    setLook(look) { (light!.value as Vector3).fromArray(linear(look.line)).multiplyScalar(guides.light); },
  };
}

/** The vanes of a result's arrow: from the left operand, and from the right one. `place`: of a point in the page. */
export function arrowOf(matrix: Matrix, place: (point: Vec) => Vec): Mark[] {
  const { arrow } = matrix;
  if (!arrow) return [];
  return [0, 1].map(side => {
    const corners = [0, 1, 2].map(at => place(arrow.slice(9 * side + 3 * at, 9 * side + 3 * at + 3) as Vec));
    const mark = flat(corners.flat(), [1, 1, 1], [0, 1, 2]);
    const light = mark.material.uniforms["light"]!.value as Vector4;
    return { ...mark.mark, setLook(look: Look) {
      const vane = side ? look.rightVane : look.leftVane;
      light.set(...linear(vane), vane[3] ?? 0.75);
    } };
  });
}

/** The shadow on the ground; behind everything. */
export function shadowMark(shadow: Shadow): Mark {
  const { mark, material } = flat(shadow.points, shadow.density, shadow.triangles);
  material.depthWrite = material.depthTest = false;
  const light = material.uniforms["light"]!.value as Vector4;
  return { ...mark, setLook(look: Look) { light.set(0, 0, 0, look.shadow); } };
}

function flat(points: ArrayLike<number>, density: ArrayLike<number>,
  triangles: number[]): { mark: Omit<Mark, "setLook">; material: RawShaderMaterial } {
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(Float32Array.from(points), 3));
  geometry.setAttribute("density", new BufferAttribute(Float32Array.from(density), 1));
  geometry.setIndex(triangles);
  const material = new RawShaderMaterial({
    ...OVER, vertexShader: FLAT_VERTEX, fragmentShader: FLAT_FRAGMENT, depthWrite: false,
    uniforms: { toClip: { value: new Matrix4() }, light: { value: new Vector4() } },
  });
  const axis = (a: number): number[] => Array.from({ length: points.length / 3 }, (_, at) => points[3 * at + a]!);
  const lows = [0, 1, 2].map(a => least(axis(a))) as Vec,
    highs = [0, 1, 2].map(a => -least(axis(a).map(x => -x))) as Vec;
  return { material, mark: {
    mesh: still(new Mesh(geometry, material)), box: { low: lows, high: highs },
    set(shot, order) {
      this.mesh.renderOrder = order;
      (material.uniforms["toClip"]!.value as Matrix4).copy(shot.matrix);
    },
  } };
}

function least(numbers: ArrayLike<number>): number {
  let found = Infinity;
  for (let at = 0; at < numbers.length; at++) found = Math.min(found, numbers[at]!);
  return found;
}
