/** The textures of a matrix' pictures. Only what has changed of them is sent to the GPU again. */
import { ExternalTexture } from "three";
import { isSoftware } from "./software.ts";
import type { Rect } from "./blocks.ts";
import type { Pictures } from "./bake.ts";

export class Textures {
  readonly near = new ExternalTexture();
  readonly far = new ExternalTexture();

  constructor(private readonly gl: WebGL2RenderingContext, private readonly pictures: Pictures) {}

  /** Make them, with all that the pictures hold. */
  make(): void {
    const { gl, pictures } = this;
    for (const [texture, levels] of [[this.near, 1], [this.far, pictures.levels.length]] as const) {
      const made = gl.createTexture();
      gl.bindTexture(gl.TEXTURE_2D, made);
      gl.texStorage2D(gl.TEXTURE_2D, levels, gl.SRGB8_ALPHA8, pictures.w, pictures.h);
      const filter = texture === this.near ? gl.NEAREST : gl.LINEAR;
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, filter);
      // the levels are mixed over samples, too: where each texel costs, from one at a time
      const between = isSoftware(gl) ? gl.LINEAR_MIPMAP_NEAREST : gl.LINEAR_MIPMAP_LINEAR;
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, texture === this.near ? filter : between);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
      texture.sourceTexture = made;
    }
    this.send(pictures.levels.map(({ w, h }) => ({ row: 0, col: 0, w, h })));
  }

  /** Send what has changed: a rectangle of each level. */
  send(changed: readonly Rect[]): void {
    const { gl, pictures } = this;
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
    gl.bindBuffer(gl.PIXEL_UNPACK_BUFFER, null);
    gl.bindTexture(gl.TEXTURE_2D, this.near.sourceTexture);
    this.sendLevel(0, changed[0]!, pictures.near, pictures.w);
    gl.bindTexture(gl.TEXTURE_2D, this.far.sourceTexture);
    changed.forEach((rect, level) => this.sendLevel(level, rect, pictures.levels[level]!.texels, pictures.levels[level]!.w));
    gl.pixelStorei(gl.UNPACK_ROW_LENGTH, 0);
    gl.pixelStorei(gl.UNPACK_SKIP_ROWS, 0);
    gl.pixelStorei(gl.UNPACK_SKIP_PIXELS, 0);
  }

  dispose(): void {
    this.gl.deleteTexture(this.near.sourceTexture);
    this.gl.deleteTexture(this.far.sourceTexture);
    this.near.dispose();
    this.far.dispose();
  }

  private sendLevel(level: number, { row, col, w, h }: Rect, texels: Uint32Array, stride: number): void {
    if (w <= 0 || h <= 0) return;
    const { gl } = this;
    gl.pixelStorei(gl.UNPACK_ROW_LENGTH, stride);
    gl.pixelStorei(gl.UNPACK_SKIP_ROWS, row);
    gl.pixelStorei(gl.UNPACK_SKIP_PIXELS, col);
    const bytes = new Uint8Array(texels.buffer, texels.byteOffset, texels.byteLength);
    gl.texSubImage2D(gl.TEXTURE_2D, level, col, row, w, h, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
  }
}
