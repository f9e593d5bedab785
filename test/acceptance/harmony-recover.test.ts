// The 36 malformed outputs: what recover mode makes of each, and what strict mode accepts.

import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  HarmonyError,
  loadHarmonyEncoding,
  type ParsedMessage,
  type ParseResult,
  type Role,
} from "@tokenwire/core/harmony";
import { getEncoding } from "@tokenwire/encodings";
import { describe, expect, it } from "vitest";

const file = resolve(import.meta.dirname, "../../../shared/acceptance/harmony/malformed.json");
const present = existsSync(file);
const encoding = loadHarmonyEncoding(getEncoding("o200k_harmony"));

interface Malformed {
  n: string;
  t: string;
  role?: Role;
}

/** A message in one line: `role/channel→recipient {type} "content" (terminator)`. */
function line(message: ParsedMessage): string {
  const { role, name, channel, recipient, contentType, text, terminator } = message;
  const to = recipient === undefined ? "" : `→${recipient}`;
  const type = contentType === undefined ? "" : ` {${contentType}}`;
  const author = name === undefined ? role : `${role}:${name}`;
  const incomplete = message.complete ? "" : " incomplete";
  return `${author}${channel === undefined ? "" : `/${channel}`}${to}${type} "${text}" (${terminator})${incomplete}`;
}

const think = 'assistant/analysis "think" (end)';
const thought = 'assistant/analysis "t" (end)';
const hi = 'assistant/final "hi" (return)';

/** Wanted messages, and the codes above `info` or named for the sample. */
const wanted: Record<string, readonly [messages: readonly string[], codes: readonly string[]]> = {
  M01: [['assistant/final "Answer" (end)'], ["stop-after-end"]],
  M02: [[think, 'assistant/commentary→functions.f {json} "{}" (call)'], ["call-after-end"]],
  M03: [
    [think, 'assistant/commentary→functions.f {json} "{}" (call)'],
    ["implicit-start", "missing-channel-marker"],
  ],
  M04: [[think, hi], ["implicit-start"]],
  M05: [[think, hi], ["duplicate-start"]],
  M06: [[think, hi], ["duplicate-role"]],
  M07: [[think, hi], ["stray-text"]],
  M08: [['assistant "hi" (return)'], ["empty-channel"]],
  M09: [[think, 'assistant/commentary "hi" (return)'], ["duplicate-channel"]],
  M10: [['assistant/commentary→functions.bash {json} "{}" (call)'], ["duplicate-channel"]],
  M11: [
    [think, 'assistant/commentary "{}" (call)'],
    ["duplicate-channel", "tool-name-as-channel"],
  ],
  M12: [['assistant/commentary→functions.get_weather "{}" (call)'], ["duplicate-recipient"]],
  M13: [['assistant "I must refuse" (end)', 'assistant/final "no" (return)'], ["missing-message-marker"]],
  M14: [[think, 'assistant/final "{"answer": "hi"}" (return)'], ["missing-message-marker"]],
  M15: [['assistant/finalx "hi" (return)'], ["noncanonical-channel"]],
  M16: [['assistant/analysis→functions.grep {code} "{"pattern":"foo"}" (call)'], ["tool-call-on-analysis"]],
  M17: [['assistant/final {<|constrain|>json} "{"result":true}" (return)'], []],
  M18: [['assistant/?? "hi" (end)'], ["noncanonical-channel"]],
  M19: [
    ['assistant/commentary?commentary? "" (end)', thought],
    ["missing-message-marker", "noncanonical-channel"],
  ],
  M20: [[thought], ["abandoned-prefix", "duplicate-channel"]],
  M21: [['assistant "The answer is 4." (return)'], ["missing-message-marker"]],
  M22: [['assistant "The answer is 4." (eos) incomplete'], ["missing-message-marker", "truncated-content"]],
  M23: [[think, 'assistant "{"country":"France"}" (return)'], ["missing-message-marker"]],
  M24: [[thought, hi], ["channel-as-role"]],
  M25: [[think, 'assistant→bash "ls" (call)'], ["unknown-role"]],
  M26: [
    [
      'assistant/commentary→functions.edit "write: edit file with content." (end)',
      'assistant/commentary→functions.edit {json} "{}" (call)',
    ],
    ["constrain-prose", "missing-message-marker"],
  ],
  M27: [[think, 'assistant/fin "" (eos) incomplete'], ["truncated-header"]],
  M28: [[think, 'assistant/final "The ans" (eos) incomplete'], ["truncated-content"]],
  M29: [['assistant/final "hi" (endoftext)'], ["stop-endoftext"]],
  M30: [['assistant/analysis "t" (implicit)', hi], ["implicit-end"]],
  M31: [[thought, hi], ["stray-whitespace"]],
  M32: [['assistant/commentary→get_current_weather {json} "{}" (call)'], ["bare-recipient"]],
  M33: [['assistant/commentary→functions.get_weather {<|constrain|>json} "{}" (call)'], []],
  M34: [['tool:functions.lookup_weather "{}" (end)'], ["tool-role"]],
  M35: [['user:bob "hi" (end)'], ["author-name"]],
  M36: [[think, hi, think], ["implicit-start"]],
};

