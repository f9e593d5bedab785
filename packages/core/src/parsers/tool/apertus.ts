// Apertus: `<|tools_prefix|>[{"NAME": {…}}, …]<|tools_suffix|>`, the key of each object is the name.

import { JsonScanner } from "../../json/index.ts";
import type { ToolFormat } from "../format.ts";
import type { CallOutcome } from "../json-call.ts";
import { jsonListSection } from "../json-list.ts";
import { MarkerSet } from "../marker-set.ts";
import type { Task } from "../reader.ts";
import type { ToolReader } from "../tool-reader.ts";

const discard = ["<|assistant_end|>"];
const top = new MarkerSet(["<|tools_prefix|>", ...discard]);
const list = { close: new MarkerSet(["<|tools_suffix|>"]), element: namedObject };

export const apertus: ToolFormat = {
  name: "apertus",
  aliases: { vllm: ["apertus"], sglang: ["apertus2509"] },
  markers: ["<|tools_prefix|>", "<|tools_suffix|>"],
  discard,
  rules: { all: { onTruncated: "keep" }, vllm: { textTrim: true } },
  *read(reader) {
    while ((yield* reader.text(top)) !== undefined) yield* jsonListSection(reader, list);
  },
  render: (calls) => {
    const objects = calls.map((call) => `{${JSON.stringify(call.name)}: ${call.arguments}}`);
    return `<|tools_prefix|>[${objects.join(", ")}]<|tools_suffix|>`;
  },
};

/** `{"NAME": {…}}`. Brackets missing at the end of the output are supplied when the innermost value is complete. */
function* namedObject(reader: ToolReader): Task<CallOutcome> {
  reader.take(1);
  yield* reader.space();
  const code = yield* reader.peek();
  const name = yield* reader.jsonString();
  if (name === undefined) return code === -1 || (yield* reader.peek()) === -1 ? "end" : "bad";
  yield* reader.space();
  const colon = yield* reader.peek();
  if (colon !== 58) return colon === -1 ? "end" : "bad";
  reader.take(1);
  yield* reader.space();
  const start = yield* reader.peek();
  if (start === -1) return "end";
  if (start !== 123 || !reader.commit(name)) return "not-call";
  const scanner = new JsonScanner(reader.options.limits.depth);
  const outcome = yield* reader.jsonArguments(scanner);
  if (outcome === "end" && scanner.closable) {
    reader.args(scanner.closers());
    reader.emit.diagnostic("closed-brackets", scanner.closers());
    return "ok";
  }
  if (outcome !== "ok") return outcome;
  yield* reader.space();
  const end = yield* reader.peek();
  if (end === 125) reader.take(1);
  return end === 125 || end === -1 ? "ok" : "bad";
}
