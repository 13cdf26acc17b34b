// Bundles src/main.ts and its style sheet into ../mm_blender/web/viewer.js and viewer.css, three.js' licence with them.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const licence = readFileSync(`${here}node_modules/three/LICENSE`, "utf8").trim().replace("\u00a9", "(c)");

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
  charset: "ascii", // so that the file is read alike whatever encoding a reader takes it for
  legalComments: "none", // the banner has them whole
  banner: { js: `/*! The viewer of mm_blender's live page: GPL-3.0-or-later. It contains three.js:\n\n${licence}\n*/` },
  logLevel: "warning",
});
for (const { path, text } of outputFiles) { // in one go, since somebody may be making pages meanwhile
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}
