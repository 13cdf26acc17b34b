// Bundles src/main.ts and its style sheet into ../mm_blender/web/viewer.js and viewer.css, three.js' licence with them.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const licence = readFileSync(new URL("node_modules/three/LICENSE", import.meta.url), "utf8").trim().replace("\u00a9", "(c)");

await build({
  absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
  entryPoints: ["src/main.ts"],
  outfile: "../mm_blender/web/viewer.js",
  bundle: true,
  format: "iife",
  target: "es2022",
  minify: true,
  charset: "ascii", // so that the file is read alike whatever encoding a reader takes it for
  legalComments: "none", // the banner has them whole
  banner: { js: `/*! The viewer of mm_blender's live page: GPL-3.0-or-later. It contains three.js:\n\n${licence}\n*/` },
  logLevel: "warning",
});
