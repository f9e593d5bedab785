// Loads node-llama-cpp, llama.cpp as a Node addon. An optional peer: looked for only when this engine is asked for.

import { pathToFileURL } from "node:url";
import { EngineError, type TokenId } from "../engine.ts";
import { findPackage } from "../optional-package.ts";

/** One place in the context: tokens already evaluated, and what comes after them. */
export interface BindingSequence {
  readonly contextSize: number;
  /** Tokens evaluated so far. */
  readonly nextTokenIndex: number;
  compareContextTokens(tokens: readonly TokenId[]): { firstDifferentIndex: number };
  adaptStateToTokens(tokens: readonly TokenId[], allowShift: boolean): Promise<void>;
  clearHistory(): Promise<void>;
  evaluateWithoutGeneratingNewTokens(tokens: readonly TokenId[]): Promise<void>;
  controlledEvaluate(
    input: readonly [TokenId, { generateNext: { logits?: true; token?: true; options?: object } }][],
  ): Promise<({ next: { logits?: ReadonlyMap<TokenId, number>; token?: TokenId | null } } | undefined)[]>;
}

export interface BindingContext {
  getSequence(): BindingSequence;
}

export interface BindingModel {
  /** Metadata of the file as nested objects: `tokenizer.ggml.tokens` is `metadata.tokenizer.ggml.tokens`. */
  readonly fileInfo: { readonly metadata: unknown };
  createContext(options: object): Promise<BindingContext>;
}

export interface Binding {
  loadModel(options: object): Promise<BindingModel>;
  dispose(): Promise<void>;
}

interface BindingModule {
  getLlama(options: object): Promise<Binding>;
}

const packageName = "node-llama-cpp";

/**
 * The package, from the folder given, beside this one, or from the working directory.
 *
 * @param folder a `node_modules` folder to look in first.
 * @throws EngineError `unsupported` with the command that installs it.
 */
export async function loadBinding(folder: string | undefined): Promise<BindingModule> {
  const path = findPackage(packageName, folder);
  if (path === undefined) {
    throw new EngineError(
      "unsupported",
      `Running llama.cpp in this process needs an optional package; run: npm install ${packageName}`,
    );
  }
  return (await import(pathToFileURL(path).href)) as BindingModule;
}
