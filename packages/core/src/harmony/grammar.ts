// What an assistant's turn may look like after `<|start|>assistant`, in the two forms that engines take: a GBNF grammar
// and a list of begin, content and end tags. Both header orders, all channels and both content types are admitted for
// calls: forcing one of them costs accuracy.

import { jsonLiteral } from "./json-literal.ts";
import type { ToolDescription } from "./tools.ts";

export interface TurnGrammarOptions {
  readonly tools?: readonly ToolDescription[] | undefined;
  /** `required`: the turn ends in a call. `none`: in an answer. Default `auto`. A name: in a call of it. */
  readonly toolChoice?: "auto" | "required" | "none" | { readonly name: string } | undefined;
  /** Schema of the answer. */
  readonly responseSchema?: unknown;
}

/** One admitted shape: `begin`, then content that follows `schema` (any text without), then `end`. */
export interface StructuralTag {
  readonly begin: string;
  readonly schema?: unknown;
  readonly end: string;
}

const channels = ["commentary", "analysis", "final"];
const contentTypes = [" json", " <|constrain|>json"];

/** The beginnings that a call of `name` may have. */
function callHeads(name: string): string[] {
  return channels.flatMap((channel) =>
    contentTypes.flatMap((type) => [
      `<|channel|>${channel} to=functions.${name}${type}<|message|>`,
      ` to=functions.${name}<|channel|>${channel}${type}<|message|>`,
    ]),
  );
}

function answerHeads(constrained: boolean): string[] {
  const typed = contentTypes.map((type) => `<|channel|>final${type}<|message|>`);
  return constrained ? typed : ["<|channel|>final<|message|>", ...typed];
}

function callable({ tools = [], toolChoice = "auto" }: TurnGrammarOptions): readonly ToolDescription[] {
  if (toolChoice === "none") return [];
  return typeof toolChoice === "string" ? tools : tools.filter(({ name }) => name === toolChoice.name);
}

function mayAnswer({ toolChoice = "auto" }: TurnGrammarOptions): boolean {
  return toolChoice === "auto" || toolChoice === "none";
}

/**
 * The shapes of the last message of a turn, for engines that constrain between tags. Engines forbid stop tokens inside
 * a constraint, so the end is left to `<|end|>`.
 */
export function turnStructuralTags(options: TurnGrammarOptions = {}): StructuralTag[] {
  const end = "<|end|>";
  const calls = callable(options).flatMap(({ name, parameters = { type: "object" } }) =>
    callHeads(name).map((begin) => ({ begin, schema: parameters, end })),
  );
  if (!mayAnswer(options)) return calls;
  const { responseSchema: schema } = options;
  return [
    ...calls,
    ...answerHeads(schema !== undefined).map((begin) => ({
      begin,
      ...(schema !== undefined && { schema }),
      end,
    })),
  ];
}

/**
 * The turn as a GBNF grammar. Rules named `json-NAME` and `json-response` stand for the JSON of a schema; `schemas`
 * says which, for the engine's own converter.
 */
export function turnGrammar(options: TurnGrammarOptions = {}): {
  readonly gbnf: string;
  readonly schemas: Readonly<Record<string, unknown>>;
} {
  const schemas: Record<string, unknown> = {};
  const calls = callable(options).map(({ name, parameters = { type: "object" } }) => {
    const rule = `json-${name.replace(/[^A-Za-z0-9]+/g, "-")}`;
    schemas[rule] = parameters;
    return `( ${callHeads(name).map(terminal).join(" | ")} ) ${rule}`;
  });
  const last = calls.map((_, index) => `call-${index}`);
  const constrained = options.responseSchema !== undefined;
  if (mayAnswer(options)) last.push("answer");
  if (constrained) schemas["json-response"] = options.responseSchema;
  const open = `"<|end|><|start|>assistant"`;
  const rules = [
    `root ::= analysis? preamble? ( ${last.join(" | ")} )`,
    `analysis ::= "<|channel|>analysis<|message|>" text ${open}`,
    `preamble ::= "<|channel|>commentary<|message|>" text ${open}`,
    ...calls.map((rule, index) => `call-${index} ::= ${rule}`),
    ...(mayAnswer(options)
      ? [
          `answer ::= ( ${answerHeads(constrained).map(terminal).join(" | ")} ) ${constrained ? "json-response" : "text"}`,
        ]
      : []),
    `text ::= ( [^<] | "<" [^|] )*`,
  ];
  return { gbnf: `${rules.join("\n")}\n`, schemas };
}

function terminal(text: string): string {
  return jsonLiteral(text);
}
