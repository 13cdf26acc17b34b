import { Sphere, type Mesh } from "three";

/** A mesh that three.js draws as it is told, and does not measure. */
export function still(mesh: Mesh): Mesh {
  mesh.frustumCulled = mesh.matrixAutoUpdate = false;
  mesh.geometry.boundingSphere = new Sphere();
  return mesh;
}
