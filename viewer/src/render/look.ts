/** Looks: the light on the faces of cubes, by the direction that they look in. */
import type { Look } from "../format.ts";
import { linear } from "./colour.ts";
import { add, dot, unit, type Vec, type View } from "./camera.ts";

const SKY: Vec = [0.80, 0.88, 1.0]; // hue of the light from everywhere

/** The lights of a look, as they stand for a camera: they turn with it, so that what is seen is never in the dark. */
export interface Lights { suns: { towards: Vec; light: Vec }[]; everywhere: Vec; own: number }

export function lightsOf(look: Look, view: View): Lights {
  if (!look.lit) return { suns: [], everywhere: [1, 1, 1], own: 0 };
  const suns = look.suns.map(([x, y, z, strength, r, g, b]) => ({
    towards: unit(add(add(add([0, 0, 0], view.right, x), view.up, y), view.back, z)),
    light: [r! * strength! / Math.PI, g! * strength! / Math.PI, b! * strength! / Math.PI] as Vec,
  }));
  return { suns, everywhere: SKY.map(c => c * look.ambient) as Vec, own: look.glow };
}

/** The light on a face that looks towards `normal`, of length 1. */
export function onFace(lights: Lights, normal: Vec): Vec {
  let light: Vec = add(lights.everywhere, [lights.own, lights.own, lights.own]);
  for (const sun of lights.suns) light = add(light, sun.light, Math.max(0, dot(sun.towards, normal)));
  return light;
}

/** How far the strongest light comes in beside a face across each axis, for the height of what stands there. `axes`: of
 * the matrix, in the world. */
export function openness(lights: Lights, axes: readonly [Vec, Vec, Vec]): Vec {
  const key = lights.suns[0];
  if (!key) return [1e3, 1e3, 1e3];
  const [x, y, z] = axes.map(axis => Math.abs(dot(key.towards, axis)));
  return [z! / Math.max(x!, 1e-3), z! / Math.max(y!, 1e-3), 1e3];
}

export const groundOf = (look: Look): Vec => linear(look.ground);
