/** The shaders of tiles, in GLSL. What they draw is light (linear), premultiplied by how much of a pixel is covered. */
import { NAN } from "./bake.ts";

/** A box for each block of a matrix, whose far sides are drawn: so the camera may stand within. */
export const TILE_VERTEX = /* glsl */ `
precision highp float;
in vec3 position;      // a corner: 0 or 1 along each axis
in vec4 block;         // x, y, width, height, in the matrix's own frame
in vec2 texel;         // of the block's first element
uniform mat4 toClip;
uniform float half_;   // half the edge of the largest cube
out vec3 place;
flat out vec4 box;
flat out vec2 first;
void main() {
  place = vec3(block.xy + position.xy * block.zw, (2.0 * position.z - 1.0) * half_);
  box = block;
  first = texel;
  gl_Position = toClip * vec4(place, 1.0);
}`;

/** The light on a face: of the strongest sun, of others, from everywhere, and what shines back; how much of each comes
 * past what stands around. Written without branches, which software renderers pay for on every path. */
const LIGHT = /* glsl */ `
// by axis, a column each: the mean of both its faces, and half of what the one to + has more
uniform mat3 keys[2];     // of the strongest sun
uniform mat3 others[2];   // of other suns
uniform mat3 gleams[2];   // that shines back
uniform vec3 ambient;     // from everywhere
uniform vec3 glow;        // of themselves
uniform vec3 open_;       // how far the strongest sun comes in beside a face for its height, by axis

// of a face across the plane, beside which there is a gap of so many of its edges
vec3 sideLight(vec3 key, vec3 other, float gap, float open) {
  return key * clamp(gap * open, 0.15, 1.0) + (other + ambient) * (0.45 + 0.55 * min(gap, 1.0)) + glow;
}
`;

/** What elements look like on average. */
const MEAN = /* glsl */ `
uniform sampler2D farPicture;
uniform vec2 extent;      // of the pictures
uniform float sharper;    // levels by which pictures are sharper, where several samples are taken

// the mean of what is at a place, of which gx and gy are changes from pixel to pixel
vec4 texelsAt(vec2 at, vec2 gx, vec2 gy) {
  float long_ = max(dot(gx, gx), dot(gy, gy)), area = abs(gx.x * gy.y - gx.y * gy.x);
  float level = 0.5 * log2(clamp(max(area, long_ * 0.06), 1e-6, 1e9)) - sharper;
  // where elements are larger than pixels they are squares of their size
  vec2 texel = at * extent, broad = clamp(abs(gx) + abs(gy), 1e-3, 1.0);
  vec2 rim = floor(texel + 0.5), own = rim + clamp((texel - rim) / broad, -0.5, 0.5);
  vec4 mean = textureLod(farPicture, own / extent, level);
  float alone = 1.0 - smoothstep(0.2, 0.5, max(broad.x, broad.y));
  vec2 square = clamp((sqrt(mean.a) * 0.5 - abs(fract(texel) - 0.5)) / broad + 0.5, 0.0, 1.0);
  return mean * mix(1.0, square.x * square.y / max(mean.a, 0.02), alone);
}

// the sides of cubes that cover so much, for a face of 1, as far as they show between neighbours; slope: of the ray
vec2 sidesOf(float cover, vec2 slope) {
  float edge = sqrt(cover);
  return min(abs(slope), vec2(max(1.0 - edge, 0.0) / max(edge, 0.05)));
}
`;

/** What elements look like on average, under light. */
const LIT_MEAN = /* glsl */ `
${MEAN}
// to: the side of each axis that is seen
vec4 mean(vec2 at, vec2 gx, vec2 gy, vec2 slope, vec3 to) {
  vec4 mean = texelsAt(at, gx, gy);
  vec2 sides = sidesOf(mean.a, slope);
  float edge = sqrt(mean.a), gap = max(1.0 - edge, 0.0) / max(edge, 0.05);
  vec3 light = keys[0][2] + to.z * keys[1][2] + others[0][2] + to.z * others[1][2] + ambient + glow
    + sides.x * sideLight(keys[0][0] + to.x * keys[1][0], others[0][0] + to.x * others[1][0], gap, open_.x)
    + sides.y * sideLight(keys[0][1] + to.y * keys[1][1], others[0][1] + to.y * others[1][1], gap, open_.y);
  vec3 gleam = gleams[0] * vec3(sides, 1.0) + gleams[1] * (vec3(sides, 1.0) * to);
  return vec4(mean.rgb * light + mean.a * gleam, min(mean.a * (1.0 + sides.x + sides.y), 1.0));
}
`;

