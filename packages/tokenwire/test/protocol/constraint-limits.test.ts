// What a client may make an engine compile: short texts that would be enormous as automata are refused at once.

import { parseJson } from "@tokenwire/core/json";
import { describe, expect, it } from "vitest";
import {
  parseChatRequest,
  parseCompletionRequest,
  parseResponsesRequest,
  toRequestBody,
} from "../../src/protocol/index.ts";

const bodyOf = (fields: object) => toRequestBody(parseJson(JSON.stringify({ model: "m", ...fields })));
const parsers = {
  chat: (fields: object) =>
    parseChatRequest(bodyOf({ messages: [{ role: "user", content: "x" }], ...fields })),
  completions: (fields: object) => parseCompletionRequest(bodyOf({ prompt: "x", ...fields })),
  responses: (fields: object) => parseResponsesRequest(bodyOf({ input: "x", ...fields })),
};

const bomb = "((a{100}){100}){100}";
const many = Array.from({ length: 1_001 }, (_, index) => String(index));

describe.each(Object.entries(parsers))("constraints in %s", (_, parse) => {
  it.each([
    [{ regex: bomb }, "regex", "has about 1000000 parts"],
    [{ guided_regex: "(x|[yz]{500}){50}" }, "guided_regex", "has about 25100 parts"],
    [{ structured_outputs: { regex: bomb } }, "structured_outputs", "has about 1000000 parts"],
    [{ regex: "a".repeat(16_385) }, "regex", "at most 16384 characters"],
    [{ ebnf: "a".repeat(16_385) }, "ebnf", "at most 16384 characters"],
    [{ guided_choice: many }, "guided_choice", "at most 1000 choices"],
    [{ guided_choice: ["a".repeat(16_385)] }, "guided_choice", "16384 characters together"],
    [{ guided_json: { type: "string", pattern: bomb } }, "guided_json.pattern", "has about 1000000 parts"],
    [{ guided_json: "[".repeat(500) }, "guided_json", "nested deeper than the limit of 128"],
    [{ structured_outputs: { json: '{"a":'.repeat(500) } }, "structured_outputs.json", "nested deeper"],
    [{ structured_outputs: { json: '{"$ref": "http://x/"}' } }, "structured_outputs.json", "$ref must point"],
  ])("refuse %j", (fields, param, message) => {
    expect(() => parse(fields)).toThrow(
      expect.objectContaining({ status: 400, param, message: expect.stringContaining(message) }),
    );
  });

  it.each([
    { regex: "[0-9]{3}-[0-9]{4}|\\(none\\)|\\{\\d+\\}" },
    { regex: "(?:[a-z]{1,20} ){1,100}" },
    { guided_choice: many.slice(1) },
    { guided_json: { type: "string", pattern: "^[a-f0-9]{64}$" } },
  ])("take %j", (fields) => {
    expect(() => parse(fields)).not.toThrow();
  });
});

it("bounds the formats of custom tools too", () => {
  const format = { type: "grammar", syntax: "regex", definition: bomb };
  const tool = { type: "custom", name: "t", format };
  expect(() => parsers.responses({ tools: [tool] })).toThrow(
    expect.objectContaining({ param: "tools[0].format" }),
  );
});
