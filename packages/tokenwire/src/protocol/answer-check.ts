// Whether a finished answer is what its response format asks for. Engines are not taken at their word: some ignore the
// constraint, some know fewer keywords than the schema has.

import { parseJson, toPlain } from "@tokenwire/core/json";
import { validateAgainst } from "@tokenwire/core/parsers";
import type { ResponseFormat } from "./conversation.ts";

export class AnswerCheck {
  readonly #format: ResponseFormat;
  #text = "";

  constructor(format: ResponseFormat) {
    this.#format = format;
  }

  push(text: string): void {
    if (this.#format.type !== "text") this.#text += text;
  }

  /** What is wrong with the whole answer, in a few words; undefined when it fits. */
  end(): string | undefined {
    const format = this.#format;
    if (format.type === "text") return undefined;
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
