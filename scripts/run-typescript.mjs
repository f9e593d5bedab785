// Runs a TypeScript script of this repository from source: node scripts/run-typescript.mjs <file.ts> [arguments].
// Node 20 does not strip types, so esbuild (already here for the size checks) bundles the script first.

import { mkdtempSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const [file, ...rest] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node scripts/run-typescript.mjs <file.ts> [arguments]");
  process.exit(2);
}

const source = resolve(file);
const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
// Inside node_modules, so that the bundle finds the packages it leaves external.
const folder = mkdtempSync(join(root, "node_modules", ".run-typescript-"));
try {
  const outfile = join(folder, "script.mjs");
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@tokenwire/source"],
    // Workspace sources are bundled with their import.meta.url kept; everything from the registry stays outside.
    plugins: [keepImportMeta(), externalPackages()],
    logLevel: "error",
  });
  process.argv = [process.argv[0], source, ...rest];
  await import(pathToFileURL(outfile).href);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function externalPackages() {
  return {
    name: "external-packages",
    setup({ onResolve }) {
      onResolve({ filter: /^[^./]/ }, ({ path }) =>
        path.startsWith("@tokenwire/") || path.startsWith("#") ? null : { path, external: true },
      );
    },
  };
}

function keepImportMeta() {
  return {
    name: "keep-import-meta",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const { readFile } = await import("node:fs/promises");
        const contents = await readFile(path, "utf8");
        return {
          contents: contents.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)),
          loader: "ts",
        };
      });
    },
  };
}
