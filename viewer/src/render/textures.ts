/** The texture of a matrix' pictures. Only what has changed of them is sent to the GPU again, before it is drawn. */
import { ExternalTexture } from "three";
import { isSoftware } from "./software.ts";
import type { Level } from "./bake.ts";
import type { Rect } from "./blocks.ts";

export class Texture {
  readonly shown = new ExternalTexture();
  private gl: WebGL2RenderingContext | null = null;
  private waiting: Rect[][] = [];

  /** `smooth`: whether what lies between texels, and between levels, is mixed of both. */
  constructor(private readonly levels: readonly Level[], private readonly smooth: boolean) {}

  /** Rectangles have changed: one of each level. */
  change(changed: Rect[]): void {
    if (this.gl) this.waiting.push(changed); // else all of it is sent once it is made
  }

  /** Have the GPU know it as it is now. */
  ready(gl: WebGL2RenderingContext): void {
    if (this.gl && !this.waiting.length) return;
    if (!this.gl) {
      this.make(gl);
      this.waiting = [this.levels.map(({ w, h }) => ({ row: 0, col: 0, w, h }))];
    }
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
    gl.bindBuffer(gl.PIXEL_UNPACK_BUFFER, null);
    gl.bindTexture(gl.TEXTURE_2D, this.shown.sourceTexture);
    for (const changed of this.waiting) changed.forEach((rect, level) => send(gl, level, rect, this.levels[level]!));
    this.waiting = [];
    gl.pixelStorei(gl.UNPACK_ROW_LENGTH, 0);
    gl.pixelStorei(gl.UNPACK_SKIP_ROWS, 0);
    gl.pixelStorei(gl.UNPACK_SKIP_PIXELS, 0);
  }

  dispose(): void {
    this.gl?.deleteTexture(this.shown.sourceTexture);
    this.gl = null;
    this.shown.dispose();
  }

  private make(gl: WebGL2RenderingContext): void {
    const made = gl.createTexture(), { levels, smooth } = this;
    gl.bindTexture(gl.TEXTURE_2D, made);
    gl.texStorage2D(gl.TEXTURE_2D, levels.length, gl.SRGB8_ALPHA8, levels[0]!.w, levels[0]!.h);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, smooth ? gl.LINEAR : gl.NEAREST);
    // the levels are mixed over samples, too: where each texel costs, from one at a time
    const between = isSoftware(gl) ? gl.LINEAR_MIPMAP_NEAREST : gl.LINEAR_MIPMAP_LINEAR;
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, smooth ? between : gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    this.gl = gl;
    this.shown.sourceTexture = made;
  }
}

function send(gl: WebGL2RenderingContext, level: number, { row, col, w, h }: Rect, from: Level): void {
  if (w <= 0 || h <= 0) return;
  gl.pixelStorei(gl.UNPACK_ROW_LENGTH, from.w);
  gl.pixelStorei(gl.UNPACK_SKIP_ROWS, row);
  gl.pixelStorei(gl.UNPACK_SKIP_PIXELS, col);
  const { buffer, byteOffset, byteLength } = from.texels, bytes = new Uint8Array(buffer, byteOffset, byteLength);
  gl.texSubImage2D(gl.TEXTURE_2D, level, col, row, w, h, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
}
