/** The shaders of marks, in GLSL: lines and flat triangles. They draw light, premultiplied by what is covered. */

/** A line as a band that is turned to the camera, at least about a pixel wide, and fainter where it would be thinner.
 */
export const LINE_VERTEX = /* glsl */ `
precision highp float;
in vec2 position;      // 0 or 1 along it, -1 or 1 across
in vec3 from;
in vec3 to;
in float radius;
uniform mat4 toClip;
uniform vec2 picture;  // width and height, in pixels
uniform float pitch;   // pixels that a pitch has at w = 1
out float share;
void main() {
  vec4 a = toClip * vec4(from, 1.0), b = toClip * vec4(to, 1.0);
  // what is behind the camera is cut
  if (a.w < 0.01) a = mix(b, a, (b.w - 0.01) / (b.w - a.w));
  if (b.w < 0.01) b = mix(a, b, (a.w - 0.01) / (a.w - b.w));
  vec2 along = normalize((b.xy / b.w - a.xy / a.w) * picture + vec2(1e-6, 0.0));
  vec4 at = position.x < 0.5 ? a : b;
  float wide = pitch * radius * 1.3 / at.w; // bars are seen over their edges
  share = min(1.0, wide / 0.5);
  wide = max(wide, 0.5);
  at.xy += position.y * vec2(-along.y, along.x) * wide * 2.0 / picture * at.w;
  gl_Position = at;
}`;

export const LINE_FRAGMENT = /* glsl */ `
precision highp float;
in float share;
uniform vec3 light;
out vec4 color;
void main() { color = vec4(light, 1.0) * share; }`;

export const FLAT_VERTEX = /* glsl */ `
precision highp float;
in vec3 position;
in float density;
uniform mat4 toClip;
out float share;
void main() { share = density; gl_Position = toClip * vec4(position, 1.0); }`;

export const FLAT_FRAGMENT = /* glsl */ `
precision highp float;
in float share;
uniform vec4 light;
out vec4 color;
void main() { color = vec4(light.rgb, 1.0) * (light.a * share); }`;