/** A matrix whose elements are small all over: a flat one in the plane of their middles. Its light is worked out at its
 * corners, for gaps as they are on average. */
export const FAR_VERTEX = /* glsl */ `
precision highp float;
in vec3 position;
in vec4 block;
in vec2 texel;
uniform mat4 toClip;
uniform vec4 eye;
uniform float meanGap;
out vec4 at;           // in pitches, and the slope of the ray
flat out vec2 shift;
flat out vec3 front;   // light on the faces that are seen, and what shines back from them
flat out vec3 frontGleam;
out vec3 sideX;
out vec3 sideY;
${LIGHT}
void main() {
  vec3 place = vec3(block.xy + position.xy * block.zw, 0.0);
  vec3 d = eye.w > 0.0 ? place - eye.xyz : eye.xyz, to = -sign(d);
  at = vec4(place.xy, d.xy / max(abs(d.z), 1e-4));
  shift = texel - block.xy;
  front = keys[0][2] + to.z * keys[1][2] + others[0][2] + to.z * others[1][2] + ambient + glow;
  frontGleam = gleams[0][2] + to.z * gleams[1][2];
  sideX = sideLight(keys[0][0] + to.x * keys[1][0], others[0][0] + to.x * others[1][0], meanGap, open_.x);
  sideY = sideLight(keys[0][1] + to.y * keys[1][1], others[0][1] + to.y * others[1][1], meanGap, open_.y);
  gl_Position = toClip * vec4(place, 1.0);
}`;

export const FAR_FRAGMENT = /* glsl */ `
precision highp float;
precision highp sampler2D;
in vec4 at;
flat in vec2 shift;
flat in vec3 front;
flat in vec3 frontGleam;
in vec3 sideX;
in vec3 sideY;
out vec4 color;
${MEAN}
void main() {
  vec4 mean = texelsAt((at.xy + shift) / extent, dFdx(at.xy), dFdy(at.xy));
  vec2 sides = sidesOf(mean.a, at.zw);
  vec3 light = front + sides.x * sideX + sides.y * sideY;
  float area = 1.0 + sides.x + sides.y;
  color = vec4(mean.rgb * light + mean.a * area * frontGleam, min(mean.a * area, 1.0));
  if (color.a < 0.004) discard;
}`;

/**
 * What a ray meets in a box. Where elements are large enough it is followed from slot to slot until it meets a cube;
 * where they are small, the mean of what is there is shown; between the two, both.
 */
