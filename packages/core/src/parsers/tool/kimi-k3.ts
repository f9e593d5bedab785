// Kimi K3 (XTML): `<|open|>`, `<|close|>` and `<|sep|>` make the tags; a message consists of sibling channels.

import { isJsonText } from "../../json/index.ts";
import { ArgumentsWriter } from "../arguments-writer.ts";
import type { ToolFormat } from "../format.ts";
import { ordinalCallId } from "../identity.ts";
import { MarkerSet } from "../marker-set.ts";
import type { CallFault } from "../output-event.ts";
import type { Task } from "../reader.ts";
import { argumentEntries, rawValue } from "../render.ts";
import type { ToolReader } from "../tool-reader.ts";
import { xtmlAttributes } from "../xtml.ts";

const open = "<|open|>";
const close = "<|close|>";
const sep = "<|sep|>";
const discard = ["<|im_end|>", "<|end_of_msg|>"];
const top = new MarkerSet([open, close, ...discard]);
const tags = new MarkerSet([open, close]);
const closeTag = new MarkerSet([close]);
const seps = new MarkerSet([sep, open, close]);
const unwrapped = new Set(["response", "message"]);

export const kimiK3: ToolFormat = {
  name: "kimi_k3",
  aliases: { smg: ["kimi_k3"], vllm: ["kimi_k3"], sglang: ["kimi_k3"] },
  markers: [open, close, sep],
  discard,
  rules: { smg: { afterText: "keep", wholeTextWithoutCalls: false } },
  id: ordinalCallId,
  *read(reader) {
    for (;;) {
      const marker = yield* reader.text(top);
      if (marker === undefined) return;
      const tag = yield* tagText(reader);
      if (tag === undefined) continue;
      const name = tag.trim();
      if (marker === open && name === "tools") yield* tools(reader);
      else if (unwrapped.has(name)) reader.drop();
    }
  },
  render: (calls) => {
    const texts = calls.map((call, index) => {
      const args = argumentEntries(call.arguments).map(([key, json]) => {
        const type = json.startsWith('"') ? "string" : typeName(json);
        const head = `argument key="${attributeText(key)}" type="${type}"`;
        return `${open}${head}${sep}${rawValue(json)}${close}argument${sep}`;
      });
      const head = `call tool="${attributeText(call.name)}" index="${index + 1}"`;
      return `${open}${head}${sep}${args.join("")}${close}call${sep}`;
    });
    return `${open}tools${sep}${texts.join("")}${close}tools${sep}`;
  },
};

const attributeText = (text: string) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");

function typeName(json: string): string {
  if (json.startsWith("{")) return "object";
  if (json.startsWith("[")) return "array";
  if (json === "null") return "null";
  return json === "true" || json === "false" ? "boolean" : "number";
}

/** The text of a tag up to `<|sep|>`; undefined: unfinished, or another tag begins (not consumed). */
function* tagText(reader: ToolReader): Task<string | undefined> {
  const { text, marker } = yield* reader.textUntil(seps);
  if (marker === sep) return text;
  if (marker !== undefined) reader.input.untake(marker.length);
  return undefined;
}

function* tools(reader: ToolReader): Task {
  reader.openSection();
  for (;;) {
    const marker = yield* reader.noiseUntil(tags);
    if (marker === undefined) break;
    const tag = yield* tagText(reader);
    if (tag === undefined) continue;
    const word = tag.trim();
    if (marker === close && word === "tools") {
      reader.closeSection(true);
      return;
    }
    if (marker === open && /^call(?:\s|$)/.test(word)) yield* call(reader, word.slice(4));
    else reader.sectionNoise(true);
  }
  reader.closeSection(false);
}

function* call(reader: ToolReader, header: string): Task {
  reader.openCall();
  const name = xtmlAttributes(header).get("tool") ?? "";
  const fault = yield* body(reader, new ArgumentsWriter(reader, name));
  if (fault === undefined) reader.complete();
  else if (fault === "missing-name") reader.discardCall(fault);
  else reader.fail(fault);
}

function* body(reader: ToolReader, writer: ArgumentsWriter): Task<CallFault | undefined> {
  for (;;) {
    const marker = yield* reader.until(tags);
    if (marker === undefined) return "truncated";
    const tag = yield* tagText(reader);
    if (tag === undefined) continue;
    const word = tag.trim();
    if (marker === close && word === "call") return writer.end() ? undefined : "missing-name";
    if (marker === open && /^argument(?:\s|$)/.test(word)) {
      const fault = yield* argument(reader, writer, word.slice(8));
      if (fault !== undefined) return fault;
    }
  }
}

function* argument(reader: ToolReader, writer: ArgumentsWriter, header: string): Task<CallFault | undefined> {
  const attributes = xtmlAttributes(header);
  const key = attributes.get("key") ?? "";
  const type = attributes.get("type") ?? "string";
  const marker =
    type === "string"
      ? yield* writer.value(key, closeTag, { space: "keep", type: "string" })
      : yield* writer.value(key, closeTag, { space: "keep", type: "json", convert: jsonOrString });
  if (marker === undefined) return "truncated";
  yield* tagText(reader);
  return undefined;
}

function jsonOrString(raw: string): string {
  const text = raw.trim();
  return isJsonText(text) ? text : JSON.stringify(raw);
}
