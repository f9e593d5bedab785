// Muse: messages to recipients; calls are invokes in the `atem:` namespace. Messages to `self` are reasoning.

import { isJsonText } from "../../json/index.ts";
import type { ToolFormat } from "../format.ts";
import { MarkerSet } from "../marker-set.ts";
import type { Task } from "../reader.ts";
import { argumentEntries, rawValue } from "../render.ts";
import { attributeHeader, TagCall, tagSection } from "../tags.ts";
import type { ToolReader } from "../tool-reader.ts";

const message = "<|message|>";
const start = "<|start|>";
const end = ["<|eom|>", "<|eot|>"];
const open = ["<atem:function_calls>", "<atem:atem:function_calls>"];
const close = ["</atem:function_calls>", "</atem:atem:function_calls>"];
const discard = end;
const top = new MarkerSet([...open, start, ...discard]);
const messages = new MarkerSet([message]);
const ends = new MarkerSet([...end, start]);
const syntax = {
  open: new MarkerSet(["<atem:invoke", "<atem:atem:invoke", ...close]),
  close: new MarkerSet(close),
  call: new TagCall({
    call: ["<atem:invoke", "<atem:atem:invoke"],
    callClose: ["</atem:invoke>", "</atem:atem:invoke>"],
    parameter: ["<atem:parameter", "<atem:atem:parameter"],
    parameterClose: ["</atem:parameter>", "</atem:atem:parameter>"],
    outerClose: close,
    header: attributeHeader,
    value: () => ({
      space: "keep",
      convert: (raw, schema) =>
        schema.types.size > 0 ? undefined : isJsonText(raw.trim()) ? raw.trim() : JSON.stringify(raw),
    }),
  }),
};

export const muse: ToolFormat = {
  name: "muse",
  aliases: { sglang: ["muse", "muse_glimmer"] },
  markers: [...open, ...close, start, message, ...end],
  discard,
  *read(reader) {
    yield* firstHeader(reader);
    for (;;) {
      const marker = yield* reader.text(top);
      if (marker === undefined) return;
      if (marker === start) yield* header(reader);
      else yield* tagSection(reader, syntax, close);
    }
  },
  render: (calls) => {
    const texts = calls.map((call) => {
      const parameters = argumentEntries(call.arguments).map(
        ([key, json]) => `<atem:parameter name="${key}">${rawValue(json)}</atem:parameter>`,
      );
      return `<atem:invoke name="${call.name}">${parameters.join("")}</atem:invoke>`;
    });
    return `${open[0]}${texts.join("")}${close[0]}`;
  },
};

const firstWord = new MarkerSet(["to="]);

/** The prompt may have opened the first message: its header then starts with the recipient. */
function* firstHeader(reader: ToolReader): Task {
  if ((yield* reader.at(firstWord)) !== undefined) yield* header(reader);
}

/** `to=RECIPIENT<|message|>`; what the model says to itself is reasoning up to the end of the message. */
function* header(reader: ToolReader): Task {
  const line = yield* reader.while((code) => code !== 60 && code !== 10);
  const whole = reader.input.captured;
  if ((yield* reader.at(messages)) === undefined) return;
  const recipient = /to=(\S+)/.exec(whole)?.[1] ?? line.trim();
  reader.drop();
  if (recipient !== "self") return;
  const marker = yield* reader.until(ends, (text) => {
    reader.input.release();
    reader.emit.reasoning(text);
  });
  if (marker === start) reader.input.untake(start.length);
  reader.drop();
}
