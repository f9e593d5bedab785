// Custom tools over HTTP: what the model is shown, what clients get, and turns that go on from their calls.

import { afterEach, describe, expect, it } from "vitest";
import type { Constraint } from "../../src/engines/index.ts";
import type { ModelProfile } from "../../src/protocol/index.ts";
import type { Server } from "../../src/server/index.ts";
import { checkLifecycle, parseResponseStream } from "./lifecycle.ts";
import { checkChatStream } from "./stream-rules.ts";
import { answerText, harmony, start, TestEngine } from "./support.ts";
import { templatedProfile } from "./templated-profile.ts";

// biome-ignore lint/suspicious/noExplicitAny: the wire's JSON, whose shape is what is tested
type Body = Record<string, any>;

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const input = 'print("hé 😀")\n# \\ done';
const callText = (text: string): string =>
  `<|channel|>commentary to=functions.run <|constrain|>json<|message|>${text}<|call|>`;
const harmonyCall = callText(JSON.stringify({ input }));

async function serverSaying(
  answers: readonly string[],
  constraints: readonly Constraint["kind"][] = [],
  model?: ModelProfile,
) {
  const tokenizer = model?.tokenizer ?? harmony;
  const plain = new TestEngine({ emit: () => [] });
  const { capabilities } = await plain.info();
  const engine = new TestEngine({
    emit: (_, call) => [...tokenizer.encode(answers[call] ?? "", { allowedSpecial: "all" })],
    info: { capabilities: { ...capabilities, constraints } },
  });
  const running = await start(engine, model && { models: [{ engine, profile: model }] });
  servers.push(running.server);
  const post = async (path: string, body: object) => {
    const response = await fetch(`${running.url}/v1${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: model?.id ?? "test-model", ...body }),
    });
    return { status: response.status, text: await response.text() };
  };
  return {
    engine,
    replay: async (id: string) => (await fetch(`${running.url}/v1/responses/${id}?stream=true`)).text(),
    stream: async (path: string, body: object) => (await post(path, { ...body, stream: true })).text,
    create: async (path: string, body: object) => {
      const { status, text } = await post(path, body);
      return { status, body: JSON.parse(text) as Body };
    },
    prompt: (call: number) =>
      tokenizer.decode((engine.requests[call]!.prompt as { tokenIds: Uint32Array }).tokenIds),
  };
}

const flat = { type: "custom", name: "run", description: "Runs a program." };
const nested = { type: "custom", custom: { name: "run", description: "Runs a program." } };
const question = [{ role: "user", content: "Run it." }];
const regex = { type: "grammar", syntax: "regex", definition: "[a-z]+" };

describe("a custom tool in chat", () => {
  it("is shown as a function with one string, and its call comes back as text", async () => {
    const { create, prompt } = await serverSaying([harmonyCall]);
    const { body } = await create("/chat/completions", { messages: question, tools: [nested] });
    expect(body["choices"][0].message).toMatchObject({
      content: null,
      tool_calls: [{ id: expect.stringMatching(/^call_/), type: "custom", custom: { name: "run", input } }],
    });
    expect(body["choices"][0].finish_reason).toBe("tool_calls");
    expect(prompt(0)).toContain(
      "// Runs a program.\ntype run = (_: {\n// Free text.\ninput: string,\n}) => any;",
    );
  });

  it("streams the text", async () => {
    const { stream } = await serverSaying([harmonyCall]);
    const chunks = checkChatStream(
      await stream("/chat/completions", { messages: question, tools: [nested] }),
    );
    const deltas = chunks.flatMap(({ choices }) => (choices[0]!.delta as Body)["tool_calls"] ?? []) as Body[];
    expect(deltas[0]).toMatchObject({ index: 0, type: "custom", custom: { name: "run", input: "" } });
    expect(
      deltas
        .slice(1)
        .map(({ custom }) => custom.input)
        .join(""),
    ).toBe(input);
    expect(deltas.length).toBeGreaterThan(4);
  });

  it("goes on after the call", async () => {
    const { create, prompt } = await serverSaying([answerText("Done.")]);
    const toolCall = { id: "call_1", type: "custom", custom: { name: "run", input } };
    const { status } = await create("/chat/completions", {
      tools: [nested],
      messages: [
        ...question,
        { role: "assistant", tool_calls: [toolCall] },
        { role: "tool", tool_call_id: "call_1", content: "ok" },
      ],
    });
    expect(status).toBe(200);
    expect(prompt(0)).toContain(
      `to=functions.run<|channel|>commentary <|constrain|>json<|message|>${JSON.stringify({ input })}<|call|>`,
    );
    expect(prompt(0)).toContain(
      "<|start|>functions.run to=assistant<|channel|>commentary<|message|>ok<|end|>",
    );
  });

  it("can be demanded, alone and among others", async () => {
    const { create, prompt } = await serverSaying(['{"input": "x"}<|call|>', '{"input": "y"}<|call|>']);
    const other = { type: "function", function: { name: "f" } };
    const named = await create("/chat/completions", {
      messages: question,
      tools: [other, nested],
      tool_choice: { type: "custom", custom: { name: "run" } },
    });
    expect(prompt(0).endsWith("to=functions.run <|constrain|>json<|message|>")).toBe(true);
    expect(named.body["choices"][0].message.tool_calls[0].custom.input).toBe("x");
    const allowed = await create("/chat/completions", {
      messages: question,
      tools: [other, nested],
      tool_choice: {
        type: "allowed_tools",
        allowed_tools: { mode: "required", tools: [{ type: "custom", custom: { name: "run" } }] },
      },
    });
    expect(allowed.body["choices"][0].message.tool_calls[0].custom.input).toBe("y");
  });

  it("is kept with a stored completion", async () => {
    const { create } = await serverSaying([harmonyCall]);
    const { status } = await create("/chat/completions", {
      messages: question,
      tools: [nested],
      store: true,
    });
    expect(status).toBe(200);
  });
});

describe("a custom tool in responses", () => {
  it("is called by an item of its own, and echoed", async () => {
    const { create } = await serverSaying([harmonyCall]);
    const { body } = await create("/responses", { input: "Run it.", tools: [flat] });
    expect(body["output"]).toEqual([
      {
        id: expect.stringMatching(/^ctc_/),
        type: "custom_tool_call",
        status: "completed",
        call_id: expect.stringMatching(/^call_/),
        name: "run",
        input,
      },
    ]);
    expect(body["tools"]).toEqual([{ ...flat, format: { type: "text" } }]);
  });

  it("streams events that fold to the item, live and replayed", async () => {
    const { stream, replay } = await serverSaying([harmonyCall]);
    const events = parseResponseStream(await stream("/responses", { input: "Run it.", tools: [flat] }));
    const final = checkLifecycle(events);
    const deltas = events.filter(({ type }) => type === "response.custom_tool_call_input.delta");
    expect(deltas.map(({ delta }) => delta).join("")).toBe(input);
    expect(deltas.length).toBeGreaterThan(4);
    expect(events.find(({ type }) => type === "response.custom_tool_call_input.done")).toMatchObject({
      input,
    });
    const replayed = checkLifecycle(parseResponseStream(await replay(final["id"])));
    expect(replayed).toEqual(final);
  });

  it("goes on from the call by the previous response, and by the items sent back", async () => {
    const { create, prompt } = await serverSaying([harmonyCall, answerText("Done."), answerText("Done.")]);
    const first = await create("/responses", { input: "Run it.", tools: [flat] });
    const [call] = first.body["output"];
    const output = { type: "custom_tool_call_output", call_id: call.call_id, output: "ok" };
    const second = await create("/responses", { input: [output], previous_response_id: first.body["id"] });
    expect(second.status).toBe(200);
    const items = [{ role: "user", content: "Run it." }, call, output];
    const third = await create("/responses", { input: items, tools: [flat] });
    expect(third.status).toBe(200);
    for (const number of [1, 2]) {
      expect(prompt(number)).toContain(`<|message|>${JSON.stringify({ input })}<|call|>`);
      expect(prompt(number)).toContain(
        "<|start|>functions.run to=assistant<|channel|>commentary<|message|>ok<|end|>",
      );
    }
  });

  it("keeps its calls in conversations", async () => {
    const { create, prompt } = await serverSaying([harmonyCall, answerText("Done.")]);
    const conversation = (await create("/conversations", {})).body["id"];
    const first = await create("/responses", { input: "Run it.", tools: [flat], conversation });
    const { call_id } = first.body["output"][0];
    const output = { type: "custom_tool_call_output", call_id, output: [{ type: "input_text", text: "ok" }] };
    const second = await create("/responses", { input: [output], tools: [flat], conversation });
    expect(second.status).toBe(200);
    expect(prompt(1)).toContain("<|message|>ok<|end|>");
  });

  it("ends a call that was cut as incomplete, with the text so far", async () => {
    const { stream } = await serverSaying([harmonyCall]);
    const text = await stream("/responses", { input: "x", tools: [flat], max_output_tokens: 17 });
    const final = checkLifecycle(parseResponseStream(text));
    expect(final).toMatchObject({
      status: "incomplete",
      output: [{ type: "custom_tool_call", status: "incomplete" }],
    });
    expect(input.startsWith(final["output"][0].input)).toBe(true);
    expect(text).not.toContain("custom_tool_call_input.done");
  });

  it("takes raw text that a model writes instead of JSON", async () => {
    const { create } = await serverSaying([
      `<|channel|>commentary to=functions.run code<|message|>${input}<|call|>`,
    ]);
    expect((await create("/responses", { input: "x", tools: [flat] })).body["output"][0].input).toBe(input);
  });
});

describe("what is wrong with a custom tool", () => {
  const output = { type: "custom_tool_call_output", call_id: "call_x", output: "ok" };
  const call = { type: "function_call", call_id: "call_x", name: "f", arguments: "{}" };
  it.each<[object, string, string]>([
    [{ tools: [{ type: "custom", name: "a b" }] }, "tools[0].name", "expected 1 to 64 letters"],
    [{ tools: [{ type: "custom" }] }, "tools[0].name", "string"],
    [{ tools: [{ ...flat, format: { type: "x" } }] }, "tools[0].format.type", '"text", "grammar"'],
    [{ tools: [flat, flat] }, "tools", '"run" is used twice'],
    [{ tools: [flat, { type: "function", name: "run" }] }, "tools", '"run" is used twice'],
    [
      { tools: [flat], tool_choice: { type: "function", name: "run" } },
      "tool_choice",
      "function 'run' not found",
    ],
    [
      { tools: [flat], tool_choice: { type: "custom", name: "x" } },
      "tool_choice",
      "custom tool 'x' not found",
    ],
    [{ tools: [flat], input: [output] }, "input[0].call_id", "no earlier custom_tool_call"],
    [{ tools: [flat], input: [call, output] }, "input[1].call_id", "no earlier custom_tool_call"],
    [{ tools: [flat], input: [{ ...output, output: [] }] }, "input[0].output", "cannot be empty"],
  ])("%j names %s", async (fields, param, message) => {
    const { create } = await serverSaying([]);
    const { status, body } = await create("/responses", { input: "x", ...fields });
    expect(status).toBe(400);
    expect(body["error"].param).toBe(param);
    expect(body["error"].message).toContain(message);
  });
});

describe("a grammar for the input", () => {
  const lark = { type: "grammar", syntax: "lark", definition: 'start: "a" WORD\nWORD: /["\\n]+/' };
  const larkArguments = `root ::= "{" " "? "\\"input\\"" " "? ":" " "? "\\"" r1-start "\\"" " "? "}"
r1-start ::= "a" r2-WORD
r2-WORD ::= ("\\\\n" | "\\\\\\"")+`;
  const tagged = { input: "x", tools: [{ ...flat, format: regex }] };
  const inLark = { input: "x", tools: [{ ...flat, format: lark }] };
  const demand = { tool_choice: { type: "custom", name: "run" } };
  const text = { text: { format: { type: "json_schema", name: "f", schema: { type: "object" } } } };

  it.each<[string, object, Constraint["kind"][]]>([
    ["without any constraint", tagged, []],
    ["with schemas only, and a free choice", tagged, ["json_schema"]],
    ["in Lark with schemas only", { ...inLark, ...demand }, ["json_schema"]],
    ["in Lark without tags, and a free choice", inLark, ["json_schema", "grammar"]],
    ["while the text has to have a form, without tags", { ...tagged, ...text }, ["json_schema", "grammar"]],
  ])("is refused by name: %s", async (_, fields, constraints) => {
    const { create } = await serverSaying([], constraints);
    const { status, body } = await create("/responses", fields);
    expect([status, body["error"].code, body["error"].param]).toEqual([
      400,
      "unsupported_parameter",
      "tools",
    ]);
    expect(body["error"].message).toMatch(
      /^tools: the custom tool "run" has a grammar \((regex|lark)\), but /,
    );
  });

  it.each<[string, string]>([
    ["start: nope", 'line 1, column 8: there is no rule or terminal "nope".'],
    ["start: /(?=a)b/", 'a group "(?="'],
    ['start: start "a"', 'the rule "start" has a part that no text matches'],
    [
      'start: "a"~30000',
      "about 30000 parts when its repetitions are written out; at most 20000 are allowed.",
    ],
    [`start: "${"a".repeat(20_000)}"`, "at most 16384 characters are allowed"],
  ])("is refused where it is wrong: %.30s", async (definition, message) => {
    const { create } = await serverSaying([], ["structural_tag"]);
    const tools = [
      {
        ...nested,
        custom: { ...nested.custom, format: { type: "grammar", grammar: { syntax: "lark", definition } } },
      },
    ];
    const { status, body } = await create("/chat/completions", { messages: question, tools });
    expect([status, body["error"].param]).toEqual([400, "tools[0].custom.format"]);
    expect(body["error"].message).toContain(message);
  });

  it("is a schema where the call is demanded", async () => {
    const { create, engine } = await serverSaying(['{"input": "x"}<|call|>'], ["json_schema"]);
    expect((await create("/responses", { ...tagged, ...demand })).status).toBe(200);
    expect(engine.requests[0]!.constraint).toMatchObject({
      kind: "json_schema",
      schema: { properties: { input: { type: "string", pattern: "^([a-z]+)$" } } },
    });
  });

  it("is a grammar where the call is demanded and the engine takes grammars, escaped as in JSON", async () => {
    const { create, engine } = await serverSaying(['{"input": "\\""}<|call|>'], ["json_schema", "grammar"]);
    const quote = { ...flat, format: { ...regex, definition: '"' } };
    const { body } = await create("/responses", { ...tagged, tools: [quote], ...demand });
    expect(body["output"]).toMatchObject([{ type: "custom_tool_call", input: '"' }]);
    expect(engine.requests[0]!.constraint).toMatchObject({
      kind: "grammar",
      source: expect.stringContaining('r1-input ::= "\\\\\\""'),
    });
  });

  it("in Lark is a grammar where the call is demanded, and the model is shown it", async () => {
    const { create, engine, prompt } = await serverSaying(
      ['{"input": "a\\n"}<|call|>'],
      ["json_schema", "grammar"],
    );
    const { status, body } = await create("/responses", { ...inLark, ...demand });
    expect([status, body["output"][0].input]).toEqual([200, "a\n"]);
    expect(engine.requests[0]!.constraint).toEqual({
      kind: "grammar",
      syntax: "ebnf",
      source: larkArguments,
    });
    expect(prompt(0)).toContain(
      '// Text of this Lark grammar:\nstart: "a" WORD\nWORD: /["\\n]+/\ninput: string,',
    );
  });

  it("is a tag where the model may call", async () => {
    const { create, engine } = await serverSaying([answerText("No.")], ["structural_tag"]);
    expect((await create("/responses", tagged)).status).toBe(200);
    const { constraint } = engine.requests[0]! as { constraint: Body };
    expect(constraint["tag"].format).toMatchObject({
      type: "triggered_tags",
      triggers: [" to=functions.run"],
      tags: [{ content: { type: "grammar", grammar: expect.stringContaining("r1-input ::= [a-z]+") } }, {}],
    });
  });

  it("in Lark is a grammar in the tag, beside the schemas of other tools", async () => {
    const { create, engine } = await serverSaying([answerText("No.")], ["structural_tag"]);
    const other = {
      type: "function",
      name: "f",
      parameters: { type: "object", properties: { input: { type: "string" } } },
    };
    expect((await create("/responses", { ...inLark, tools: [...inLark.tools, other] })).status).toBe(200);
    const { constraint } = engine.requests[0]! as { constraint: Body };
    expect(constraint["tag"].format.tags.map(({ content }: Body) => content)).toEqual([
      { type: "grammar", grammar: larkArguments },
      { type: "grammar", grammar: larkArguments },
      { type: "json_schema", json_schema: other.parameters },
      { type: "json_schema", json_schema: other.parameters },
    ]);
  });

  it("means nothing to a tool that cannot be called", async () => {
    const { create } = await serverSaying([answerText("No.")]);
    expect((await create("/responses", { ...tagged, tool_choice: "none" })).status).toBe(200);
  });
});

describe("a custom tool with a chat template", () => {
  const source = `{% for t in tools or [] %}{{ t | tojson }}{% endfor %}{% for m in messages %}
{{ m.role }}: {{ m.content or '' }}{% for c in m.tool_calls or [] %}<call {{ c.function.name }} {{ c.function.arguments | tojson }}>{% endfor %}{% endfor %}
assistant:`;
  const model = templatedProfile(source);
  const written = `<tool_call>{"name": "run", "arguments": ${JSON.stringify({ input })}}</tool_call><|im_end|>`;

  it("is a function for it, in the list and in the history", async () => {
    const { create, prompt } = await serverSaying([written, "Done.<|im_end|>"], [], model);
    const first = await create("/chat/completions", { messages: question, tools: [nested] });
    const { message } = first.body["choices"][0];
    expect(message.tool_calls).toMatchObject([{ type: "custom", custom: { name: "run", input } }]);
    expect(prompt(0)).toContain(
      '"name": "run", "description": "Runs a program.", "parameters": {"type": "object"',
    );
    const result = { role: "tool", tool_call_id: message.tool_calls[0].id, content: "ok" };
    await create("/chat/completions", { messages: [...question, message, result], tools: [nested] });
    expect(prompt(1)).toContain(`<call run {"input": `);
    expect(prompt(1)).toContain("tool: ok");
  });

  const lark = { type: "grammar", syntax: "lark", definition: 'start: "a"' };

  it.each([
    ["regex", regex, { type: "grammar", grammar: expect.stringContaining("r1-input ::= [a-z]+") }],
    ["Lark", lark, { type: "grammar", grammar: expect.stringContaining('r1-start ::= "a"') }],
  ])("is held to a grammar in %s where its format has tags for calls", async (_, format, content) => {
    const { create, engine } = await serverSaying([written], ["structural_tag"], model);
    expect((await create("/responses", { input: "x", tools: [{ ...flat, format }] })).status).toBe(200);
    const begin = '<tool_call>{"name": "run", "arguments": ';
    expect((engine.requests[0]!.constraint as Body)["tag"]).toEqual({
      type: "structural_tag",
      format: {
        type: "triggered_tags",
        triggers: ["<tool_call>"],
        tags: [
          { begin: begin.replace(">{", ">\n{"), content, end: "}\n</tool_call>" },
          { begin, content, end: "}</tool_call>" },
        ],
        at_least_one: false,
      },
    });
  });

  it.each([
    ["qwen3_coder", "auto", regex],
    ["kimi_k3", "required", regex],
    ["kimi_k3", "required", lark],
    ["qwen3_coder", "required", lark],
    // A schema's pattern would let the quote stand in the JSON as it is.
    ["qwen3_coder", "required", { ...regex, definition: '"[a-z]+"' }],
    ["qwen3_coder", "required", { ...regex, definition: "[\\^a]+" }],
    ["hermes", "auto", { ...regex, definition: "(?=a)b" }],
  ])(
    "is refused where calls in the format of %s cannot be held to it: %s, %j",
    async (toolParser, tool_choice, format) => {
      const { create } = await serverSaying([], ["structural_tag", "json_schema", "grammar"], {
        ...model,
        toolParser,
      });
      const { status, body } = await create("/responses", {
        input: "x",
        tools: [{ ...flat, format }],
        tool_choice,
      });
      expect([status, body["error"].param]).toEqual([400, "tools"]);
    },
  );

  it("is held to its grammar where one of several tools has to be called", async () => {
    const { create, engine } = await serverSaying([written], ["structural_tag", "json_schema"], model);
    const other = { type: "function", name: "f", parameters: { type: "object" } };
    const fields = { input: "x", tools: [other, { ...flat, format: lark }], tool_choice: "required" };
    const { body } = await create("/responses", fields);
    expect(body["output"]).toMatchObject([{ type: "custom_tool_call", input }]);
    const { format } = (engine.requests[0]!.constraint as Body)["tag"];
    expect([format.at_least_one, format.tags.map(({ content }: Body) => content.type)]).toEqual([
      true,
      ["json_schema", "json_schema", "grammar", "grammar"],
    ]);
    const alone = await create("/responses", { ...fields, parallel_tool_calls: false });
    expect([alone.status, alone.body["error"].param]).toEqual([400, "tools"]);
  });

  it("streams the same text", async () => {
    const { stream } = await serverSaying([written], [], model);
    const final = checkLifecycle(
      parseResponseStream(await stream("/responses", { input: "x", tools: [flat] })),
    );
    expect(final["output"]).toMatchObject([{ type: "custom_tool_call", input }]);
  });
});
