// K2 Horizon: GLM's pairs in the `ifm|` namespace. Strict: whatever is wrong anywhere makes the whole output text.

import { isJsonText } from "../../json/index.ts";
import { ArgumentsWriter } from "../arguments-writer.ts";
import { callSection } from "../call-section.ts";
import type { ToolFormat } from "../format.ts";
import { MarkerSet } from "../marker-set.ts";
import type { CallFault } from "../output-event.ts";
import type { Task } from "../reader.ts";
import { argumentEntries, rawValue } from "../render.ts";
import type { ToolReader } from "../tool-reader.ts";

const open = "<ifm|tool_calls>";
const close = "</ifm|tool_calls>";
const callOpen = "<ifm|tool_call>";
const callClose = "</ifm|tool_call>";
const discard = ["<|im_end|>"];
const top = new MarkerSet([open, ...discard]);
const inSection = new MarkerSet([callOpen, close]);
const nameEnd = new MarkerSet(["<ifm|arg_key>", callClose, "{"]);
const next = new MarkerSet(["<ifm|arg_key>", callClose]);
const keyClose = new MarkerSet(["</ifm|arg_key>"]);
const typeOpen = new MarkerSet(["<ifm|arg_type>"]);
const typeClose = new MarkerSet(["</ifm|arg_type>"]);
const valueOpen = new MarkerSet(["<ifm|arg_value>"]);
const valueClose = new MarkerSet(["</ifm|arg_value>"]);
const bodyEnd = new MarkerSet([callClose]);

export const k2Horizon: ToolFormat = {
  name: "k2_horizon",
  aliases: { sglang: ["k2_horizon"] },
  markers: [open, close, callOpen, callClose],
  discard,
  commit: "closed",
  rules: { all: { unknownTools: "text", wholeTextOnAnyInvalid: true } },
  *read(reader) {
    while ((yield* reader.text(top)) !== undefined) yield* callSection(reader, inSection, callOpen, call);
  },
  render: (calls) => {
    const texts = calls.map((item) => {
      const pairs = argumentEntries(item.arguments).map(
        ([key, json]) => `<ifm|arg_key>${key}</ifm|arg_key><ifm|arg_value>${rawValue(json)}</ifm|arg_value>`,
      );
      return `${callOpen}${item.name}${pairs.join("")}${callClose}`;
    });
    return `${open}${texts.join("")}${close}`;
  },
};

function* call(reader: ToolReader): Task<CallFault | undefined> {
  const header = yield* reader.textUntil(nameEnd);
  const writer = new ArgumentsWriter(reader, header.text);
  if (header.marker === "{") {
    const body = yield* reader.textUntil(bodyEnd);
    if (body.marker === undefined) return "truncated";
    const json = `{${body.text.trim()}`;
    if (!isJsonText(json)) return "bad-json";
    return writer.object(json) ? undefined : "missing-name";
  }
  let marker = header.marker;
  while (marker === "<ifm|arg_key>") {
    const fault = yield* pair(reader, writer);
    if (fault !== undefined) return fault;
    yield* reader.space();
    marker = yield* reader.at(next);
    if (marker === undefined && (yield* reader.peek()) !== -1) return "bad-syntax";
  }
  if (marker === undefined) return "truncated";
  return writer.end() ? undefined : "missing-name";
}

function* pair(reader: ToolReader, writer: ArgumentsWriter): Task<CallFault | undefined> {
  const key = yield* reader.textUntil(keyClose);
  if (key.marker === undefined) return "truncated";
  if (writer.has(key.text.trim())) return "schema";
  yield* reader.space();
  let type: string | undefined;
  if ((yield* reader.at(typeOpen)) !== undefined) {
    type = (yield* reader.textUntil(typeClose)).text.trim();
    yield* reader.space();
  }
  if ((yield* reader.at(valueOpen)) === undefined) {
    return (yield* reader.peek()) === -1 ? "truncated" : "bad-syntax";
  }
  const options = type === "string" ? ({ space: "keep", type } as const) : ({ space: "keep" } as const);
  const end = yield* writer.value(key.text.trim(), valueClose, options);
  return end === undefined ? "truncated" : undefined;
}