export const TILE_FRAGMENT = /* glsl */ `
precision highp float;
precision highp sampler2D;
in vec3 place;
flat in vec4 box;
flat in vec2 first;
uniform sampler2D nearPicture;
uniform vec4 eye;         // of a parallel camera (w = 0) the way of its rays
uniform vec4 depthRow;    // clip z and w of a place
uniform vec4 widthRow;
uniform vec2 sizes;       // edge of the largest cube, and of the smallest relative to it
uniform vec2 pixels;      // that a pitch has at w = 1; how many an element has where it is followed
uniform float half_;
uniform float litGlow;
uniform float bevel;
uniform vec4 ink;         // of drawn edges: its light, and its share in them
uniform vec3 plan;        // their width in half edges (0: none), brightness of faces, how much darker those below are
uniform vec3 upward;
uniform vec2 extent;
out vec4 color;
${LIGHT}
#ifndef NEAR_ONLY
${LIT_MEAN.replace("uniform vec2 extent;", "")}
#endif
float halfEdge(float code) {
  float root = max((code - 1.0 - 124.0 * step(124.5, code)) / 123.0, step(248.5, code));
  return 0.5 * sizes.x * (sizes.y + (1.0 - sizes.y) * root);
}

float codeAt(vec2 cell) { return floor(texelFetch(nearPicture, ivec2(first + cell), 0).a * 255.0 + 0.5); }

#ifdef TRACED
uniform vec3 sun;         // ways to the light of this sample: of the strongest sun, and of the sky
uniform vec3 sky;

// 1 where nothing stands between p, on the cube of a slot, and the light
float reached(vec3 p, vec3 way, vec2 cell) {
  way = mix(way, vec3(1e-6), lessThan(abs(way), vec3(1e-6)));
  vec3 inverse = 1.0 / way, spread = abs(inverse);
  vec2 ahead = sign(way.xy), next = (box.xy + cell + max(ahead, 0.0) - p.xy) * inverse.xy;
  float leave = (half_ * sign(way.z) - p.z) * inverse.z;
  for (int i = 0; i < 7; i++) {
    if (min(next.x, next.y) > leave) return 1.0;
    if (next.x < next.y) { cell.x += ahead.x; next.x += spread.x; } else { cell.y += ahead.y; next.y += spread.y; }
    if (cell.x < 0.0 || cell.y < 0.0 || cell.x >= box.z || cell.y >= box.w) return 1.0;
    float code = codeAt(cell);
    if (code < 0.5) continue;
    vec3 middle = (vec3(box.xy + cell + 0.5, 0.0) - p) * inverse, reach = spread * halfEdge(code);
    vec3 near = middle - reach, far = middle + reach;
    if (max(max(near.x, near.y), near.z) < min(min(far.x, far.y), far.z)) return 0.0;
  }
  return 1.0;
}
#endif

// the cube of a slot that was met at p, about c; n: 1 at the axis of its face; across: a pixel, in half edges
vec4 shaded(vec4 texel, vec3 p, vec3 c, float h, vec3 n, vec3 to, float across, vec2 cell) {
  float code = floor(texel.a * 255.0 + 0.5), lit = step(124.5, code);
  vec3 q = (p - c) / h, side = n * to;
  // edges are cut: there a face is lit as one between it and the next
  vec3 rim = abs(q) * (1.0 - n), most = step(max(rim.yzx, rim.zxy), rim), beside = most * sign(q);
  // the cut towards a face that is not seen is seen from its edge
  float away = max(rim.x, max(rim.y, rim.z)), wide = bevel * mix(0.3, 1.0, dot(most, step(0.0, q * to)));
  float cut = smoothstep(1.0 - wide - across, 1.0 - wide + across, away) * clamp(0.3 / across - 0.5, 0.0, 1.0)
    * step(1e-3, bevel);
  vec3 a = n * (1.0 - 0.2929 * cut) + most * (0.7071 * cut), b = side * (1.0 - 0.2929 * cut) + beside * (0.7071 * cut);
  vec3 key = keys[0] * a + keys[1] * b, other = others[0] * a + others[1] * b;
  vec3 gleam = (gleams[0] * a + gleams[1] * b) * (1.0 - 0.3 * cut);
  float gap = max(0.5 / h - 1.0, 0.0);
  float groove = (most.x + most.y) * cut * (1.0 - clamp(gap * 4.0, 0.0, 1.0)); // between cubes that touch
#ifdef TRACED
  vec3 from = p + side * 1e-3, up = sky * sign(dot(sky, side));
  float lightens = dot(sun, side) > 0.0 ? reached(from, sun, cell) : 1.0, open = reached(from, up, cell);
  vec3 light = key * lightens + other * (0.3 + 0.7 * open)
    + ambient * mix(0.2 * (1.0 + 0.6 * dot(keys[0][2], vec3(1.0))), 2.0 * abs(dot(up, side)), open);
  gleam *= 0.2 + 0.8 * lightens;
#else
  gap += 1e3 * n.z;
  vec3 light = key * clamp(gap * dot(open_, n), 0.15, 1.0) + (other + ambient) * (0.45 + 0.55 * min(gap, 1.0));
#endif
  vec3 seen = (texel.rgb * (light + glow + lit * litGlow) + gleam) * (1.0 - 0.5 * groove);
  // as on a plan: flat faces and edges in ink
  float edge = smoothstep(1.0 - plan.x - across, 1.0 - plan.x + across, away);
  vec3 tint = texel.rgb * plan.y * (1.0 - (1.0 - dot(upward, side)) * plan.z * 0.5);
  seen = mix(seen, mix(tint, mix(texel.rgb, ink.rgb, ink.a), edge), step(1e-3, plan.x));
  // what is no number is chequered, in thirds: the face itself belongs to the outer one, however it is rounded
  vec3 third = floor(clamp(q, -0.99, 0.99) * 1.5 + 1.5);
  float k = code - ${NAN.toFixed(1)}, bright = (1.0 - mod(third.x + third.y + third.z, 2.0))
    * (1.0 + step(2.5, k) * litGlow);
  return vec4(mix(seen, min(texel.rgb * 2.1, 1.0) * bright, step(0.0, k)), 1.0);
}

void main() {
  bool turned = eye.w > 0.0;
  vec3 d = turned ? place - eye.xyz : eye.xyz;
  d = mix(d, vec3(1e-7), lessThan(abs(d), vec3(1e-7)));
  vec3 inverse = 1.0 / d;
  float flat_ = -place.z * inverse.z;                  // where the ray goes through the plane of the middles
  vec2 plain = place.xy + d.xy * flat_;
#ifndef NEAR_ONLY
  vec2 gx = dFdx(plain), gy = dFdy(plain);
#endif
  vec3 low = vec3(box.xy, -half_), high = vec3(box.xy + box.zw, half_);
  vec3 ins = min((low - place) * inverse, (high - place) * inverse);
  float enter = max(max(ins.x, ins.y), ins.z);
  if (turned) enter = max(enter, -0.9999);
  float face = abs(d.z) / length(d);
  float large = pixels.x / (dot(widthRow, vec4(place + d * enter, 1.0))) * max(face, 0.3);
#ifdef NEAR_ONLY
  float close = 1.0;
#else
  float close = smoothstep(pixels.y * 0.75, pixels.y * 1.3, large);
#endif
  vec4 seen = vec4(0);
  vec3 met = place + d * clamp(flat_, enter, 0.0);
  vec3 to = -sign(d);
  vec2 ahead = -to.xy;
  vec2 cell = clamp(floor((place + d * enter).xy - box.xy), vec2(0), box.zw - 1.0);
  vec2 next = (box.xy + cell + max(ahead, 0.0) - place.xy) * inverse.xy;
  vec3 spread = abs(inverse), near;
  vec4 texel = vec4(0);
  float h, in_, met_ = 0.0;
  for (int i = 0; i < 24; i++) {
    texel = texelFetch(nearPicture, ivec2(first + cell), 0);
    h = halfEdge(floor(texel.a * 255.0 + 0.5));
    vec3 middle = (vec3(box.xy + cell + 0.5, 0.0) - place) * inverse, far = middle + spread * h;
    near = middle - spread * h;
    in_ = max(max(near.x, near.y), near.z);
    float out_ = min(min(far.x, far.y), far.z);
    met_ = step(in_, out_) * step(enter, out_) * step(0.001, texel.a);
    vec2 steps = vec2(step(next.x, next.y), 1.0 - step(next.x, next.y)), to_ = cell + steps * ahead;
    vec2 within = step(vec2(0), to_) * step(to_, box.zw - 1.0);
    // until a cube is met, the ray leaves the box by its back, or by a side
    if (met_ + step(0.0, min(next.x, next.y)) + 1.0 - within.x * within.y > 0.0 || close <= 0.0) break;
    cell = to_;
    next += steps * spread.xy;
  }
  vec3 hit = place + d * max(in_, enter);
  vec3 n = step(vec3(in_), near);
  n = vec3(n.x * (1.0 - n.z), n.y * (1.0 - n.z) * (1.0 - n.x), n.z);
  seen = met_ * step(1e-6, close) * shaded(texel, hit, vec3(box.xy + cell + 0.5, 0.0), h, n, to,
    1.2 / (large / max(face, 0.3) * h), cell);
  met = mix(met, hit, met_);
#ifndef NEAR_ONLY
  vec3 there = place + d * clamp(flat_, enter, 0.0);
  vec4 average = mean((there.xy - box.xy + first) / extent, gx, gy, d.xy / max(abs(d.z), 1e-4), to);
  seen = mix(average, seen, close);
  // what lies in the plane, as lines do, is behind it where there is much of it
  float depth = half_ * sign(step(0.5, average.a) - 0.5) * abs(inverse.z);
  met = mix(place + d * clamp(flat_ - depth, enter, 0.0), met, step(0.5, close));
#endif
  if (seen.a < 0.004) discard;
  color = seen;
  vec4 at = vec4(met, 1.0);
  gl_FragDepth = clamp(0.5 + 0.5 * dot(depthRow, at) / dot(widthRow, at), 0.0, 1.0);
}`;
