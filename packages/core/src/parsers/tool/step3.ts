// Step 3: DeepSeek-like markers (full-width bars, but ASCII underscores) around `<steptml:invoke>`.

import type { ToolFormat } from "../format.ts";
import { MarkerSet } from "../marker-set.ts";
import type { CallFault } from "../output-event.ts";
import type { Task } from "../reader.ts";
import { argumentEntries, rawValue } from "../render.ts";
import { attributeHeader, TagCall, tagSection } from "../tags.ts";
import type { ToolReader } from "../tool-reader.ts";

const open = "<｜tool_calls_begin｜>";
const close = "<｜tool_calls_end｜>";
const callOpen = "<｜tool_call_begin｜>";
const callClose = "<｜tool_call_end｜>";
const separator = "<｜tool_sep｜>";
const discard = ["<｜end▁of▁sentence｜>"];
const top = new MarkerSet([open, ...discard]);
const afterCall = new MarkerSet([callClose]);
const separators = new MarkerSet([separator, callClose]);
const invoke = new MarkerSet(["<steptml:invoke"]);
const syntax = {
  open: new MarkerSet([callOpen, close]),
  close: new MarkerSet([close]),
  call: new TagCall({
    call: ["<steptml:invoke"],
    callClose: ["</steptml:invoke>"],
    parameter: ["<steptml:parameter"],
    parameterClose: ["</steptml:parameter>"],
    outerClose: [callClose],
    header: attributeHeader,
    value: () => ({ space: "trim" }),
  }),
  before: header,
  *after(reader: ToolReader): Task {
    yield* reader.space();
    yield* reader.at(afterCall);
  },
};

/** `function<｜tool_sep｜>` before the invoke. */
function* header(reader: ToolReader): Task<CallFault | undefined> {
  const type = yield* reader.textUntil(separators);
  if (type.marker === undefined) return "truncated";
  if (type.marker === callClose) return "bad-syntax";
  if (reader.rules.dialect === "smg" && type.text.trim() !== "function") return "bad-syntax";
  yield* reader.space();
  if ((yield* reader.at(invoke)) !== undefined) return undefined;
  return (yield* reader.peek()) === -1 ? "truncated" : "bad-syntax";
}

export const step3: ToolFormat = {
  name: "step3",
  aliases: { smg: ["step3"], vllm: ["step3"], sglang: ["step3"] },
  markers: [open, close, callOpen, callClose, separator],
  discard,
  *read(reader) {
    while ((yield* reader.text(top)) !== undefined) yield* tagSection(reader, syntax, [close]);
  },
  render: (calls) => {
    const texts = calls.map((call) => {
      const parameters = argumentEntries(call.arguments).map(
        ([key, json]) => `<steptml:parameter name="${key}">${rawValue(json)}</steptml:parameter>\n`,
      );
      const body = `<steptml:invoke name="${call.name}">\n${parameters.join("")}</steptml:invoke>`;
      return `${callOpen}function${separator}${body}${callClose}\n`;
    });
    return `${open}\n${texts.join("")}${close}`;
  },
};
