// Fields of the Responses API beyond OpenAI's: honoured as in chat, or refused by name.

import { parseJson } from "@tokenwire/core/json";
import { describe, expect, it } from "vitest";
import { parseCompletionRequest, parseResponsesRequest, toRequestBody } from "../../src/protocol/index.ts";

const bodyOf = (fields: object) => toRequestBody(parseJson(JSON.stringify(fields)));
const parse = (fields: object) => parseResponsesRequest(bodyOf({ input: "hi", ...fields }));

describe("a request for a response", () => {
  it("may have the constraints of chat", () => {
    expect(parse({ regex: "a+" }).constraint).toEqual({ kind: "regex", pattern: "a+" });
    expect(parse({ guided_choice: ["a"] }).constraint).toEqual({ kind: "choice", choices: ["a"] });
    expect(parse({ structured_outputs: { regex: "a" } }).constraint).toEqual({ kind: "regex", pattern: "a" });
    expect(() => parse({ regex: "a", text: { format: { type: "json_object" } } })).toThrow(
      "cannot use regex constraint with JSON response format",
    );
  });

  it("may have variables for the template", () => {
    expect(parse({ chat_template_kwargs: { enable_thinking: false } }).templateArguments).toEqual(
      new Map([["enable_thinking", false]]),
    );
    expect(() => parse({ chat_template_kwargs: { messages: [] } })).toThrow('"messages" cannot be set here');
  });

  it.each([
    [{ max_tokens: 5 }, "max_tokens", "Use max_output_tokens."],
    [{ messages: [{ role: "user", content: "x" }] }, "messages", "Use input."],
    [{ response_format: { type: "json_object" } }, "response_format", "Use text.format."],
    [{ n: 2 }, "n", "one answer"],
    [{ allowed_token_ids: [1] }, "allowed_token_ids", "not supported"],
  ])("is refused by name: %j", (fields, param, message) => {
    expect(() => parse(fields)).toThrow(
      expect.objectContaining({ status: 400, param, message: expect.stringContaining(message) }),
    );
  });
});

describe("a request for a completion", () => {
  const complete = (fields: object) => parseCompletionRequest(bodyOf({ model: "m", prompt: "x", ...fields }));

  it("may spell guided_json as SMG does", () => {
    const constraint = { kind: "json_schema", schema: { type: "integer" } };
    expect(complete({ json_schema: '{"type": "integer"}' }).constraint).toEqual(constraint);
    expect(() => complete({ json_schema: "{}", guided_json: {} })).toThrow("which is the same");
  });

  it.each(["session_params", "prompt_logprobs", "truncate_prompt_tokens"])("refuses %s by name", (field) => {
    expect(() => complete({ [field]: 1 })).toThrow(expect.objectContaining({ status: 400, param: field }));
  });
});
