// Finished answers are checked against the format that was asked for, whatever the engine promised.

import { fromPlain, type JsonObject } from "@tokenwire/core/json";
import { getEncoding } from "@tokenwire/encodings";
import { describe, expect, it } from "vitest";
import { ChoiceOutput, PlainOutputParser, type ResponseFormat } from "../../src/protocol/index.ts";

const tokenizer = getEncoding("o200k_harmony");
const plain = {
  type: "object",
  properties: { age: { type: "integer", multipleOf: 2, maximum: 9 } },
  required: ["age"],
};
const schema: ResponseFormat = { type: "json_schema", name: "a", schema: fromPlain(plain) as JsonObject };

function diagnostics(
  text: string,
  responseFormat: ResponseFormat,
  reason: "stop" | "length" = "stop",
): string[] {
  const output = new ChoiceOutput(new PlainOutputParser(tokenizer, true), {
    tokenizer,
    stop: [],
    includeStop: false,
    logprobs: false,
    toolChoice: { mode: "none" },
    parallelToolCalls: true,
    hiddenStopIds: new Set(),
    requestedStopIds: [],
    responseFormat,
  });
  for (const id of tokenizer.encode(text)) output.push([id]);
  output.finish(reason);
  return output.diagnostics.map(({ code, text: detail }) => `${code}: ${detail}`);
}

describe("the answer", () => {
  it.each<[string, ResponseFormat]>([
    ['{"age": 4}', schema],
    ["{}", { type: "json_object" }],
    ["anything", { type: "text" }],
  ])("%s fits", (text, format) => {
    expect(diagnostics(text, format)).toEqual([]);
  });

  it.each<[string, ResponseFormat, RegExp]>([
    ['{"age": 12}', schema, /^invalid-answer: \/age: /],
    ["{}", schema, /^invalid-answer: the answer: .*age/],
    ['{"age": 4', schema, /not JSON$/],
    ["[]", { type: "json_object" }, /not a JSON object$/],
  ])("%s does not, which is reported", (text, format, expected) => {
    expect(diagnostics(text, format)).toEqual([expect.stringMatching(expected)]);
  });

  it("is not checked where it was cut", () => {
    expect(diagnostics('{"age": 4', schema, "length")).toEqual([]);
  });
});
