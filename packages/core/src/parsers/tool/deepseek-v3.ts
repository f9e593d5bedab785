// DeepSeek V3 and V3.1. V3 writes a type, the name and a fenced JSON block; V3.1 the name and JSON. Either reads both.

import { callSection } from "../call-section.ts";
import type { ToolFormat } from "../format.ts";
import { MarkerSet } from "../marker-set.ts";
import { nativeArguments } from "../native-arguments.ts";
import type { CallFault } from "../output-event.ts";
import type { Task } from "../reader.ts";
import type { RuleChanges } from "../rules.ts";
import type { ToolReader } from "../tool-reader.ts";

const open = "<｜tool▁calls▁begin｜>";
const close = "<｜tool▁calls▁end｜>";
const callOpen = "<｜tool▁call▁begin｜>";
const callClose = "<｜tool▁call▁end｜>";
const separator = "<｜tool▁sep｜>";
const fence = "```";
const discard = ["<｜end▁of▁sentence｜>", close, callClose];
const top = new MarkerSet([open, ...discard]);
const inSection = new MarkerSet([callOpen, close]);
const headerEnd = new MarkerSet([separator, callClose, close]);
const fences = new MarkerSet([`${fence}json`, fence]);
const closers = new MarkerSet([callClose, `\n${fence}${callClose}`, `${fence}${callClose}`]);

const rules: RuleChanges = {
  vllm: { onInvalid: "keep", emptySection: "drop" },
};

const markers = [open, close, callOpen, callClose, separator];

export const deepseekV3: ToolFormat = {
  name: "deepseek_v3",
  aliases: { smg: ["deepseek"], vllm: ["deepseek_v3"], sglang: ["deepseekv3"] },
  markers,
  discard,
  rules,
  read: (reader) => sections(reader, true),
  render: (calls) => {
    const texts = calls.map(
      (item) =>
        `${callOpen}function${separator}${item.name}\n${fence}json\n${item.arguments}\n${fence}${callClose}`,
    );
    return `${open}${texts.join("\n")}${close}`;
  },
};

export const deepseekV31: ToolFormat = {
  name: "deepseek_v31",
  aliases: { smg: ["deepseek31"], vllm: ["deepseek_v31"], sglang: ["deepseekv31"] },
  markers,
  discard,
  rules,
  read: (reader) => sections(reader, false),
  render: (calls) => {
    const texts = calls.map((item) => `${callOpen}${item.name}${separator}${item.arguments}${callClose}`);
    return `${open}${texts.join("")}${close}`;
  },
};

function* sections(reader: ToolReader, typed: boolean): Task {
  while ((yield* reader.text(top)) !== undefined) {
    yield* callSection(reader, inSection, callOpen, (each) => call(each, typed));
  }
}

function* call(reader: ToolReader, typed: boolean): Task<CallFault | undefined> {
  const header = yield* reader.textUntil(headerEnd);
  if (header.marker === undefined) return "truncated";
  if (header.marker !== separator) {
    if (header.marker === close) reader.input.untake(close.length);
    return "bad-syntax";
  }
  yield* reader.space();
  const code = yield* reader.peek();
  if (code === -1) return "truncated";
  if (code === 123 || (!typed && isValueStart(code))) return yield* announced(reader, header.text, false);
  if (typed && reader.rules.dialect === "smg" && header.text.trim() !== "function") {
    yield* reader.until(closers);
    return "bad-syntax";
  }
  return yield* fenced(reader, header.text, typed);
}

/** `NAME`, newline, fence, JSON, fence. */
function* fenced(reader: ToolReader, header: string, typed: boolean): Task<CallFault | undefined> {
  const name = yield* reader.while((code) => code !== 10 && code !== 96 && code !== 123 && code !== 60);
  yield* reader.space();
  const fenced = (yield* reader.at(fences)) !== undefined;
  yield* reader.space();
  if ((yield* reader.peek()) === -1) return "truncated";
  if (!fenced && !typed) return yield* unreadable(reader, header, name);
  return yield* announced(reader, name, fenced);
}

/** A quote, `[`, a sign or a digit: arguments, though not an object. */
const isValueStart = (code: number) =>
  code === 34 || code === 91 || code === 45 || (code >= 48 && code <= 57);

/** Arguments that are neither JSON nor a fence: kept as they are, up to the end of the call. */
function* unreadable(reader: ToolReader, name: string, start: string): Task<CallFault | undefined> {
  if (!reader.commit(name)) return "missing-name";
  reader.args(start);
  const marker = yield* reader.until(closers, (text) => reader.args(text));
  return marker === undefined ? "truncated" : "bad-json";
}

function* announced(reader: ToolReader, name: string, fenced: boolean): Task<CallFault | undefined> {
  if (!reader.commit(name)) {
    yield* reader.until(closers);
    return "missing-name";
  }
  const end = yield* nativeArguments(reader, closers, fenced ? fences : noDecoration);
  return end.fault;
}

const noDecoration = new MarkerSet([]);
