// The harmony layer against what openai-harmony 0.0.8 itself produced.

import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  type ConversationLike,
  HarmonyError,
  loadHarmonyEncoding,
  Message,
  type MessageLike,
  type RenderConfig,
  type Role,
  StreamableParser,
} from "@tokenwire/core/harmony";
import { getEncoding } from "@tokenwire/encodings";
import { describe, expect, it } from "vitest";

const folder = resolve(import.meta.dirname, "../../../shared/acceptance/harmony");
const present = existsSync(folder);
const encoding = loadHarmonyEncoding(getEncoding("o200k_harmony"));

const read = (name: string) => readFileSync(resolve(folder, name), "utf8");
const readJson = <T>(name: string) => (present ? (JSON.parse(read(name)) as T) : ([] as T));
const readLines = <T>(name: string) =>
  present
    ? read(name)
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as T)
    : [];

/** What the reference does without a config: nothing is dropped. Ours drops by default, so it is asked not to. */
function config(autoDrop: boolean | null | undefined): RenderConfig {
  return { autoDropAnalysis: autoDrop ?? false };
}

function outcome<T>(run: () => T): { ok: T } | { err: string } {
  try {
    return { ok: run() };
  } catch (error) {
    if (!(error instanceof HarmonyError)) throw error;
    return { err: error.message };
  }
}

interface RenderRequest {
  op: "render" | "completion" | "conversation" | "training";
  message?: MessageLike;
  conversation?: { messages: MessageLike[] };
  role?: Role;
  has_function_tools?: boolean;
  auto_drop_analysis?: boolean;
}

function render(request: RenderRequest): Uint32Array {
  const options = config(request.auto_drop_analysis);
  const conversation = request.conversation as ConversationLike;
  switch (request.op) {
    case "render": {
      const conversationHasFunctionTools = request.has_function_tools ?? false;
      return encoding.render(request.message!, { conversationHasFunctionTools });
    }
    case "completion":
      return encoding.renderConversationForCompletion(conversation, request.role!, options);
    case "conversation":
      return encoding.renderConversation(conversation, options);
    case "training":
      return encoding.renderConversationForTraining(conversation, options);
  }
}

describe.skipIf(!present)("harmony acceptance", () => {
  const tokens = readJson<{ file: string; n: number; tokens: number[] }[]>("testdata_tokens.json");

  it.each(tokens)("encodes and decodes $file", ({ file, tokens: expected }) => {
    const text = read(`testdata/${file}`).trimEnd();
    expect(Array.from(encoding.encode(text, { allowedSpecial: "all" }))).toEqual(expected);
    expect(encoding.decodeUtf8(expected)).toBe(text);
  });

  const cases =
    readJson<{ name: string; request: RenderRequest; tokens?: number[]; text?: string; err?: string }[]>(
      "render_cases.json",
    );
  it.each(cases)("renders: $name", ({ request, tokens: expected, text, err }) => {
    const result = outcome(() => Array.from(render(request)));
    if (err !== undefined) expect(result).toEqual({ err: expect.stringContaining(err) });
    else {
      expect(result).toEqual({ ok: expected });
      expect(encoding.decodeUtf8(expected!)).toBe(text);
    }
  });

  const schemas =
    readJson<{ name: string; schema?: unknown; text: string; tokens: number[] }[]>("schema_to_ts.json");
  it.each(schemas)("renders the schema: $name", (entry) => {
    const tool = { name: "f", description: "d", ...("schema" in entry && { parameters: entry.schema }) };
    const message = {
      role: "developer",
      content: [{ type: "developer_content", tools: { functions: { name: "functions", tools: [tool] } } }],
    };
    const ids = encoding.render(Message.fromJSON(JSON.stringify(message)));
    expect(encoding.decodeUtf8(ids)).toBe(entry.text);
    expect(Array.from(ids)).toEqual(entry.tokens);
    expect(Array.from(encoding.render(Message.fromJSON(message)))).toEqual(entry.tokens);
  });

  const renders = readLines<{
    messages: MessageLike[];
    auto_drop_analysis: boolean | null;
    tokens: number[];
    err: string | null;
  }>("fuzz_render_sample.jsonl");
  it("renders random conversations", () => {
    for (const { messages, auto_drop_analysis, tokens: expected, err } of renders) {
      const result = outcome(() =>
        Array.from(encoding.renderConversation({ messages }, config(auto_drop_analysis))),
      );
      expect(result).toEqual(err === null ? { ok: expected } : { err: expect.stringContaining(err) });
    }
  });
});

interface StreamCase {
  tokens: number[];
  role?: Role;
  strict: boolean;
  continue: boolean;
  result: { trace: unknown[][]; eos: string; messages: unknown[]; state: unknown };
}

function trace(sample: StreamCase): StreamCase["result"] {
  const parser = new StreamableParser(encoding, { role: sample.role, mode: "compat", strict: sample.strict });
  const rows: unknown[][] = [];
  for (const id of sample.tokens) {
    const result = outcome(() => parser.process(id));
    const error = "err" in result ? result.err : null;
    rows.push([
      id,
      parser.state,
      parser.currentRole ?? null,
      parser.currentChannel ?? null,
      parser.currentRecipient ?? null,
      parser.currentContentType ?? null,
      parser.lastContentDelta ?? null,
      { Ok: parser.currentContent },
      parser.messages.length,
      error,
    ]);
    if (error !== null && !sample.continue) break;
  }
  const eos = outcome(() => parser.processEos());
  return {
    trace: rows,
    eos: "err" in eos ? eos.err : "ok",
    messages: JSON.parse(JSON.stringify(parser.messages)) as unknown[],
    state: parser.stateData,
  };
}

describe.skipIf(!present)("harmony acceptance: compat parsing", () => {
  const streams = readLines<StreamCase>("fuzz_stream_sample.jsonl");
  it.each(streams.map((sample, index) => ({ index, sample })))("traces stream $index", ({ sample }) => {
    expect(trace(sample)).toEqual(sample.result);
  });

  interface Malformed {
    n: string;
    t: string;
    role?: Role;
    strict: { ok?: unknown; err?: string };
    lenient: { ok?: unknown; err?: string };
  }
  const malformed = readJson<Malformed[]>("malformed.json");
  it.each(malformed)("reads as the reference: $n", ({ t, role, strict, lenient }) => {
    const ids = encoding.encode(t, { allowedSpecial: "all" });
    for (const [flag, expected] of [
      [true, strict],
      [false, lenient],
    ] as const) {
      const result = outcome(
        () =>
          encoding.parseMessagesFromCompletionTokens(ids, { role, mode: "compat", strict: flag }).messages,
      );
      expect(JSON.parse(JSON.stringify(result))).toEqual(expected);
    }
  });
});
