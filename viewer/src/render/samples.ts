/** Pictures of light: what is drawn goes into one, several are added up to a finer one, and either is shown on the
 * canvas. */
import {
  AddEquation, BufferAttribute, BufferGeometry, CustomBlending, GLSL3, HalfFloatType, LinearFilter, Mesh, NoBlending,
  OneFactor,
  OrthographicCamera, RawShaderMaterial, Scene, Vector2, WebGLRenderTarget, type Camera, type WebGLRenderer,
} from "three";
import { still } from "./still.ts";
import { FULL_VERTEX, SHOW_FRAGMENT, SUM_FRAGMENT } from "./picture_shaders.ts";

export class Samples {
  private readonly sample: WebGLRenderTarget;
  private sum: WebGLRenderTarget | null = null;
  private readonly scene = new Scene();
  private readonly camera = new OrthographicCamera();
  private readonly quad: Mesh;
  private readonly showing: RawShaderMaterial;
  private readonly stretching: RawShaderMaterial; // of the same settings
  private readonly adding: RawShaderMaterial;
  private count = 0;

  constructor(private readonly renderer: WebGLRenderer) {
    this.sample = target(1, 1, true);
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array([-1, -1, 3, -1, -1, 3]), 2));
    const common = { glslVersion: GLSL3, vertexShader: FULL_VERTEX, depthTest: false, depthWrite: false } as const;
    const showing = { ...common, fragmentShader: SHOW_FRAGMENT, blending: NoBlending,
      uniforms: { picture: { value: null }, share: { value: 1 }, size: { value: new Vector2() } } } as const;
    this.showing = new RawShaderMaterial(showing);
    this.stretching = new RawShaderMaterial({ ...showing, defines: { STRETCHED: 1 } });
    this.adding = new RawShaderMaterial({
      ...common, fragmentShader: SUM_FRAGMENT, transparent: true, blending: CustomBlending, blendEquation: AddEquation,
      blendSrc: OneFactor, blendDst: OneFactor, blendSrcAlpha: OneFactor, blendDstAlpha: OneFactor,
      uniforms: { picture: { value: this.sample.texture } } });
    this.quad = still(new Mesh(geometry, this.showing));
    this.scene.add(this.quad);
  }

  /** Have all shaders made ready that draw a scene, at once rather than one after the other. */
  prepare(scene: Scene, camera: Camera): void {
    this.renderer.compile(scene, camera);
    this.renderer.compile(this.scene, this.camera);
  }

  /** Draw one sample of a scene, `width` by `height` pixels, in place of all before. */
  first(scene: Scene, camera: Camera, width: number, height: number): void {
    if (this.sample.width !== width || this.sample.height !== height) this.sample.setSize(width, height);
    this.count = 0;
    this.draw(scene, camera);
  }

  /** Draw another sample of it, of the same size, and add it to those before. */
  more(scene: Scene, camera: Camera): void {
    const { width, height } = this.sample;
    if (!this.sum) this.sum = target(width, height, false);
    else if (this.sum.width !== width || this.sum.height !== height) this.sum.setSize(width, height);
    if (this.count === 1) this.add(true);
    this.draw(scene, camera);
    this.add(false);
  }

  /** Show what has been added up, `width` by `height` pixels. */
  show(width: number, height: number): void {
    const { uniforms } = this.showing;
    uniforms["picture"]!.value = (this.count > 1 ? this.sum! : this.sample).texture;
    uniforms["share"]!.value = 1 / this.count;
    (uniforms["size"]!.value as Vector2).set(width, height);
    this.quad.material = width === this.sample.width && height === this.sample.height ? this.showing : this.stretching;
    this.renderer.setRenderTarget(null);
    this.renderer.render(this.scene, this.camera);
  }

  /** Let go of what the GPU holds; it is made anew when it is needed. */
  release(): void {
    for (const each of [this.sample, this.sum, this.quad.geometry, this.showing, this.stretching, this.adding])
      each?.dispose();
  }

  private draw(scene: Scene, camera: Camera): void {
    this.renderer.setRenderTarget(this.sample);
    this.renderer.clear();
    this.renderer.render(scene, camera);
    this.count++;
  }

  private add(anew: boolean): void {
    this.quad.material = this.adding;
    this.renderer.setRenderTarget(this.sum);
    this.adding.blending = anew ? NoBlending : CustomBlending; // the first takes the place of what was there
    this.renderer.render(this.scene, this.camera);
  }
}

function target(width: number, height: number, depth: boolean): WebGLRenderTarget {
  return new WebGLRenderTarget(width, height, {
    type: HalfFloatType, depthBuffer: depth, stencilBuffer: false, generateMipmaps: false, minFilter: LinearFilter,
      magFilter: LinearFilter,
  });
}
