// Grammars of custom tools. The model writes a call whose arguments are `{"input": "…"}`, so what an engine is held to is
// the JSON around and the text as it stands inside of a JSON string.

import {
  type Expression,
  endlessRule,
  expandedSize,
  type Grammar,
  GrammarError,
  insideJsonString,
  isSameInsideJsonString,
  readLark,
  regexExpression,
  repeat,
  sequence,
  writeEbnf,
} from "@tokenwire/core/grammar";
import type { JsonObject } from "@tokenwire/core/json";
import { invalidRequest } from "./api-error.ts";
import { checkLength, checkPattern, maxExpansion } from "./constraint-limits.ts";
import type { CustomFormat, FunctionTool } from "./conversation.ts";
import type { OutputConstraint } from "./generation.ts";
import { toWireJson } from "./wire-json.ts";

/** The one parameter of the function that the model sees. */
export const inputParameter = "input";

/** Raises 400 for a grammar that cannot be read, that no text matches, or that is too large. */
export function checkFormat(format: CustomFormat, path: string): void {
  if (format.type !== "grammar") return;
  if (format.syntax === "regex") {
    checkPattern(format.definition, path);
    return;
  }
  checkLength(format.definition, path);
  const grammar = readDefinition(format.definition, path);
  const endless = endlessRule(grammar);
  if (endless !== undefined) {
    throw invalidRequest(
      path,
      `${path}: the rule "${endless}" has a part that no text matches, so it never ends.`,
    );
  }
  const size = expandedSize(grammar);
  if (size > maxExpansion) {
    throw invalidRequest(
      path,
      `${path}: the grammar has about ${size} parts when its repetitions are written out; at most ${maxExpansion} are allowed.`,
    );
  }
}

function readDefinition(definition: string, path: string): Grammar {
  try {
    return readLark(definition);
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    throw invalidRequest(path, `${path}: the Lark grammar cannot be used: ${error.message}`);
  }
}

/** What holds the input of tools to their grammars. */
export interface HeldInputs {
  readonly constraint: OutputConstraint | undefined;
  /** Names of the tools that it holds. */
  readonly names: ReadonlySet<string>;
}

/**
 * A constraint on calls with grammars in the place of the schemas that stood for them, and the tools whose inputs it then
 * holds to their formats.
 *
 * @param tools custom tools with grammars
 * @param kinds what the engine can hold an answer to
 */
export function holdInputs(
  constraint: OutputConstraint | undefined,
  tools: readonly FunctionTool[],
  kinds: readonly OutputConstraint["kind"][],
): HeldInputs {
  const holder = new InputHolder(tools, kinds);
  return { constraint: constraint && holder.constraint(constraint), names: holder.names };
}

/** Finds tools by their schemas: those are the same only where the formats are. */
class InputHolder {
  readonly names: Set<string> = new Set();
  readonly #bySchema: Map<string, FunctionTool[]> = new Map();
  readonly #kinds: readonly OutputConstraint["kind"][];

  constructor(tools: readonly FunctionTool[], kinds: readonly OutputConstraint["kind"][]) {
    this.#kinds = kinds;
    for (const tool of tools) {
      const schema = JSON.stringify(toWireJson(tool.parameters as JsonObject));
      this.#bySchema.set(schema, [...(this.#bySchema.get(schema) ?? []), tool]);
    }
  }

  constraint(constraint: OutputConstraint): OutputConstraint {
    if (constraint.kind === "structural_tag") return { ...constraint, tag: this.#placed(constraint.tag) };
    if (constraint.kind !== "json_schema") return constraint;
    const source = this.#kinds.includes("grammar") ? this.#grammarFor(constraint.schema) : undefined;
    if (source !== undefined) return { kind: "grammar", syntax: "ebnf", source };
    this.#placed(constraint.schema);
    return constraint;
  }

  /** A part of a constraint with grammars in it. */
  #placed(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((entry) => this.#placed(entry));
    if (!isObject(value)) return value;
    // With a style of its own the content is not JSON.
    if (value["type"] === "json_schema" && value["style"] === undefined) {
      const grammar = this.#grammarFor(value["json_schema"]);
      if (grammar !== undefined) return { type: "grammar", grammar };
    }
    // A schema inside of a schema holds what schemas can say.
    for (const { name, custom } of this.#toolsOf(value)) if (isPatternAsIs(custom)) this.names.add(name);
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, this.#placed(entry)]));
  }

  /** The grammar of arguments whose input has one. Engines take a schema's pattern for what stands between the quotes. */
  #grammarFor(schema: unknown): string | undefined {
    const tools = this.#toolsOf(schema);
    const grammar = grammarOf(tools[0]?.custom);
    if (grammar === undefined) return undefined;
    for (const { name } of tools) this.names.add(name);
    return argumentsGrammar(grammar);
  }

  #toolsOf(schema: unknown): readonly FunctionTool[] {
    const isInput =
      isObject(schema) && isObject(schema["properties"]) && inputParameter in schema["properties"];
    return (isInput && this.#bySchema.get(JSON.stringify(schema))) || [];
  }
}

/** The grammar of a format; undefined for free text, and for a pattern that no grammar says. */
function grammarOf(format: CustomFormat | undefined): Grammar | undefined {
  if (format?.type !== "grammar") return undefined;
  if (format.syntax === "lark") return readLark(format.definition);
  try {
    const start = "input";
    return { start, rules: new Map([[start, regexExpression(format.definition, { lazy: true })]]) };
  } catch (error) {
    if (error instanceof GrammarError) return undefined;
    throw error;
  }
}

/** Whether a format is a pattern of texts that JSON writes as they are, in words that all engines read alike. */
function isPatternAsIs(format: CustomFormat | undefined): boolean {
  if (format?.type !== "grammar" || format.syntax !== "regex" || /\\[xu]|\[\\\^/.test(format.definition))
    return false;
  const grammar = grammarOf(format);
  return grammar !== undefined && isSameInsideJsonString(grammar);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `{"input": "…"}`, with or without a space where models write one. */
function argumentsGrammar(input: Grammar): string {
  const { start, rules } = insideJsonString(input);
  const space = repeat(text(" "), 0, 1);
  const name = text(JSON.stringify(inputParameter));
  const value = sequence([text('"'), { kind: "rule", name: start }, text('"')]);
  const object = sequence([text("{"), space, name, space, text(":"), space, value, space, text("}")]);
  return writeEbnf({ start: "%arguments", rules: new Map([["%arguments", object], ...rules]) });
}

function text(value: string): Expression {
  return { kind: "text", text: value };
}
