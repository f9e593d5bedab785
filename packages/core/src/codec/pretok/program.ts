// Pre-tokenizer programs: a map's instructions for splitting text, for runtimes that must not run a regular expression.
// A program is data from outside; `parsePreTokProgram` accepts exactly what the interpreter executes.

import { CodecError } from "../codec-error.ts";

export type PreTokOp =
  | { readonly op: "literals_ci" | "literals"; readonly patterns: readonly string[] }
  | {
      readonly op: "letters";
      readonly lead_other?: boolean;
      readonly lead_space?: boolean;
      readonly lead_other_class?: "l_n" | "l_p_s";
      readonly body?: "L" | "L_M";
    }
  | {
      readonly op: "letters_cased";
      readonly kind: "title" | "upper";
      readonly lead_other?: boolean;
      readonly trailing_ci?: readonly string[];
    }
  | { readonly op: "numbers"; readonly max_run?: number; readonly lead_space?: boolean }
  | {
      readonly op: "punct_run";
      readonly lead_space?: boolean;
      readonly trailing_newlines?: boolean;
      readonly trailing_chars?: string;
      readonly charset?: "not_ws_L_N" | "p_s";
    }
  | { readonly op: "punct_ascii_letters" | "newline_block" | "trailing_ws" | "ws_run" }
  | { readonly op: "metaspace_split"; readonly prefix_first?: boolean };

export type PreTokStage =
  | { readonly stage: "digits_isolate"; readonly mode: "individual" | "grouped"; readonly max_run?: number }
  | { readonly stage: "digit_triples_isolate" | "punctuation_contiguous" | "cjk_isolate" }
  | { readonly stage: "alternation"; readonly ops: readonly PreTokOp[] };

export type PreTokProgram =
  | { readonly version: 1; readonly ops: readonly PreTokOp[] }
  | { readonly version: 2; readonly stages: readonly PreTokStage[] };

type Fields = Readonly<Record<string, (value: unknown) => boolean>>;

const isBoolean = (value: unknown): boolean => typeof value === "boolean";
const isString = (value: unknown): boolean => typeof value === "string";
const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;
const isStrings = (value: unknown): boolean =>
  Array.isArray(value) && value.every((entry) => typeof entry === "string" && entry !== "");
const isOneOf =
  (...values: readonly string[]) =>
  (value: unknown): boolean =>
    values.includes(value as string);

/** Fields of every op; `!` marks those that must be there. */
const OPS: Readonly<Record<string, Fields>> = {
  literals_ci: { "patterns!": isStrings },
  literals: { "patterns!": isStrings },
  letters: {
    lead_other: isBoolean,
    lead_space: isBoolean,
    lead_other_class: isOneOf("l_n", "l_p_s"),
    body: isOneOf("L", "L_M"),
  },
  letters_cased: { "kind!": isOneOf("title", "upper"), lead_other: isBoolean, trailing_ci: isStrings },
  numbers: { max_run: isCount, lead_space: isBoolean },
  punct_run: {
    lead_space: isBoolean,
    trailing_newlines: isBoolean,
    trailing_chars: isString,
    charset: isOneOf("not_ws_L_N", "p_s"),
  },
  punct_ascii_letters: {},
  newline_block: {},
  trailing_ws: {},
  ws_run: {},
};

const STAGES: Readonly<Record<string, Fields>> = {
  digits_isolate: { "mode!": isOneOf("individual", "grouped"), max_run: isCount },
  digit_triples_isolate: {},
  punctuation_contiguous: {},
  cjk_isolate: {},
};

function fail(where: string, what: string): never {
  throw new CodecError("CODEC_BAD_MAP", `pre_tokenizer_program${where}: ${what}`);
}

function record(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) fail(where, "must be an object.");
  return value as Record<string, unknown>;
}

function list(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) fail(where, "must be a non-empty array.");
  return value;
}

function checkFields(entry: Record<string, unknown>, fields: Fields, where: string): void {
  for (const [spec, accepts] of Object.entries(fields)) {
    const required = spec.endsWith("!");
    const name = required ? spec.slice(0, -1) : spec;
    const value = entry[name];
    if (value === undefined && !required) continue;
    if (!accepts(value))
      fail(`${where}.${name}`, `${JSON.stringify(value) ?? "absent"} is not accepted here.`);
  }
}

/** A field that this interpreter does not know changes what the op matches, so it is refused rather than ignored. */
function checkOp(value: unknown, where: string): void {
  const entry = record(value, where);
  const fields = Object.hasOwn(OPS, String(entry["op"])) ? OPS[String(entry["op"])] : undefined;
  if (fields === undefined) {
    fail(`${where}.op`, `unknown op ${JSON.stringify(entry["op"])}. Ops: ${Object.keys(OPS).join(", ")}.`);
  }
  checkFields(entry, fields, where);
}

function checkStage(value: unknown, where: string): void {
  const entry = record(value, where);
  const name = String(entry["stage"]);
  if (name === "alternation") {
    for (const [index, op] of list(entry["ops"], `${where}.ops`).entries())
      checkOp(op, `${where}.ops[${index}]`);
    return;
  }
  const fields = Object.hasOwn(STAGES, name) ? STAGES[name] : undefined;
  if (fields === undefined) {
    fail(
      where,
      `unknown stage ${JSON.stringify(name)}. Stages: ${Object.keys(STAGES).join(", ")}, alternation.`,
    );
  }
  checkFields(entry, fields, where);
}

/** Checks a program from a map. A version other than 1 and 2 is refused: a guess would give wrong IDs. */
export function parsePreTokProgram(value: unknown): PreTokProgram {
  const program = record(value, "");
  if (program["version"] === 1) {
    const ops = list(program["ops"], ".ops");
    const metaspace = ops.length === 1 && record(ops[0], ".ops[0]")["op"] === "metaspace_split";
    if (metaspace) checkFields(record(ops[0], ".ops[0]"), { prefix_first: isBoolean }, ".ops[0]");
    else for (const [index, op] of ops.entries()) checkOp(op, `.ops[${index}]`);
  } else if (program["version"] === 2) {
    for (const [index, stage] of list(program["stages"], ".stages").entries())
      checkStage(stage, `.stages[${index}]`);
  } else {
    fail(".version", `version ${JSON.stringify(program["version"])} is not supported; 1 and 2 are.`);
  }
  return value as PreTokProgram;
}
