// Constraints for engines whose logits are at hand: xgrammar says, before each token, which tokens keep the output inside
// the grammar.

import type { GrammarError } from "@tokenwire/core/grammar";
import type { ConstraintCompiler, TokenMatcher } from "../embedded/index.ts";
import { type Constraint, EngineError, type TokenId } from "../engine.ts";
import { boundedStrings } from "./bounded-strings.ts";
import { checkGrammar, refusedGrammar, regexGrammar } from "./grammar-check.ts";
import { checkRegex, checkSchema } from "./schema-check.ts";
import { type GrammarCompiler, type GrammarMatcher, loadXgrammar, type Xgrammar } from "./xgrammar-module.ts";

/** The tokens an engine can produce, by row; a model may use a small part of a large vocabulary. */
export interface GrammarVocabulary {
  /** Byte-level (GPT-2 mapped) text of each row; special tokens as they are. */
  readonly texts: readonly string[];
  /** Token ID of each row. */
  readonly ids: readonly TokenId[];
}

type Compiled = Awaited<ReturnType<GrammarCompiler["compileBuiltinJSONGrammar"]>>;

interface Instance {
  readonly xgrammar: Xgrammar;
  readonly compiler: GrammarCompiler;
}

/** Compiled grammars kept, least recently used first out. */
const cacheSize = 64;
const about = "constraint";

/** Compiles every kind of constraint but Lark grammars. Nothing is loaded before the first one. */
export function createXgrammarCompiler(vocabulary: () => GrammarVocabulary): ConstraintCompiler {
  return new XgrammarCompiler(vocabulary);
}

class XgrammarCompiler implements ConstraintCompiler {
  readonly kinds = ["json_object", "json_schema", "regex", "grammar", "choice", "structural_tag"] as const;
  readonly #vocabulary: () => GrammarVocabulary;
  readonly #compiled = new Map<string, Promise<Compiled>>();
  #instance: Promise<Instance> | undefined;
  #rows: ReadonlyMap<TokenId, number> = new Map();

  constructor(vocabulary: () => GrammarVocabulary) {
    this.#vocabulary = vocabulary;
  }

