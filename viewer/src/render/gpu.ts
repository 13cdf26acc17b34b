/** The GPU: three.js on a canvas, what it draws into, and how fast that goes. */
import { Color, LinearSRGBColorSpace, WebGLRenderer } from "three";
import type { Look } from "../format.ts";
import { groundOf } from "./look.ts";
import { Pace } from "./pace.ts";
import { Samples } from "./samples.ts";

export class Gpu {
  readonly gl: WebGL2RenderingContext;
  readonly samples: Samples;
  readonly pace: Pace;
  private readonly three: WebGLRenderer;

  /** Throws where there is no WebGL2. */
  constructor(canvas: HTMLCanvasElement) {
    this.three = new WebGLRenderer({ canvas, antialias: false, alpha: false, depth: false, stencil: false,
      powerPreference: "high-performance" });
    this.gl = this.three.getContext() as WebGL2RenderingContext;
    this.three.debug.checkShaderErrors = false; // which would wait for each
    this.three.autoClear = false;
    this.three.outputColorSpace = LinearSRGBColorSpace; // our shaders do what is to be done
    this.three.sortObjects = true;
    this.samples = new Samples(this.three);
    this.pace = new Pace(this.gl);
  }

  /** How wide and high textures may be. */
  get most(): number { return this.gl.getParameter(this.gl.MAX_TEXTURE_SIZE) as number; }

  /** Have the canvas so many pixels. */
  resize(width: number, height: number): void { this.three.setDrawingBufferSize(width, height, 1); }

  /** Draw on the ground of a look. */
  clearTo(look: Look): void {
    this.three.setClearColor(new Color().setRGB(...groundOf(look), LinearSRGBColorSpace), 1);
  }

  /** Let go of what is drawn into: there will be another context. */
  release(): void {
    this.samples.release();
    this.pace.release();
  }

  /** Wait until all that it was asked for is drawn. */
  wait(): void {
    this.three.setRenderTarget(null);
    const { gl } = this;
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    this.pace.finished();
  }
}
