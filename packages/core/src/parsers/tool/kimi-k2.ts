// Kimi K2: a section of calls, each with an id `functions.NAME:INDEX` that must be echoed with the tool's result.

import { callSection } from "../call-section.ts";
import type { ToolFormat } from "../format.ts";
import { kimiCallId } from "../identity.ts";
import { MarkerSet } from "../marker-set.ts";
import { nativeArguments } from "../native-arguments.ts";
import type { CallFault } from "../output-event.ts";
import type { Task } from "../reader.ts";
import type { ToolReader } from "../tool-reader.ts";

// Some checkpoints write the section markers in the singular.
const open = ["<|tool_calls_section_begin|>", "<|tool_call_section_begin|>"];
const close = ["<|tool_calls_section_end|>", "<|tool_call_section_end|>"];
const callOpen = "<|tool_call_begin|>";
const callClose = "<|tool_call_end|>";
const argument = "<|tool_call_argument_begin|>";
const discard = ["<|im_end|>"];
const top = new MarkerSet([...open, ...discard]);
const inSection = new MarkerSet([callOpen, ...close]);
const headerEnd = new MarkerSet([argument, callClose, ...close]);
const bodyEnd = new MarkerSet([callClose, ...close]);
const none = new MarkerSet([]);

export const kimiK2: ToolFormat = {
  name: "kimi_k2",
  aliases: { smg: ["kimik2"], vllm: ["kimi_k2"], sglang: ["kimi_k2"] },
  markers: [...open, ...close, callOpen, callClose, argument],
  discard,
  rules: {
    tokenwire: { onTruncated: "keep" },
    vllm: { onInvalid: "keep", onTruncated: "keep", emptySection: "drop" },
  },
  id: kimiCallId,
  *read(reader) {
    while ((yield* reader.text(top)) !== undefined) yield* callSection(reader, inSection, callOpen, call);
  },
  render: (calls) => {
    const texts = calls.map(
      (item, index) => `${callOpen}functions.${item.name}:${index}${argument}${item.arguments}${callClose}`,
    );
    return `${open[0]}${texts.join("")}${close[0]}`;
  },
};

function* call(reader: ToolReader): Task<CallFault | undefined> {
  const header = yield* reader.textUntil(headerEnd);
  const id = header.text.trim();
  if (header.marker === undefined) return "truncated";
  if (close.includes(header.marker)) {
    reader.input.untake(header.marker.length);
    return "bad-id";
  }
  const name = nameOf(id, reader);
  if (name === undefined || !reader.commit(name, id)) {
    if (header.marker === argument) yield* body(reader);
    return "bad-id";
  }
  if (header.marker === callClose) {
    reader.args("{}");
    return undefined;
  }
  yield* reader.space();
  const end = yield* nativeArguments(reader, bodyEnd, none);
  leaveSectionEnd(reader, end.marker);
  return end.fault;
}

/** Skips the arguments of a call that cannot be made. */
function* body(reader: ToolReader): Task {
  leaveSectionEnd(reader, yield* reader.until(bodyEnd));
}

/** A section may end without the end of its last call; its marker is the section's. */
function leaveSectionEnd(reader: ToolReader, marker: string | undefined): void {
  if (marker !== undefined && close.includes(marker)) reader.input.untake(marker.length);
}

/** The name in `functions.NAME:INDEX`. SMG cuts at the first colon and allows fewer characters. */
function nameOf(id: string, reader: ToolReader): string | undefined {
  const smg = reader.rules.dialect === "smg";
  if (!/:\d+$/.test(id) || (smg && !/^[\w.]+:\d+$/.test(id))) return undefined;
  const cut = id.lastIndexOf(":");
  const name = id.slice(0, cut);
  return name.startsWith("functions.") ? name.slice("functions.".length) : name;
}
