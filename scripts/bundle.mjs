// Writes the JavaScript of the packages that are imported as libraries: one file per entry of `exports`, and the parts
// that entries share as further files, so that a class is the same class whichever entry it comes from. As modules of
// one source file each, importing the tokenizer would cost a program more time than making its first tokens.
//
// Types come from the compiler (tsc -b), next to these files.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Other packages, and what `imports` in package.json chooses, stay outside. */
const keepOutside = {
  name: "keep-outside",
  setup({ onResolve }) {
    onResolve({ filter: /^[^.]/ }, ({ path, kind }) =>
      kind === "entry-point" ? undefined : { path, external: true },
    );
  },
};

const settings = {
  outdir: "dist",
  bundle: true,
  format: "esm",
  platform: "neutral",
  target: "es2022",
  // Names stay, for readable stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: true,
  sourcesContent: false,
  metafile: true,
  logLevel: "error",
};

/** Bundles the entries of a package. Returns the files written. */
async function bundle(name) {
  const folder = join(root, "packages", name);
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const entryPoints = Object.values(exports).map((entry) => ({
    in: join(folder, entry["@tokenwire/source"]),
    out: entry.default.replace(/^\.\/dist\/|\.js$/g, ""),
  }));
  const { metafile } = await build({
    ...settings,
    absWorkingDir: folder,
    entryPoints,
    splitting: true,
    plugins: [keepOutside],
  });
  const written = Object.keys(metafile.outputs).map((path) => join(folder, path));
  for (const path of written) if (path.endsWith(".js")) dropBareImports(path);
  return written;
}

/**
 * Blanks imports that are there for side effects only: these packages have none, as their package.json says, and
 * bundlers would warn of the contradiction. Blanks, because source maps count columns.
 */
function dropBareImports(path) {
  const code = readFileSync(path, "utf8");
  const blanked = code.replace(/(?<=^|;)import"[^"]+";/g, (statement) => " ".repeat(statement.length));
  if (blanked !== code) writeFileSync(path, blanked);
}

/** The modules that read vocabularies from files, each by itself. Returns the files written. */
async function bundleVocabularyReaders(names) {
  const folder = join(root, "packages/encodings");
  const { metafile } = await build({
    ...settings,
    absWorkingDir: folder,
    entryPoints: names.map((name) => ({
      in: join(folder, "src/vocabulary", `${name}.ts`),
      out: `vocabulary/${name}`,
    })),
    plugins: [keepOutside],
  });
  return Object.keys(metafile.outputs).map((path) => join(folder, path));
}

/**
 * The vocabularies as modules, for hosts without a file system, and for bundles, which must carry their data with
 * them. Base64 survives every tool that handles the module. Returns the files written.
 */
function writeInlineVocabularies(names) {
  const folder = join(root, "packages/encodings");
  mkdirSync(join(folder, "dist/inline"), { recursive: true });
  return names.map((name) => {
    const data = readFileSync(join(folder, "data", `${name}.bin`)).toString("base64");
    const path = join(folder, "dist/inline", `${name}.js`);
    writeFileSync(
      path,
      `import{decodeBase64}from"@tokenwire/core/bytes";export const vocabulary=()=>decodeBase64("${data}");\n`,
    );
    return path;
  });
}

/** Removes the JavaScript of earlier builds: it would be published with the rest. */
function removeAllBut(kept, folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (/\.js(\.map)?$/.test(entry.name) && !kept.includes(path)) rmSync(path);
  }
}

const vocabularies = readdirSync(join(root, "packages/encodings/data")).map((file) =>
  file.replace(/\.bin$/, ""),
);
removeAllBut(await bundle("core"), join(root, "packages/core/dist"));
const written = [
  ...(await bundle("encodings")),
  ...(await bundleVocabularyReaders(vocabularies)),
  ...writeInlineVocabularies(vocabularies),
];
removeAllBut(written, join(root, "packages/encodings/dist"));
