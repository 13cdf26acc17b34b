/**
 * What a page holds: written by mm_blender/web, read here. Both sides change together; `FORMAT` is raised when they do.
 *
 * All places are in the terms of the layout: x right, y up, z to the viewer, the unit the pitch between neighbouring
 * elements, all centred on the origin. Blender's metres are `(x, -z, y) * pitch`. Frames are 4 x 4, row by row (16
 * numbers), world from the matrix's own frame: x along its columns, y down its rows, element (0, 0) at the origin.
 */
export const FORMAT = 1;

/** A dimension in blocks of `step`, drawn `gap` apart. Counts cells of `factor` elements, where it is reduced. */
export interface Split {
  size: number; step: number; gap: number; parts: number; full: number; fullStep: number; factor: number;
}

/** Numbers in the page's data. `kind`: float32; or half: 16 bits (IEEE half) times `scale`. Whichever it is, its bytes
 * are stored in planes (all lowest bytes, then all next ones ...), which compresses better. `offset`: of its first
 * byte; `length`: how many numbers; `error`: the largest that a finite one is off by. */
export interface Numbers { kind: "float32" | "half"; offset: number; length: number; scale: number; error: number }

/** Which magnitudes are drawn smallest and largest (appearance/rules.py: Scale). */
export interface Scale { low: number; high: number }

/** How a level runs through a map (appearance/rules.py: Course). */
export interface Course { decades: 0 | 1 | 2; low: number; knee: number; start: number; end: number }

/** Settings of sizes and colours (expression/tree.py: Viz). `map`: index into `Page.maps`, or null for the scheme of
 * hues; where it is `auto`, another look has its own (`Look.map`). */
export interface Viz {
  sensitivity: string; minSize: number; minLight: number; maxLight: number; elemScale: number;
  zeroHue: number; hueGap: number; hueSpread: number; map: number | null; auto: boolean; percentile: number;
}

/** A colour map: `stops` 0 to 1, `colours` sRGB 0 to 1, three a stop; between stops straight, or `stepped`. */
export interface ColourMap { name: string; stops: number[]; colours: number[]; stepped: boolean; signed: boolean }

/** One step of an epilog (expression/epilogs.py: Step). `scalar` is worked out; the `matrix` that it adds or multiplies
 * with goes by its name: what it holds is in no page, since no sum under way shows it. */
export interface EpilogStep { name: string; scalar: number | null; matrix: string | null; numbers: number[] }

export interface Layout { gap: number; positive: boolean; left: boolean; top: boolean; front: boolean }

export interface Matrix {
  path: string; role: "leaf" | "result"; name: string; remark: string;
  /** Elements; `h x w` of them are drawn, or cells where it is reduced (then rows.factor or cols.factor > 1). */
  h: number; w: number; d: number | null;   // as drawn; d: of a result, the inner dimension as drawn
  fullH: number; fullW: number; fullD: number | null;
  left: string | null; right: string | null;  // paths of a result's operands
  rows: Split; cols: Split; inner: Split | null;
  frame: number[]; box: number[] | null;       // box: of a result, the corner of its box
  layout: Layout; viz: Viz; scale: Scale; course: Course;
  values: Numbers;
  chain: EpilogStep[];                         // of a result
  /** 6 numbers a segment, in the matrix's own frame; half widths; share of the look's light (linear) that they have. */
  guides: { segments: number[]; radii: number[]; light: number } | null;
  /** Of a result, two triangles (18 numbers), in the world: from the left, from the right. Not shown in a variant that
   * sweeps it. */
  arrow: number[] | null;
  rowLabels: string[] | null; colLabels: string[] | null;  // token labels
  edges: { letter: string; far: boolean }[] | null;         // shape legends: of the rows' edge, of the columns' edge
  legends: number; shape: boolean;             // deco: size of names (0: none), whether with the shape
  reduce: string | null;                       // what a cell is, where reduced ("max |x|", "mean", "rms")
  /** Of all elements, reduced or not: the least and the greatest finite one, how many are not finite; null if none is
   * finite. */
  exact: { least: number; greatest: number; odd: number } | null;
}

