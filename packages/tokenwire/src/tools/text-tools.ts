// Counting, encoding and parsing as tools, so that another agent can use them over MCP.

import {
  listReasoningParsers,
  listToolParsers,
  parseReasoning,
  parseToolCalls,
} from "@tokenwire/core/parsers";
import type { Tokenizer } from "@tokenwire/core/tokenizer";
import { defineTool } from "./define-tool.ts";
import type { Tool } from "./tool.ts";

export interface TextToolOptions {
  /** Finds an encoding by name; throws with the known names. */
  readonly getTokenizer: (name: string) => Tokenizer;
  readonly encodingNames: readonly string[];
}

const asText = (value: unknown, name: string): string => {
  if (typeof value === "string") return value;
  throw new Error(`"${name}" must be a string`);
};

/** `count_tokens`, `tokenize`, `detokenize`, `parse_tool_calls`, `parse_reasoning`. */
export function createTextTools({ getTokenizer, encodingNames }: TextToolOptions): Tool[] {
  const encoding = { type: "string", enum: encodingNames, default: "o200k_base", description: "Encoding" };
  const text = { type: "string", description: "Text" };
  const tokenizerOf = (name: unknown): Tokenizer =>
    getTokenizer(name === undefined ? "o200k_base" : asText(name, "encoding"));
  const object = (properties: object, required: readonly string[]): object => ({
    type: "object",
    properties,
    required,
  });
  return [
    defineTool({
      name: "count_tokens",
      description: "Counts the tokens of a text.",
      parameters: object({ text, encoding }, ["text"]),
      execute: (values) => String(tokenizerOf(values["encoding"]).count(asText(values["text"], "text"))),
    }),
    defineTool({
      name: "tokenize",
      description: "Turns a text into token IDs. Special tokens in it are plain text.",
      parameters: object({ text, encoding }, ["text"]),
      execute: (values) =>
        JSON.stringify([...tokenizerOf(values["encoding"]).encodeOrdinary(asText(values["text"], "text"))]),
    }),
    defineTool({
      name: "detokenize",
      description: "Turns token IDs into text.",
      parameters: object({ ids: { type: "array", items: { type: "integer" } }, encoding }, ["ids"]),
      execute: (values) => tokenizerOf(values["encoding"]).decode(values["ids"] as number[]),
    }),
    defineTool({
      name: "parse_tool_calls",
      description: "Reads the tool calls of a model's raw output.",
      parameters: object({ text, format: { type: "string", enum: listToolParsers() } }, ["text", "format"]),
      execute: (values) => {
        const {
          text: rest,
          calls,
          diagnostics,
        } = parseToolCalls(asText(values["text"], "text"), asText(values["format"], "format"));
        return JSON.stringify({ text: rest, calls, diagnostics });
      },
    }),
    defineTool({
      name: "parse_reasoning",
      description: "Splits a model's raw output into reasoning and answer.",
      parameters: object({ text, format: { type: "string", enum: listReasoningParsers() } }, [
        "text",
        "format",
      ]),
      execute: (values) =>
        JSON.stringify(parseReasoning(asText(values["text"], "text"), asText(values["format"], "format"))),
    }),
  ];
}
