// Loads the xgrammar build for WebAssembly. Its package is a script that declares itself a module, so that neither
// `import` nor `require` can load it; it is evaluated as what it is. An optional dependency, loaded on first use.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { EngineError } from "../engine.ts";

interface Disposable {
  dispose(): void;
}

export interface GrammarMatcher extends Disposable {
  acceptToken(id: number): boolean;
  getNextTokenBitmask(): Promise<Int32Array>;
  isTerminated(): boolean;
}

export interface GrammarCompiler extends Disposable {
  compileJSONSchema(
    schema: string,
    anyWhitespace: boolean,
    indent: number,
    separators: readonly [string, string],
    strict: boolean,
  ): Promise<Disposable>;
  compileBuiltinJSONGrammar(): Promise<Disposable>;
  compileGrammar(ebnf: string, rootRule?: string): Promise<Disposable>;
  compileStructuralTag(tag: unknown): Promise<Disposable>;
}

/** The part of the package that is used. */
export interface Xgrammar {
  readonly TokenizerInfo: {
    createTokenizerInfo(
      vocabulary: readonly string[],
      type: "byte_level",
      prependSpace: boolean,
      size: number,
      stopIds: readonly number[],
    ): Promise<Disposable>;
  };
  readonly GrammarCompiler: { createGrammarCompiler(info: Disposable): Promise<GrammarCompiler> };
  readonly GrammarMatcher: {
    createGrammarMatcher(compiled: Disposable, stopIds?: readonly number[]): Promise<GrammarMatcher>;
  };
}

const packageName = "@mlc-ai/web-xgrammar";

/** A fresh instance: one that has aborted is of no further use. */
export function loadXgrammar(): Xgrammar {
  const require = createRequire(import.meta.url);
  let path: string;
  try {
    path = require.resolve(packageName);
  } catch (error) {
    throw new EngineError(
      "unsupported",
      `Constrained output needs an optional package; run: npm install ${packageName}`,
      { cause: error },
    );
  }
  const module = { exports: {} as unknown };
  // Its warnings about schemas would go to the console; faults come back as errors all the same.
  const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };
  const parameters = ["exports", "module", "require", "__filename", "__dirname", "console", "load"];
  // Code from text has no module loader of its own everywhere, so its `import()` is given one.
  const source = readFileSync(path, "utf8").replace(/\bimport\(/g, "load(");
  const load = (name: string): Promise<unknown> => import(name);
  new Function(...parameters, source)(module.exports, module, require, path, dirname(path), quiet, load);
  return module.exports as Xgrammar;
}
