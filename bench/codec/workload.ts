// Real vocabulary IDs of real text: readmes of installed packages, and this repository's sources.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { getEncoding } from "@tokenwire/encodings";

const root = join(import.meta.dirname, "../..");

function files(folder: string, ending: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (name.startsWith(".")) return [];
    if (statSync(path).isDirectory()) return files(path, ending);
    return name.endsWith(ending) ? [path] : [];
  });
}

/** Text of one kind; at least a few hundred kilobytes where the checkout has them. */
export function corpus(kind: "prose" | "code"): string {
  const paths = kind === "code" ? files(join(root, "packages/core/src"), ".ts") : readmes();
  return paths
    .map((path) => readFileSync(path, "utf8"))
    .join("\n")
    .slice(0, 1_500_000);
}

/** Readmes of installed packages: prose with some code, different on every machine by little. */
function readmes(): string[] {
  const modules = join(root, "node_modules");
  return readdirSync(modules)
    .filter((name) => !name.startsWith("."))
    .map((name) => join(modules, name, "README.md"))
    .filter((path) => {
      try {
        return statSync(path).isFile();
      } catch {
        return false;
      }
    });
}

export function idsOf(text: string, encoding: "cl100k_base" | "o200k_base"): number[] {
  return [...getEncoding(encoding).encodeOrdinary(text)];
}
