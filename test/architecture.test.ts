// Who may import whom. A layer imports only what its row names, and a sibling layer only through its index.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

const coreLayers = [
  "errors",
  "did-you-mean",
  "bytes",
  "json",
  "gguf",
  "tokenizer",
  "template",
  "harmony",
  "grammar",
  "parsers",
  "codec",
];
const core = coreLayers.map((layer) => `core/${layer}`);

/** The layering table. `protocol` as an import of another Node layer is for types. */
const mayImport: Record<string, readonly string[]> = {
  "core/errors": [],
  "core/did-you-mean": [],
  "core/bytes": ["core/errors"],
  "core/json": ["core/errors"],
  "core/gguf": ["core/errors", "core/bytes"],
  "core/tokenizer": ["core/errors", "core/did-you-mean", "core/bytes", "core/json"],
  "core/template": ["core/errors", "core/json", "core/tokenizer"],
  "core/harmony": ["core/errors", "core/json", "core/tokenizer"],
  "core/grammar": ["core/errors"],
  "core/parsers": [
    "core/errors",
    "core/did-you-mean",
    "core/json",
    "core/tokenizer",
    "core/harmony",
    "core/grammar",
  ],
  "core/codec": ["core/errors", "core/bytes", "core/json", "core/tokenizer"],
  "core/index": ["core/errors", "core/did-you-mean"],
  encodings: ["core/errors", "core/bytes", "core/tokenizer"],
  protocol: core,
  engines: [...core, "protocol"],
  profiles: [...core, "encodings", "protocol"],
  store: ["protocol", "core/errors"],
  tools: [...core, "protocol"],
  mcp: [...core, "protocol", "tools"],
  server: [...core, "protocol", "engines", "profiles", "store", "tools", "mcp", "tokenizer"],
  evals: [...core, "protocol"],
  tokenizer: [...core, "encodings"],
};

/** Layers that talk to the world. `engines/embedded` and `protocol` also run in a browser. */
const nodeLayers = new Set([
  "server",
  "store",
  "mcp",
  "tools",
  "profiles",
  "evals",
  "cli",
  "engines",
  "tokenizer",
  "index",
]);
const everything = new Set(["cli", "index"]);

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly dynamic: boolean;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The layer a source file belongs to: the first folder below `src`, prefixed in core. */
function layerOf(file: string): string {
  const [, name = "", , first = ""] = relative(root, file).split("/");
  if (name === "encodings") return "encodings";
  const layer = first.replace(/\.ts$/, "");
  return name === "core" ? `core/${layer}` : layer;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const found: Import[] = [];
  for (const match of text.matchAll(
    /(?:^|\n)\s*(?:import|export)[^"';]*?from\s*"([^"]+)"|import\(\s*"([^"]+)"\s*\)/g,
  )) {
    found.push({ file, specifier: match[1] ?? match[2] ?? "", dynamic: match[2] !== undefined });
  }
  return found;
}

function targetLayer({ file, specifier }: Import): string | undefined {
  if (specifier.startsWith("@tokenwire/core")) return `core/${specifier.split("/")[2] ?? "errors"}`;
  if (specifier.startsWith("@tokenwire/encodings")) return "encodings";
  return specifier.startsWith(".") ? layerOf(resolve(dirname(file), specifier)) : undefined;
}

const files = ["core", "encodings", "tokenwire"].flatMap((name) =>
  sourceFiles(join(root, "packages", name, "src")),
);
const imports = files.flatMap(importsOf);
const show = ({ file, specifier }: Import) => `${relative(root, file)} → ${specifier}`;

describe("architecture", () => {
  it("finds the sources", () => {
    expect(files.length).toBeGreaterThan(10);
    expect(imports.length).toBeGreaterThan(5);
  });

  it("knows every layer", () => {
    const unknown = files.map(layerOf).filter((layer) => !(layer in mayImport) && !everything.has(layer));
    expect([...new Set(unknown)]).toEqual([]);
  });

  it("imports downwards only", () => {
    const wrong = imports.filter((entry) => {
      const from = layerOf(entry.file);
      const to = targetLayer(entry);
      return to !== undefined && to !== from && !everything.has(from) && !mayImport[from]?.includes(to);
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it("enters a sibling layer through its index only", () => {
    const wrong = imports.filter((entry) => {
      const to = targetLayer(entry);
      if (to === undefined || to === layerOf(entry.file) || !entry.specifier.startsWith(".")) return false;
      return !/\/(index|errors|did-you-mean)\.ts$/.test(entry.specifier);
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it("uses Node only where the world is met", () => {
    const wrong = imports.filter(
      (entry) =>
        entry.specifier.startsWith("node:") &&
        (!nodeLayers.has(layerOf(entry.file)) || entry.file.includes("/engines/embedded/")),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  // A worker's modules are loaded when the worker is started, which is on demand.
  const workerModules = ["tools/python/sandbox-worker.ts", "tools/python/wasi-files.ts"];

  it("imports optional peers on demand only", () => {
    const manifest = JSON.parse(readFileSync(join(root, "packages/tokenwire/package.json"), "utf8")) as {
      peerDependencies?: Record<string, string>;
      optionalDependencies?: Record<string, string>;
    };
    const optional = Object.keys({ ...manifest.peerDependencies, ...manifest.optionalDependencies });
    const isWorker = (file: string) => workerModules.some((name) => file.endsWith(name));
    const wrong = imports.filter(
      ({ file, specifier, dynamic }) => !dynamic && optional.includes(specifier) && !isWorker(file),
    );
    expect(wrong.map(show)).toEqual([]);
  });
});
