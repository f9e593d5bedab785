// FunctionGemma: `<start_function_call>call:NAME{K:<escape>V<escape>,…}<end_function_call>`, repeated.

import { isJsonText } from "../../json/index.ts";
import { ArgumentsWriter } from "../arguments-writer.ts";
import { infer } from "../coercion.ts";
import type { ToolFormat } from "../format.ts";
import { MarkerSet } from "../marker-set.ts";
import type { CallFault } from "../output-event.ts";
import type { Task } from "../reader.ts";
import { argumentEntries, rawValue } from "../render.ts";
import type { ToolReader } from "../tool-reader.ts";

const open = "<start_function_call>";
const close = "<end_function_call>";
const quote = "<escape>";
const discard = ["<end_of_turn>", "<start_function_response>"];
const top = new MarkerSet([open, ...discard]);
const prefix = new MarkerSet(["call:"]);
const escapes = new MarkerSet([quote]);
const closer = new MarkerSet([close]);
const bareEnd = new MarkerSet([",", "}", close]);
const isName = (code: number) =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;

export const functiongemma: ToolFormat = {
  name: "functiongemma",
  aliases: { vllm: ["functiongemma"] },
  markers: [open, close, quote],
  discard,
  rules: { vllm: { textTrim: true } },
  *read(reader) {
    while ((yield* reader.text(top)) !== undefined) {
      reader.openCall();
      const fault = yield* call(reader);
      if (fault === undefined) {
        reader.complete();
        continue;
      }
      if (fault !== "truncated" && reader.committed) yield* reader.until(closer);
      reader.fail(fault);
    }
  },
  render: (calls) =>
    calls
      .map((item) => {
        const members = argumentEntries(item.arguments).map(
          ([key, json]) => `${key}:${quote}${needsQuotes(json) ? json : rawValue(json)}${quote}`,
        );
        return `${open}call:${item.name}{${members.join(",")}}${close}`;
      })
      .join(""),
};

/** A string that looks like other JSON must stay quoted to be read back as a string. */
const needsQuotes = (json: string) => json.startsWith('"') && isJsonText(rawValue(json));

function* call(reader: ToolReader): Task<CallFault | undefined> {
  yield* reader.space();
  if ((yield* reader.at(prefix)) === undefined) return yield* wrong(reader);
  const name = yield* reader.while(isName);
  if ((yield* reader.peek()) !== 123) return yield* wrong(reader);
  reader.take(1);
  const writer = new ArgumentsWriter(reader, name);
  for (;;) {
    yield* reader.space();
    const code = yield* reader.peek();
    if (code === 125) break;
    const key = yield* reader.while(isName);
    if (key === "" || (yield* reader.peek()) !== 58) return yield* wrong(reader);
    reader.take(1);
    const json = yield* memberValue(reader);
    if (json === undefined) return "truncated";
    writer.member(key, json);
    if (!writer.usable) return "missing-name";
    yield* reader.space();
    if ((yield* reader.peek()) === 44) reader.take(1);
  }
  reader.take(1);
  if (!writer.end()) return "missing-name";
  yield* reader.space();
  if ((yield* reader.at(closer)) !== undefined || (yield* reader.peek()) === -1) return undefined;
  return "bad-syntax";
}

function* wrong(reader: ToolReader): Task<CallFault> {
  return (yield* reader.peek()) === -1 ? "truncated" : "bad-syntax";
}

function* memberValue(reader: ToolReader): Task<string | undefined> {
  if ((yield* reader.at(escapes)) !== undefined) {
    const { text, marker } = yield* reader.textUntil(escapes);
    if (marker === undefined) return undefined;
    return isJsonText(text) ? text.trim() : JSON.stringify(text);
  }
  const { text, marker } = yield* reader.textUntil(bareEnd);
  if (marker === undefined) return undefined;
  reader.input.untake(marker.length);
  return infer(text);
}
