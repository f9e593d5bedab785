import { parseJson } from "@tokenwire/core/json";
import { describe, expect, it } from "vitest";
import { ApiError, parseChatRequest, toRequestBody, unknownChatFields } from "../../src/protocol/index.ts";

const user = { role: "user", content: "hi" };
const tool = { type: "function", function: { name: "f", parameters: { type: "object" } } };

function parse(body: object) {
  return parseChatRequest(
    toRequestBody(parseJson(JSON.stringify({ model: "m", messages: [user], ...body }))),
  );
}

function errorOf(body: object): ApiError {
  try {
    parse(body);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error("expected the request to be refused");
}

describe("parseChatRequest", () => {
  it("fills in the defaults", () => {
    const request = parse({});
    expect(request).toMatchObject({ n: 1, stream: false, includeUsage: false });
    expect(request.conversation).toMatchObject({ toolChoice: { mode: "none" }, parallelToolCalls: true });
    expect(request.topLogprobs).toBeUndefined();
  });

  it.each([
    [{ messages: [] }, "messages", "messages cannot be empty"],
    [{ messages: [{ role: "user", content: "" }] }, "messages[0].content", "message content cannot be empty"],
    [{ safety_identifier: "x".repeat(65) }, "safety_identifier", "safety_identifier: at most 64 characters"],
    [{ prompt_token_ids: [] }, "prompt_token_ids", "prompt_token_ids: cannot be empty."],
    [{ messages: "hi" }, "messages", 'messages: expected array, got "hi".'],
    [
      { messages: [user, user, { role: "user", content: 5 }] },
      "messages[2].content",
      "expected string or array, got 5",
    ],
    [{ messages: [user, { role: "robot", content: "" }] }, "messages[1].role", '"system"'],
    [
      { messages: [{ role: "user", content: [] }] },
      "messages[0].content",
      "message content parts cannot be empty",
    ],
    [
      { messages: [{ role: "user", content: [{ type: "txt" }] }] },
      "messages[0].content[0].type",
      '"image_url"',
    ],
    [
      { messages: [{ role: "user", content: [{ type: "text" }] }] },
      "messages[0].content[0].text",
      "Missing required",
    ],
    [{ messages: [{ role: "tool", content: "x" }] }, "messages[0].tool_call_id", "Missing required"],
    [{ model: undefined }, "model", "Missing required parameter: 'model'"],
    [{ temperature: 3 }, "temperature", "between 0 and 2"],
    [{ temperature: "hot" }, "temperature", 'expected number, got "hot"'],
    [{ top_p: 0 }, "top_p", "top_p must be in (0, 1] - greater than 0.0 and at most 1.0"],
    [{ top_k: 0 }, "top_k", "top_k must be -1 (disabled) or at least 1"],
    [{ max_tokens: 0 }, "max_tokens", "at least 1"],
    [{ n: 0 }, "n", "between 1 and 128"],
    [{ stop: [""] }, "stop", "stop sequences cannot be empty"],
    [{ stop: ["a", "b", "c", "d", "e"] }, "stop", "maximum 4 stop sequences allowed"],
    [
      { min_tokens: 5, max_tokens: 4 },
      "min_tokens",
      "min_tokens cannot exceed max_tokens/max_completion_tokens",
    ],
    [{ top_logprobs: 2 }, "top_logprobs", "top_logprobs is only allowed when logprobs is enabled"],
    [
      { stream_options: {} },
      "stream_options",
      "The 'stream_options' parameter is only allowed when 'stream' is enabled",
    ],
    [{ tool_choice: "required" }, "tool_choice", "'tool_choice' is only allowed when 'tools' are specified."],
    [
      { tools: [tool], tool_choice: { type: "function", function: { name: "g" } } },
      "tool_choice",
      "Invalid value for 'tool_choice': function 'g' not found in 'tools'.",
    ],
    [
      { tools: [tool], tool_choice: { type: "allowed_tools", allowed_tools: { mode: "maybe", tools: [] } } },
      "tool_choice",
      "Invalid value for 'tool_choice.mode': must be 'auto' or 'required', got 'maybe'.",
    ],
    [{ tools: [{ type: "function", function: { name: "a b" } }] }, "tools[0].function.name", '"a b"'],
    [{ tools: [{ type: "function" }] }, "tools[0].function", "Missing required"],
    [{ tools: [{ type: "computer" }] }, "tools[0].type", "Supported types"],
    [
      { response_format: { type: "json_schema", json_schema: { name: "" } } },
      "response_format.json_schema.name",
      "JSON schema name cannot be empty",
    ],
    [
      { response_format: { type: "json_object" }, regex: "a" },
      "regex",
      "cannot use regex constraint with JSON response format",
    ],
    [{ guided_choice: ["a"], regex: "a" }, null, "only one structured output constraint"],
    [{ logit_bias: { abc: 1 } }, "logit_bias", "token ids"],
    [{ metadata: { k: 5 } }, "metadata.k", "expected string"],
    [{ modalities: ["audio"] }, "modalities", "only"],
    [{ audio: {} }, "audio", "Audio output"],
    [{ bad_words: ["x"] }, "bad_words", "not supported"],
    [{ use_beam_search: true }, "use_beam_search", "Beam search"],
    [{ structured_outputs: { regex: 1 } }, "structured_outputs.regex", "expected"],
  ])("refuses %j", (body, param, message) => {
    const error = errorOf(body);
    expect(error.status).toBe(400);
    expect(error.param).toBe(param);
    expect(error.message).toContain(message);
  });

  it("takes fields that ask for nothing", () => {
    const inert = { bad_words: [], use_beam_search: false, prompt_logprobs: null, echo: false };
    expect(() => parse(inert)).not.toThrow();
  });

  it("refuses media by name and never drops it", () => {
    const error = errorOf({
      messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "x" } }] }],
    });
    expect(error).toMatchObject({ wireCode: "unsupported_content_type", param: "messages[0].content[0]" });
  });

  it("treats null as absent", () => {
    expect(() => parse({ temperature: null, stop: null, tools: null, n: null, stream: null })).not.toThrow();
  });

  it("takes the legacy spellings", () => {
    const request = parse({ functions: [{ name: "f" }], function_call: { name: "f" }, max_tokens: 7 });
    expect(request.conversation.tools).toEqual([{ name: "f" }]);
    expect(request.conversation.toolChoice).toEqual({ mode: "required", allowed: ["f"], named: true });
    expect(request.sampling.maxTokens).toBe(7);
  });

  it("keeps tool schemas as the client wrote them", () => {
    const body = `{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":
      {"name":"f","parameters":{"2":1.0,"1":{"__proto__":{"a":12345678901234567890}}}}}]}`;
    const parameters = parseChatRequest(toRequestBody(parseJson(body))).conversation.tools[0]!.parameters!;
    expect([...parameters.keys()]).toEqual(["2", "1"]);
    expect(parameters.get("1")).toEqual(new Map([["__proto__", new Map([["a", 12345678901234567890n]])]]));
  });

  it("takes reasoning of earlier turns under both names", () => {
    const messages = [
      { role: "assistant", content: "a", reasoning: "r1" },
      { role: "assistant", content: "a", reasoning_content: "r2" },
    ];
    expect(parse({ messages }).conversation.messages.map((message) => message.reasoning)).toEqual([
      "r1",
      "r2",
    ]);
  });

  it("bounds tool schemas", () => {
    let schema: unknown = {};
    for (let depth = 0; depth < 70; depth++) schema = { items: schema };
    const deep = { type: "function", function: { name: "f", parameters: schema } };
    expect(errorOf({ tools: [deep] }).message).toContain("nested deeper");
    const remote = {
      type: "function",
      function: { name: "f", parameters: { $ref: "https://example.com/s" } },
    };
    expect(errorOf({ tools: [remote] }).message).toContain("$ref");
  });

  it("names fields it does not know", () => {
    expect(unknownChatFields({ model: "m", messages: [], tmeperature: 1 })).toEqual(["tmeperature"]);
  });
});
