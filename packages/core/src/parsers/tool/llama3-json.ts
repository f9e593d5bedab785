// Llama 3: JSON objects separated by `;`, after `<|python_tag|>` or bare.

import { bareObject } from "../bare-json.ts";
import type { ToolFormat } from "../format.ts";
import type { JsonCallKeys } from "../json-call.ts";
import { MarkerSet } from "../marker-set.ts";
import type { Task } from "../reader.ts";
import { jsonCallText } from "../render.ts";
import type { ToolReader } from "../tool-reader.ts";

const tag = "<|python_tag|>";
const discard = ["<|eom_id|>", "<|eot_id|>"];
const keys: JsonCallKeys = { name: ["name"], arguments: ["arguments", "parameters"] };
const smgKeys: JsonCallKeys = { name: ["name"], arguments: ["parameters"] };
const top = new MarkerSet([tag, "{", ...discard]);
const tagOnly = new MarkerSet([tag, ...discard]);
const separator = new MarkerSet([";"]);

export const llama3Json: ToolFormat = {
  name: "llama3_json",
  aliases: { smg: ["llama"], vllm: ["llama3_json", "llama4_json"], sglang: ["llama3"] },
  markers: [tag],
  discard,
  rules: {
    all: { requireArguments: true },
    smg: { afterText: "keep" },
    vllm: { dropTextWithCalls: true, afterText: "keep", wholeTextOnAnyInvalid: true },
  },
  *read(reader) {
    const smg = reader.rules.dialect === "smg";
    if (smg) yield* bareAtStart(reader);
    for (;;) {
      const marker = yield* reader.text(smg ? tagOnly : top);
      if (marker === undefined) return;
      if (marker === "{") reader.input.untake(1);
      yield* objects(reader, smg ? smgKeys : keys, marker === "{");
    }
  },
  render: (calls) => calls.map((call) => jsonCallText(call, "name", "parameters")).join(";"),
};

/** Objects from here on, separated by `;`. */
function* objects(reader: ToolReader, keys: JsonCallKeys, bare: boolean): Task {
  yield* reader.space();
  for (let first = true; (yield* reader.peek()) === 123; first = false) {
    reader.candidate = bare || !first;
    if (!(yield* bareObject(reader, keys))) return;
    yield* reader.space();
    if ((yield* reader.at(separator)) === undefined) return;
    yield* reader.space();
    reader.drop("noise");
  }
}

/** SMG reads a bare object only where the output starts with it; text behind it makes everything text. */
function* bareAtStart(reader: ToolReader): Task {
  yield* reader.space();
  if ((yield* reader.peek()) !== 123) return;
  yield* objects(reader, smgKeys, true);
  yield* reader.space();
  if ((yield* reader.peek()) !== -1) reader.emit.diagnostic("trailing-text", "");
}
