/** Looks: the light on the faces of cubes, by the direction that they look in. */
import type { Look } from "../format.ts";
import { linear } from "./colour.ts";
import { add, dot, unit, type Vec, type View } from "./camera.ts";

const SKY: Vec = [0.80, 0.88, 1.0]; // hue of the light from everywhere

/** The lights of a look, as they stand for a camera: they turn with it, so that what is seen is never in the dark. */
export interface Lights { suns: { towards: Vec; light: Vec }[]; everywhere: Vec; own: number }

export function lightsOf(look: Look, view: View): Lights {
  if (!look.lit) return { suns: [], everywhere: [0, 0, 0], own: 1 };
  const suns = look.suns.map(([x, y, z, strength, r, g, b]) => ({
    towards: unit(add(add(add([0, 0, 0], view.right, x), view.up, y), view.back, z)),
    light: [r! * strength! / Math.PI, g! * strength! / Math.PI, b! * strength! / Math.PI] as Vec,
  }));
  return { suns, everywhere: SKY.map(c => c * look.ambient) as Vec, own: look.glow };
}

/** The light on a face: of the strongest sun, of the others, and what shines back to `eye`. */
export interface FaceLight { key: Vec; others: Vec; gleam: Vec }

const SHINE = 0.024; // of what comes straight, that a surface sends back unchanged
const ROUGH = 0.0625; // fourth power of the roughness

/** The light on a face that looks towards `normal`, seen from `eye`: both directions, of length 1. */
export function onFace(lights: Lights, normal: Vec, eye: Vec): FaceLight {
  let [key, others, gleam]: Vec[] = [[0, 0, 0], [0, 0, 0], [0, 0, 0]];
  const facing = Math.max(dot(normal, eye), 0.05);
  lights.suns.forEach(({ towards, light }, at) => {
    const falls = Math.max(0, dot(towards, normal));
    if (at) others = add(others!, light, falls);
    else key = add(key!, light, falls);
    if (!falls) return;
    const half = unit(add(towards, eye));
    const across = Math.max(dot(half, normal), 0) ** 2 * (ROUGH - 1) + 1;
    const fresnel = SHINE + (1 - SHINE) * (1 - Math.max(dot(half, eye), 0)) ** 5;
    const peak = ROUGH / (across * across); // by pi, as light is
    gleam = add(gleam!, light, fresnel * peak / (4 * facing) * Math.min(1, 2 * facing));
  });
  const around = SHINE + 0.35 * (1 - facing) ** 5;
  return { key: key!, others: others!, gleam: add(gleam!, lights.everywhere, lights.suns.length ? around : 0) };
}

/** The way to the strongest sun, and one to the sky, of sample number `at`: each of another part of what is bright. */
export function raysTo(lights: Lights, at: number): { sun: Vec; sky: Vec } {
  const key = lights.suns[0]?.towards ?? [0, 1, 0];
  const [u, v] = [(at * 0.7548776662) % 1, (at * 0.5698402910) % 1];
  const radius = SUN * Math.sqrt(u), turn = 2 * Math.PI * v;
  const across = unit(Math.abs(key[1]!) < 0.9 ? [key[2]!, 0, -key[0]!] : [0, -key[2]!, key[1]!]);
  const other: Vec = [key[1]! * across[2] - key[2]! * across[1], key[2]! * across[0] - key[0]! * across[2],
    key[0]! * across[1] - key[1]! * across[0]];
  const sun = unit(add(add(key as Vec, across, radius * Math.cos(turn)), other, radius * Math.sin(turn)));
  const height = 2 * ((at * 0.6180339887) % 1) - 1, level = Math.sqrt(1 - height * height), angle = at * 2.399963;
  return { sun, sky: [level * Math.cos(angle), height, level * Math.sin(angle)] };
}

const SUN = 0.06; // half the angle over which the strongest light is spread, in radians

/** How far the strongest light comes in beside a face across each axis, for the height of what stands there. `axes`: of
 * the matrix, in the world. */
export function openness(lights: Lights, axes: readonly [Vec, Vec, Vec]): Vec {
  const key = lights.suns[0];
  if (!key) return [1e3, 1e3, 1e3];
  const [x, y, z] = axes.map(axis => Math.abs(dot(key.towards, axis)));
  return [z! / Math.max(x!, 1e-3), z! / Math.max(y!, 1e-3), 1e3];
}

export const groundOf = (look: Look): Vec => linear(look.ground);