/** One way to sweep. Everything that it changes stands here; `tracks` by path of the matmuls that sweep. */
export interface Variant {
  key: string; title: string; meaning: string; steps: number;
  tracks: Record<string, Track>;
}
export interface Track {
  /** `walks`: the axes that the algorithm walks along, slowest first ("i", "ij", "jk", "k" ...):
   * expression/algorithms.py. */
  algorithm: string; walks: string; fuse: string; hideInputs: boolean;
  count: number; done: number; runs: [start: number, length: number, first: number][];
  inside: Scale;                               // of its interior plane
  /** In the box's frame; one a block along k (layout/sweep_planes.py). */
  partials: { frames: number[][]; scales: Scale[] } | null;
}

/** `fov`: degrees, of the shorter side; `roll`: degrees about the line of sight, anticlockwise as it looks; `shift`:
 * how far right and up the middle of the picture lies from that line, at distance 1. */
export interface Camera {
  position: number[]; target: number[]; fov: number; kind: "perspective" | "orthographic" | "isometric" | "cabinet";
  roll: number; shift: number[];
}

/** Colours are sRGB 0 to 1; vanes have their opacity as a fourth number. */
export interface Look {
  name: string; dark: boolean; lit: boolean; ground: number[]; text: number[]; line: number[];
  leftVane: number[]; rightVane: number[]; accent: number[] | null;
  /** How full the colours of the scheme of hues are (those of maps stay); what an `auto` map is in this look. */
  saturation: number; map: number | null;
  /** Light as in the render, linear: suns [x, y, z, strength, r, g, b], the direction in the camera's right, up,
   * backward, the strength in W/m2; the radiance from everywhere; what elements shine of themselves, and what lit ones
   * do besides. */
  ambient: number; suns: number[][]; glow: number; highlightGlow: number; shadow: number;
  /** Elements with drawn edges (appearance/looks.py: Drawn), linear. */
  drawn: { ink: number[]; inked: number; width: number; face: number; shade: number } | null;
}

/** A key of colours (lettering/colour_keys.py): a bar with the colours that the matrix `path` of `member` has at
 * `levels` (signed shares of its scale, evenly spaced from end to end), `ticks` at shares of its length, and a few
 * sizes: an edge in pitches, what it says, and the level whose colour it has. */
export interface Key {
  title: string; member: number; path: string; levels: number[];
  ticks: [share: number, text: string][]; sizes: [edge: number, text: string, level: number][];
}

/** What stands in a grid of several has one of these each; alone there is one, with scale 1 and no offset. The title of
 * one in a grid stands below it: `titleAt`: the middle of its upper edge, in the world; `titleSize`: of its letters, in
 * pitches. */
export interface Member {
  title: string; titleAt: number[] | null; titleSize: number; scale: number; offset: number[];
  matrices: Matrix[]; variants: Variant[];
  start: number;                               // which variant is shown first
}

/** `autoFramed`: whether the camera was placed so that all is seen, and may be placed anew for another shape of
 * picture. `spin`: radians a second that the camera turns, 0 for none. `stepSeconds`: of a step of the sweep.
 * `lettering`: `beside` the matrices and upright, in their `planes`, or `none`. `showKeys`, `showNumbers`: whether the
 * page opens with them. `note`: the small print. */
export interface Page {
  format: number; version: string; title: string; caption: string; expression: string; link: string;
  pitch: number; low: number[]; high: number[]; camera: Camera; autoFramed: boolean; spin: number;
  stepSeconds: number; lettering: "beside" | "planes" | "none";
  members: Member[]; keys: Key[]; showKeys: boolean; maps: ColourMap[];
  looks: Look[]; look: number; showNumbers: boolean; note: string;
  bytes: number;                                // of the data, unpacked
  picture: string;                              // a data: address of a plain still, for who has no WebGL2
}
