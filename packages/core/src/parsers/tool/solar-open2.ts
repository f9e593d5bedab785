// Solar Open 2: `<|tool_call:start|>NAME`, then `<|tool_arg:start|>K<|tool_arg:value|>V<|tool_arg:end|>` per argument.

import { ArgumentsWriter } from "../arguments-writer.ts";
import type { ToolFormat } from "../format.ts";
import { MarkerSet } from "../marker-set.ts";
import type { CallFault } from "../output-event.ts";
import type { Task } from "../reader.ts";
import { argumentEntries, rawValue } from "../render.ts";
import type { ToolReader } from "../tool-reader.ts";

const open = "<|tool_call:start|>";
const close = "<|tool_call:end|>";
const argStart = "<|tool_arg:start|>";
const argValue = "<|tool_arg:value|>";
const argEnd = "<|tool_arg:end|>";
const discard = ["<|im_end|>"];
const top = new MarkerSet([open, ...discard]);
const inside = new MarkerSet([argStart, close, open]);
const keyEnd = new MarkerSet([argValue, close]);
const valueEnd = new MarkerSet([argEnd, argStart, close, open]);

export const solarOpen2: ToolFormat = {
  name: "solar_open2",
  aliases: { vllm: ["solar_open2"] },
  markers: [open, close, argStart, argValue, argEnd],
  discard,
  *read(reader) {
    while ((yield* reader.text(top)) !== undefined) {
      reader.openCall();
      const fault = yield* call(reader);
      if (fault === undefined) reader.complete();
      else reader.fail(fault);
    }
  },
  render: (calls) =>
    calls
      .map((item) => {
        const args = argumentEntries(item.arguments).map(
          ([key, json]) => `${argStart}${key}${argValue}${rawValue(json)}${argEnd}\n`,
        );
        return `${open}${item.name}\n${args.join("")}${close}`;
      })
      .join("\n"),
};

function* call(reader: ToolReader): Task<CallFault | undefined> {
  const header = yield* reader.textUntil(inside);
  const writer = new ArgumentsWriter(reader, header.text);
  let marker = header.marker;
  while (marker === argStart) {
    const key = yield* reader.textUntil(keyEnd);
    if (key.marker !== argValue) return key.marker === undefined ? "truncated" : "bad-syntax";
    const name = key.text.trim();
    const known = writer.has(name);
    // The first value of a repeated key counts.
    const end = known
      ? yield* reader.until(valueEnd)
      : yield* writer.value(name, valueEnd, { space: "keep" });
    if (!writer.usable) return "missing-name";
    marker = end === argEnd ? yield* reader.until(inside) : end;
  }
  if (marker === undefined) return "truncated";
  if (marker === open) reader.input.untake(open.length);
  return writer.end() ? undefined : "missing-name";
}
