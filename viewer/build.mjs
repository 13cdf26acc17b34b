// Bundles src/main.ts and its style sheet into ../mm_blender/web/viewer.js and viewer.css, with the licences of what is
// in them that is not ours.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const licence = (path) => readFileSync(`${here}${path}`, "utf8").trim().replace("\u00a9", "(c)");
const banner = `/*! The viewer of mm_blender's live page: GPL-3.0-or-later. It contains three.js and a typeface.

three.js:

${licence("node_modules/three/LICENSE")}

The typeface:

${licence("../mm_blender/lettering/typefaces/OFL.txt")}
*/`;

const { outputFiles } = await build({
  absWorkingDir: here,
  entryPoints: ["src/main.ts"],
  outfile: "../mm_blender/web/viewer.js",
  bundle: true,
  write: false,
  format: "iife",
  loader: { ".ttf": "binary" },
  target: "es2022",
  minify: true,
  charset: "ascii", // browsers read text faster that has no other letters
  legalComments: "none", // the banner has them whole
  banner: { js: banner },
  logLevel: "warning",
});
for (const { path, text } of outputFiles) { // in one go, since somebody may be making pages meanwhile
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}
