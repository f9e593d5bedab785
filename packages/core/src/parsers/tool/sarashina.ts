// Sarashina: a Python literal, `[{'name': NAME, 'arguments': {…}}]`, after `<|tool_calls|>` or at the very start.

import type { ToolFormat } from "../format.ts";
import type { CallOutcome } from "../json-call.ts";
import { jsonListSection } from "../json-list.ts";
import { MarkerSet } from "../marker-set.ts";
import { comma, pythonString, pythonValue, strictPython } from "../python-value.ts";
import type { Task } from "../reader.ts";
import { pythonLiteral } from "../render.ts";
import type { ToolReader } from "../tool-reader.ts";

const marker = "<|tool_calls|>";
const discard = ["</s>"];
const top = new MarkerSet([marker, ...discard]);
const list = { close: new MarkerSet([]), element: dictCall, single: true };

export const sarashina: ToolFormat = {
  name: "sarashina",
  aliases: { smg: ["sarashina"] },
  markers: [marker],
  discard,
  rules: {
    smg: { wholeTextWithoutCalls: false, wholeTextOnIncomplete: false, textTrim: true, afterText: "keep" },
  },
  *read(reader) {
    const space = yield* reader.space();
    const code = yield* reader.peek();
    if (code === 91 || code === 123) {
      reader.input.release();
      reader.emit.text(space);
      reader.candidate = true;
      yield* jsonListSection(reader, list);
    }
    while ((yield* reader.text(top)) !== undefined) {
      // The marker is never text, even where no calls follow.
      reader.drop();
      yield* jsonListSection(reader, list);
    }
  },
  render: (calls) => {
    const dicts = calls.map(
      (call) =>
        `{'name': ${pythonLiteral(JSON.stringify(call.name))}, 'arguments': ${pythonLiteral(call.arguments)}}`,
    );
    return `${marker}[${dicts.join(", ")}]`;
  },
};

/** What was seen of a call so far. */
interface Progress {
  name: string | undefined;
  /** Arguments that came before the name. */
  early: string | undefined;
}

/** A dict with `name` and `arguments`. */
function* dictCall(reader: ToolReader): Task<CallOutcome> {
  const call: Progress = { name: undefined, early: undefined };
  reader.take(1);
  for (;;) {
    yield* reader.space();
    if ((yield* reader.peek()) === 125) break;
    const outcome = yield* member(reader, call);
    if (outcome !== "ok") return outcome;
    const more = yield* comma(reader, 125);
    if (more === "bad" || more === "end") return more;
    if (more === "close") break;
  }
  reader.take(1);
  if (reader.committed) return "ok";
  if (call.name === undefined || !reader.commit(call.name)) return "not-call";
  reader.args(call.early ?? "{}");
  return "ok";
}

function* member(reader: ToolReader, call: Progress): Task<CallOutcome> {
  const key = yield* string(reader);
  if (key === undefined) return (yield* reader.peek()) === -1 ? "end" : "bad";
  yield* reader.space();
  const colon = yield* reader.peek();
  if (colon !== 58) return colon === -1 ? "end" : "bad";
  reader.take(1);
  yield* reader.space();
  const live = key === "arguments" && call.name !== undefined && !reader.committed;
  if (live && !reader.commit(call.name ?? "")) return "not-call";
  let json = "";
  const sink = (text: string) => {
    if (live) reader.args(text);
    else json += text;
  };
  const outcome = yield* pythonValue(reader, sink, strictPython);
  if (outcome === "ok" && key === "name" && json.startsWith('"')) call.name = JSON.parse(json) as string;
  if (outcome === "ok" && key === "arguments" && !live) call.early = json;
  return outcome;
}

function* string(reader: ToolReader): Task<string | undefined> {
  const quote = yield* reader.peek();
  if (quote !== 34 && quote !== 39) return undefined;
  let json = "";
  const outcome = yield* pythonString(reader, (text) => {
    json += text;
  });
  return outcome === "ok" ? (JSON.parse(json) as string) : undefined;
}
