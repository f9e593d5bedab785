// Cohere Command: actions as JSON between `<|START_ACTION|>` and `<|END_ACTION|>`, text in channels of its own.

import type { ToolFormat } from "../format.ts";
import { nativeCallId } from "../identity.ts";
import type { JsonCallKeys } from "../json-call.ts";
import { callElement, jsonListSection } from "../json-list.ts";
import { MarkerSet } from "../marker-set.ts";
import type { Task } from "../reader.ts";
import type { ToolReader } from "../tool-reader.ts";

const keys: JsonCallKeys = {
  name: ["tool_name", "name"],
  arguments: ["parameters", "arguments"],
  id: "tool_call_id",
};
const start = "<|START_ACTION|>";
const end = "<|END_ACTION|>";
const wrappers = ["<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|START_TEXT|>", "<|END_TEXT|>"];
const discard = [...wrappers, "<|END_OF_TURN_TOKEN|>"];
const citation = ["<co>", "</co: "];
const top = new MarkerSet([start, ...discard]);
const withCitations = top.with(citation);
const citationEnd = new MarkerSet([">"]);
const list = { close: new MarkerSet([end]), element: callElement(keys), single: true, dropBroken: true };

export const cohere: ToolFormat = {
  name: "cohere",
  aliases: {
    smg: ["cohere"],
    vllm: ["cohere_command3", "cohere_command4"],
    sglang: ["cohere_command4"],
  },
  markers: [start, end, ...wrappers],
  discard,
  // An action that is closed but not JSON is dropped; one that is cut off is text.
  rules: {
    all: { onInvalid: "drop", afterText: "keep", wholeTextWithoutCalls: false },
    smg: { textTrim: true, wholeTextOnIncomplete: false },
    vllm: { textTrim: true },
  },
  id: nativeCallId,
  *read(reader) {
    const set = reader.options.citations === "strip" ? withCitations : top;
    for (;;) {
      const marker = yield* reader.text(set);
      if (marker === undefined) return;
      if (marker === start) yield* jsonListSection(reader, list);
      else yield* citationMark(reader, marker);
    }
  },
  render: (calls) => {
    const actions = calls.map(
      (call, index) =>
        `{"tool_call_id": "${index}", "tool_name": ${JSON.stringify(call.name)}, "parameters": ${call.arguments}}`,
    );
    return `${start}[\n    ${actions.join(",\n    ")}\n]${end}`;
  },
};

/** `<co>` and `</co: 0:[1,2]>` around cited text: only the text is shown. */
function* citationMark(reader: ToolReader, marker: string): Task {
  if (marker === "<co>") {
    reader.drop();
    return;
  }
  const body = yield* reader.while(
    (code) => (code >= 48 && code <= 58) || code === 91 || code === 93 || code === 44,
  );
  if (body !== "" && (yield* reader.at(citationEnd)) !== undefined) reader.drop();
}