  async compile(wanted: Constraint, stops: ReadonlySet<TokenId>): Promise<TokenMatcher> {
    const { constraint, unread } = prepared(wanted);
    try {
      this.#instance ??= this.#load();
      const { xgrammar, compiler } = await this.#instance;
      const compiled = await this.#cached(constraint, compiler);
      const stopRows = [...stops].map((id) => this.#rows.get(id)).filter((row) => row !== undefined);
      const matcher = await xgrammar.GrammarMatcher.createGrammarMatcher(compiled, stopRows);
      return new Matcher(matcher, this.#rows);
    } catch (error) {
      if (error instanceof EngineError) throw error;
      // After an abort the instance answers nothing any more.
      this.#instance = undefined;
      this.#compiled.clear();
      if (constraint.kind === "grammar") throw refusedGrammar(unread, error);
      const { message } = error as Error;
      throw new EngineError("invalid_request", `The constraint cannot be compiled: ${message}`, {
        about,
        cause: error,
      });
    }
  }

  async #load(): Promise<Instance> {
    const xgrammar = loadXgrammar();
    const { texts, ids } = this.#vocabulary();
    this.#rows = new Map(ids.map((id, row) => [id, row]));
    const info = await xgrammar.TokenizerInfo.createTokenizerInfo(
      texts,
      "byte_level",
      false,
      texts.length,
      [],
    );
    return { xgrammar, compiler: await xgrammar.GrammarCompiler.createGrammarCompiler(info) };
  }

  #cached(constraint: Compilable, compiler: GrammarCompiler): Promise<Compiled> {
    const key = JSON.stringify(constraint);
    const known = this.#compiled.get(key) ?? lower(constraint, compiler);
    this.#compiled.delete(key);
    this.#compiled.set(key, known);
    known.catch(() => this.#compiled.delete(key));
    const oldest = this.#compiled.keys().next();
    if (this.#compiled.size > cacheSize && !oldest.done) this.#compiled.delete(oldest.value);
    return known;
  }
}

class Matcher implements TokenMatcher {
  readonly #matcher: GrammarMatcher;
  readonly #rows: ReadonlyMap<TokenId, number>;
  #mask: Int32Array = new Int32Array();
  #accepted = 0;

  constructor(matcher: GrammarMatcher, rows: ReadonlyMap<TokenId, number>) {
    this.#matcher = matcher;
    this.#rows = rows;
  }

  async prepare(): Promise<void> {
    this.#mask = await this.#matcher.getNextTokenBitmask();
  }

  allows(id: TokenId): boolean {
    const row = this.#rows.get(id);
    return row !== undefined && (((this.#mask[row >> 5] ?? 0) >>> (row & 31)) & 1) === 1;
  }

  accept(id: TokenId): void {
    const row = this.#rows.get(id);
    if (row === undefined || !this.#matcher.acceptToken(row)) {
      throw new EngineError("internal", `The grammar refused the token ${id} that its mask allowed.`);
    }
    this.#accepted += 1;
  }

  dispose(): void {
    this.#matcher.dispose();
  }

  describe(): string {
    return `${this.#accepted} tokens accepted`;
  }
}

/** Regular expressions go to the compiler as grammars. */
type Compilable = Exclude<Constraint, { kind: "regex" }>;

interface Prepared {
  readonly constraint: Compilable;
  /** What is odd about a grammar, and wrong if the compiler thinks so too. */
  readonly unread?: GrammarError;
}

/** Refuses what can be known to be wrong before the compiler sees it, and says the rest as it is understood there. */
function prepared(constraint: Constraint): Prepared {
  switch (constraint.kind) {
    case "json_schema":
      checkSchema(constraint.schema, constraint.strict === true);
      return { constraint };
    case "regex":
      return {
        constraint: { kind: "grammar", syntax: "ebnf", source: patternGrammar(constraint.pattern, "regex") },
      };
    case "structural_tag":
      return { constraint: { kind: "structural_tag", tag: preparedTag(constraint.tag) } };
    case "choice":
      if (constraint.choices.length > 0) return { constraint };
      throw new EngineError("invalid_request", "A choice needs at least one alternative.", { about });
    case "grammar": {
      if (constraint.syntax !== "ebnf") {
        const message = `Grammars are taken as EBNF here, not as ${constraint.syntax}.`;
        throw new EngineError("unsupported", message, { about });
      }
      const { unread, source } = checkGrammar(constraint.source);
      return { constraint: { ...constraint, source }, ...(unread && { unread }) };
    }
    default:
      return { constraint };
  }
}

/** A structural tag with its schemas, patterns and grammars as they are understood. */
function preparedTag(tag: unknown): unknown {
  if (Array.isArray(tag)) return tag.map(preparedTag);
  if (typeof tag !== "object" || tag === null) return tag;
  const { type, pattern, grammar } = tag as Readonly<Record<string, unknown>>;
  if (type === "regex" && typeof pattern === "string") {
    return { type: "grammar", grammar: patternGrammar(pattern, "pattern") };
  }
  if (type === "grammar" && typeof grammar === "string") return { type, grammar: tagGrammar(grammar) };
  const entries = Object.entries(tag).map(([key, value]) => {
    if (key !== "json_schema") return [key, preparedTag(value)];
    checkSchema(value, false);
    return [key, boundedStrings(value)];
  });
  return Object.fromEntries(entries);
}

function tagGrammar(source: string): string {
  const checked = checkGrammar(source);
  if (checked.unread !== undefined) throw refusedGrammar(checked.unread, undefined);
  return checked.source;
}

function patternGrammar(pattern: string, path: string): string {
  checkRegex(pattern, path);
  return regexGrammar(pattern);
}

function lower(constraint: Compilable, compiler: GrammarCompiler): Promise<Compiled> {
  switch (constraint.kind) {
    case "json_object":
      return compiler.compileJSONSchema('{"type":"object"}', true, -1, [",", ":"], false);
    case "json_schema": {
      const schema = JSON.stringify(boundedStrings(constraint.schema));
      return compiler.compileJSONSchema(schema, false, -1, [",", ":"], constraint.strict !== false);
    }
    case "grammar":
      return compiler.compileGrammar(constraint.source);
    case "choice": {
      const elements = constraint.choices.map((value) => ({ type: "const_string", value }));
      return compiler.compileStructuralTag(structuralTag({ type: "or", elements }));
    }
    case "structural_tag":
      return compiler.compileStructuralTag(constraint.tag);
  }
}

const structuralTag = (format: object): object => ({ type: "structural_tag", format });
