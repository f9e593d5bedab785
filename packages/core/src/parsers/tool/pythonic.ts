// Python lists of calls: anywhere in the text (pythonic), or between Llama 4's markers.

import type { ToolFormat } from "../format.ts";
import { MarkerSet } from "../marker-set.ts";
import { lenientCalls, type PythonCallDialect, pythonDialect, pythonList } from "../python-calls.ts";
import type { Task } from "../reader.ts";
import { pythonCallText } from "../render.ts";
import type { RuleChanges } from "../rules.ts";
import type { ToolReader } from "../tool-reader.ts";

const wrappers = ["<|python_start|>", "<|python_end|>"];
const discard = [...wrappers, "<|eot|>", "<|eom|>", "<|eot_id|>"];
const top = new MarkerSet(["[", ...discard]);
const nothing = new MarkerSet([]);
const start = new MarkerSet(["<|python_start|>"]);
const end = new MarkerSet(["<|python_end|>", "<|eot|>", "<|eom|>"]);

const rules: RuleChanges = {
  smg: { afterText: "keep" },
  vllm: { wholeTextOnAnyInvalid: true, dropTextWithCalls: true, afterText: "keep" },
};

export const pythonic: ToolFormat = {
  name: "pythonic",
  aliases: { smg: ["pythonic"], vllm: ["pythonic"], sglang: ["pythonic"] },
  markers: wrappers,
  discard,
  rules,
  read: (reader) => anywhere(reader, false),
  render: (calls) => `[${calls.map(pythonCallText).join(", ")}]`,
};

export const llama4Pythonic: ToolFormat = {
  name: "llama4_pythonic",
  aliases: { vllm: ["llama4_pythonic"] },
  markers: wrappers,
  discard,
  rules,
  read: (reader) => anywhere(reader, true),
  render: (calls) => `<|python_start|>[${calls.map(pythonCallText).join(", ")}]<|python_end|>`,
};

function* anywhere(reader: ToolReader, wrapped: boolean): Task {
  if (reader.rules.dialect === "vllm") {
    yield* wholeOutput(reader, wrapped);
    return;
  }
  const dialect = reader.rules.dialect === "tokenwire" ? lenientCalls : pythonDialect(reader);
  while ((yield* reader.text(top)) !== undefined) {
    reader.input.untake(1);
    yield* candidate(reader, dialect);
  }
}

function* candidate(reader: ToolReader, dialect: PythonCallDialect): Task<boolean> {
  reader.openSection();
  reader.candidate = true;
  const outcome = yield* pythonList(reader, dialect);
  reader.closeSection(false);
  return outcome === "ok";
}

/** vLLM reads calls only where the whole output is the list. */
function* wholeOutput(reader: ToolReader, wrapped: boolean): Task {
  yield* reader.space();
  if (wrapped && (yield* reader.at(start)) !== undefined) yield* reader.space();
  if ((yield* reader.peek()) === 91) {
    reader.drop();
    if (!(yield* candidate(reader, pythonDialect(reader)))) reader.emit.diagnostic("bad-syntax", "");
    yield* reader.space();
    yield* reader.at(end);
    yield* reader.space();
    reader.drop();
    if ((yield* reader.peek()) !== -1) reader.emit.diagnostic("trailing-text", "");
  }
  yield* reader.text(nothing);
}
