// Inkling: frames between `<|message_model|>` and `<|end_message|>`; the token after the header tells what is inside.

import type { ToolFormat } from "../format.ts";
import { inkling as tokens } from "../inkling-tokens.ts";
import { faultOf, type JsonCallKeys, jsonCall } from "../json-call.ts";
import { MarkerSet } from "../marker-set.ts";
import type { Task } from "../reader.ts";
import type { ToolReader } from "../tool-reader.ts";

const keys: JsonCallKeys = { name: ["name"], arguments: ["args"], objectOnly: true };
const toolFrame = "<|content_invoke_tool_json|>";
const hidden = "<|content_invoke_tool_text|>";
const header = "<|message_model|>";
const discard = tokens.control.filter((token) => ![toolFrame, hidden, header].includes(token));
const top = new MarkerSet([toolFrame, hidden, header, ...discard]);
const frameEnd = new MarkerSet([tokens.end, header]);
const headerEnd = new MarkerSet(tokens.contents);

export const inkling: ToolFormat = {
  name: "inkling",
  aliases: { smg: ["inkling"], vllm: ["inkling"], sglang: ["inkling"] },
  markers: tokens.control,
  discard,
  rules: {
    all: {
      unknownTools: "drop",
      onInvalid: "drop",
      onTruncated: "drop",
      afterText: "keep",
      wholeTextWithoutCalls: false,
    },
  },
  *read(reader) {
    for (;;) {
      const marker = yield* reader.text(top);
      if (marker === undefined) return;
      if (marker === toolFrame) yield* call(reader);
      else yield* hiddenText(reader, marker);
    }
  },
  render: (calls) =>
    calls
      .map((item) => {
        const body = `{"name":${JSON.stringify(item.name)},"args":${item.arguments}}`;
        return `${header}${item.name}${toolFrame}${body}${tokens.end}`;
      })
      .join(""),
};

/** A header up to its content token, or a frame that is not shown. */
function* hiddenText(reader: ToolReader, marker: string): Task {
  const end = yield* reader.until(marker === header ? headerEnd : frameEnd);
  if (end !== undefined && end !== tokens.end) reader.input.untake(end.length);
  reader.drop("noise");
}

function* call(reader: ToolReader): Task {
  reader.openCall();
  yield* reader.space();
  const object = (yield* reader.peek()) === 123;
  const outcome = object ? yield* jsonCall(reader, keys) : "bad";
  if (outcome === "ok") {
    yield* reader.space();
    const end = yield* reader.at(frameEnd);
    if (end === header) reader.input.untake(header.length);
    if (end !== undefined || (yield* reader.peek()) === -1) {
      reader.complete();
      return;
    }
  }
  const end = yield* reader.until(frameEnd);
  if (end === header) reader.input.untake(header.length);
  reader.discardCall(faultOf(outcome === "ok" ? "bad" : outcome));
}
