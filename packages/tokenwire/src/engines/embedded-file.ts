// Reads the embedded engine's model from a file: the one in the package, or another.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TokenwireError } from "@tokenwire/core";
import { createEmbeddedEngine, type EmbeddedEngine, type EmbeddedEngineOptions } from "./embedded/index.ts";
import { createXgrammarCompiler, ggufVocabulary } from "./grammar/index.ts";

/** The toy model that comes with the package. */
export const packagedModel: string = fileURLToPath(
  new URL("../../data/toy-harmony.q8_0.gguf", import.meta.url),
);

export interface EmbeddedFileOptions extends Omit<EmbeddedEngineOptions, "model"> {
  /** GGUF file. Default: the packaged toy model. */
  readonly path?: string;
}

/**
 * The embedded engine over a model file.
 *
 * @throws INVALID_GGUF when the file cannot be read or run.
 * @example openEmbeddedEngine({ tokenizer: getEncoding("o200k_harmony") })
 */
export function openEmbeddedEngine(options: EmbeddedFileOptions = {}): EmbeddedEngine {
  const path = options.path ?? packagedModel;
  let model: Uint8Array;
  try {
    model = readFileSync(path);
  } catch (cause) {
    throw new TokenwireError("INVALID_GGUF", `Cannot read the model file ${path}.`, { cause });
  }
  const constraints = options.constraints ?? createXgrammarCompiler(() => ggufVocabulary(model));
  return createEmbeddedEngine({ ...options, constraints, model });
}
