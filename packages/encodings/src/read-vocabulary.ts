// Reads a vocabulary without waiting, in hosts that have Node's file system: the data modules hold nothing but one
// string, so the file can be read as text and its string cut out, which is faster than importing it.

import { TokenwireError } from "@tokenwire/core";
import type { VocabularyName } from "./definition.ts";

interface FileSystem {
  readFileSync(path: URL, encoding: "latin1"): string;
}

interface HostWithModules {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown };
}

/**
 * The vocabulary in base64. Raises UNKNOWN_ENCODING in hosts without a file system, such as browsers, and
 * DAMAGED_VOCABULARY if the file is missing or is not what the build wrote.
 */
export function readVocabulary(name: VocabularyName): string {
  const fileSystem = (globalThis as HostWithModules).process?.getBuiltinModule?.("node:fs") as
    | FileSystem
    | undefined;
  if (fileSystem === undefined) {
    throw new TokenwireError(
      "UNKNOWN_ENCODING",
      `getEncoding cannot read the vocabulary ${name} synchronously here. Use "await loadEncoding(name)", or import the encoding from its own subpath such as "@tokenwire/encodings/o200k_base".`,
    );
  }
  const file = new URL(`../data/${name}.js`, import.meta.url);
  let text: string;
  try {
    text = fileSystem.readFileSync(file, "latin1");
  } catch (cause) {
    throw new TokenwireError(
      "DAMAGED_VOCABULARY",
      `Cannot read the vocabulary file ${file.href}. In a bundled program use "await loadEncoding(name)" instead of getEncoding, so that the bundler includes the data.`,
      { cause },
    );
  }
  const start = text.indexOf('"');
  const end = text.lastIndexOf('"');
  if (end <= start) {
    throw new TokenwireError(
      "DAMAGED_VOCABULARY",
      `The vocabulary file ${file.href} holds no data. Reinstall the package.`,
    );
  }
  return text.slice(start + 1, end);
}
