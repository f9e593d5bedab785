// Writes the JavaScript of the packages that are imported as libraries: one file per entry of `exports`, and the parts
// that entries share as further files, so that a class is the same class whichever entry it comes from. As modules of
// one source file each, importing the tokenizer would cost a program more time than making its first tokens.
//
// Types come from the compiler (tsc -b), next to these files.

import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Other packages and the vocabularies stay where they are. */
const keepOutside = {
  name: "keep-outside",
  setup({ onResolve }) {
    onResolve({ filter: /^[^.]/ }, ({ path, kind }) =>
      kind === "entry-point" ? undefined : { path, external: true },
    );
    onResolve({ filter: /\/data\/\w+\.js$/ }, ({ path }) => ({ path, external: true }));
  },
};

async function bundle(name) {
  const folder = join(root, "packages", name);
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const entryPoints = Object.values(exports).map((entry) => ({
    in: join(folder, entry["@tokenwire/source"]),
    out: entry.default.replace(/^\.\/dist\/|\.js$/g, ""),
  }));
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints,
    outdir: "dist",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    // Names stay, for readable stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    plugins: [keepOutside],
    logLevel: "error",
  });
  removeOthers(
    join(folder, "dist"),
    new Set(Object.keys(metafile.outputs).map((path) => join(folder, path))),
  );
}

/** Removes the JavaScript of earlier builds: it would be published with the rest. */
function removeOthers(folder, kept) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (/\.js(\.map)?$/.test(entry.name) && !kept.has(path)) rmSync(path);
  }
}

for (const name of ["core", "encodings"]) await bundle(name);
