// Whether a finished answer is what its response format asks for. Engines are not taken at their word: some ignore the
// constraint, some know fewer keywords than the schema has.

import { parseJson, toPlain } from "@tokenwire/core/json";
import { validateAgainst } from "@tokenwire/core/parsers";
import type { ResponseFormat } from "./conversation.ts";

type CheckedFormat = Exclude<ResponseFormat, { readonly type: "text" }>;

/** A check where there is something to check. */
export function createAnswerCheck(format: ResponseFormat | undefined): AnswerCheck | undefined {
  return format === undefined || format.type === "text" ? undefined : new AnswerCheck(format);
}

export class AnswerCheck {
  readonly #format: CheckedFormat;
  #text = "";

  constructor(format: CheckedFormat) {
    this.#format = format;
  }

  push(text: string): void {
    this.#text += text;
  }

  /** What is wrong with the whole answer, in a few words; undefined when it fits. */
  end(): string | undefined {
    const format = this.#format;
    const value = parse(this.#text);
    if (value === undefined) return "the answer is not JSON";
    const schema = format.type === "json_object" || format.schema === undefined ? {} : toPlain(format.schema);
    if (format.type === "json_object" && !isObject(value)) return "the answer is not a JSON object";
    const violation = validateAgainst(schema, value);
    return violation && `${violation.path || "the answer"}: ${violation.message}`;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return toPlain(parseJson(text));
  } catch {
    return undefined;
  }
}
