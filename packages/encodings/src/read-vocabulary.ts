// Reads a vocabulary from its file without waiting, in hosts that have Node's file system. Bundlers and hosts without
// one get the same bytes in a module instead: `imports` in package.json chooses, and scripts/bundle.mjs writes it.

import { TokenwireError } from "@tokenwire/core/tokenizer/packed";
import type { VocabularyName } from "./definition.ts";

interface FileSystem {
  readFileSync(path: URL): Uint8Array;
}

interface HostWithModules {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown };
}

/**
 * The packed vocabulary `name`, which lies in `file`. Raises UNKNOWN_ENCODING in hosts without a file system, such as browsers, and
 * DAMAGED_VOCABULARY if the file is missing.
 */
export function readVocabulary(name: VocabularyName, file: URL): Uint8Array {
  const fileSystem = (globalThis as HostWithModules).process?.getBuiltinModule?.("node:fs") as
    | FileSystem
    | undefined;
  if (fileSystem === undefined) {
    throw new TokenwireError(
      "UNKNOWN_ENCODING",
      `getEncoding cannot read the vocabulary ${name} synchronously here. Use "await loadEncoding(name)", or import the encoding from its own subpath such as "@tokenwire/encodings/o200k_base".`,
    );
  }
  try {
    return fileSystem.readFileSync(file);
  } catch (cause) {
    throw new TokenwireError(
      "DAMAGED_VOCABULARY",
      `Cannot read the vocabulary file ${file.href}. In a bundled program use "await loadEncoding(name)" or the encoding's own subpath instead of getEncoding, and let the bundler resolve the condition "module", so that it includes the data.`,
      { cause },
    );
  }
}