/** Codes of everything that is more than a remark, and the remarks that the sample is about. */
function codes(result: ParseResult, expected: readonly string[]): string[] {
  const shown = result.diagnostics.filter(
    ({ code, severity }) => severity !== "info" || expected.includes(code),
  );
  return [...new Set(shown.map(({ code }) => code))].sort();
}

const acceptedByStrict = new Set(["M15", "M16", "M17", "M18", "M28", "M32", "M33", "M34", "M35"]);
const samples = present ? (JSON.parse(readFileSync(file, "utf8")) as Malformed[]) : [];

describe.skipIf(!present)("malformed outputs", () => {
  it("has an expectation for each", () => {
    expect(samples.map(({ n }) => n.slice(0, 3)).sort()).toEqual(Object.keys(wanted).sort());
  });

  it.each(samples)("recovers $n", ({ n, t, role }) => {
    const [messages, expected] = wanted[n.slice(0, 3)]!;
    const ids = encoding.encode(t, { allowedSpecial: "all" });
    const result = encoding.parseMessagesFromCompletionTokens(ids, { role, mode: "recover" });
    expect(result.messages.map(line)).toEqual(messages);
    expect(codes(result, expected)).toEqual([...expected].sort());
  });

  it.each(samples)("reads strictly: $n", ({ n, t, role }) => {
    const ids = encoding.encode(t, { allowedSpecial: "all" });
    const read = () => encoding.parseMessagesFromCompletionTokens(ids, { role, mode: "strict" });
    if (acceptedByStrict.has(n.slice(0, 3)))
      expect(read().messages.map(line)).toEqual(wanted[n.slice(0, 3)]![0]);
    else expect(read).toThrow(HarmonyError);
  });

  it("takes a tool's name in a channel's place for the recipient when the tool is known", () => {
    const sample = samples.find(({ n }) => n.startsWith("M11"))!;
    const ids = encoding.encode(sample.t, { allowedSpecial: "all" });
    const options = { role: sample.role, mode: "recover", knownTools: ["bash"] } as const;
    const { messages } = encoding.parseMessagesFromCompletionTokens(ids, options);
    expect(messages.map(line)).toEqual([think, 'assistant/commentary→bash "{}" (call)']);
  });

  it("knows the canonical channel", () => {
    const channels = samples.flatMap(({ n, t, role }) => {
      const ids = encoding.encode(t, { allowedSpecial: "all" });
      const { messages } = encoding.parseMessagesFromCompletionTokens(ids, { role, mode: "recover" });
      return /M15|M18|M19|M27/.test(n) ? [messages.at(n.startsWith("M19") ? 0 : -1)?.canonicalChannel] : [];
    });
    expect(channels).toEqual(["final", undefined, "commentary", undefined]);
  });
});
