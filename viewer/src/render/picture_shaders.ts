/** The shaders of whole pictures, in GLSL: how light is shown and added up. */

export const FULL_VERTEX = /* glsl */ `
precision highp float;
in vec2 position;
void main() { gl_Position = vec4(position, 0.0, 1.0); }`;

/** A picture of light as it is shown: by the curve of sRGB, of roots, which is faster and right to a thousandth. */
export const SHOW_FRAGMENT = /* glsl */ `
precision highp float;
uniform highp sampler2D picture;
uniform float share;
uniform vec2 size;     // of what is shown, in pixels
out vec4 color;
void main() {
#ifdef STRETCHED
  vec3 c = clamp(texture(picture, gl_FragCoord.xy / size).rgb * share, 0.0, 1.0);
#else
  vec3 c = clamp(texelFetch(picture, ivec2(gl_FragCoord.xy), 0).rgb * share, 0.0, 1.0);
#endif
  vec3 a = sqrt(c), b = sqrt(a), d = sqrt(b);
  vec3 bent = 0.662002687 * a + 0.684122060 * b - 0.323583601 * d - 0.0225411470 * c;
  color = vec4(mix(c * 12.92, bent, step(0.0031308, c)), 1.0);
}`;

/** A picture as it is, to be added to others. */
export const SUM_FRAGMENT = /* glsl */ `
precision highp float;
uniform highp sampler2D picture;
out vec4 color;
void main() { color = texelFetch(picture, ivec2(gl_FragCoord.xy), 0); }`;
