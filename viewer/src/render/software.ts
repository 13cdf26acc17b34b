const known = new WeakMap<WebGL2RenderingContext, boolean>();

/** Whether pictures are drawn by the processor. */
export function isSoftware(gl: WebGL2RenderingContext): boolean {
  const before = known.get(gl);
  if (before !== undefined) return before;
  const told = gl.getExtension("WEBGL_debug_renderer_info");
  const found = told !== null && /swiftshader|llvmpipe|software|basic render/i.test(
    String(gl.getParameter(told.UNMASKED_RENDERER_WEBGL)));
  known.set(gl, found);
  return found;
}
