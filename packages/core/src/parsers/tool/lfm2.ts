// LFM2: a Python list between `<|tool_call_start|>` and `<|tool_call_end|>`. Some models then echo the list.

import type { ToolFormat } from "../format.ts";
import { MarkerSet } from "../marker-set.ts";
import { lenientCalls, pythonList } from "../python-calls.ts";
import type { Task } from "../reader.ts";
import { pythonCallText } from "../render.ts";
import type { ToolReader } from "../tool-reader.ts";

const open = "<|tool_call_start|>";
const close = "<|tool_call_end|>";
const discard = ["<|im_end|>"];
const top = new MarkerSet([open, ...discard]);
const closer = new MarkerSet([close]);

export const lfm2: ToolFormat = {
  name: "lfm2",
  aliases: { vllm: ["lfm2"], sglang: ["lfm2"] },
  markers: [open, close],
  discard,
  rules: { vllm: { afterText: "keep", textTrim: true, wholeTextOnAnyInvalid: true } },
  *read(reader) {
    while ((yield* reader.text(top)) !== undefined) yield* section(reader);
  },
  render: (calls) => `${open}[${calls.map(pythonCallText).join(", ")}]${close}`,
};

function* section(reader: ToolReader): Task {
  reader.openSection();
  yield* reader.space();
  const list = (yield* reader.peek()) === 91;
  const outcome = list ? yield* pythonList(reader, lenientCalls) : "bad";
  yield* reader.space();
  let closed = (yield* reader.at(closer)) !== undefined;
  if (!closed && outcome !== "end" && reader.sectionCalls > 0) {
    closed = (yield* reader.until(closer)) !== undefined;
  }
  const called = reader.sectionCalls > 0;
  reader.closeSection(closed);
  if (closed && called) yield* echo(reader);
}

/** `[f(…)]<|tool_call_end|>` once more: not text. */
function* echo(reader: ToolReader): Task {
  const space = yield* reader.space();
  reader.input.release();
  reader.emit.text(space);
  if ((yield* reader.peek()) !== 91) return;
  reader.openCall(reader.options.limits.bareCandidate);
  const marker = yield* reader.until(closer);
  if (marker === undefined) {
    reader.fail("truncated");
    return;
  }
  reader.input.unclamp();
  reader.drop("noise");
}
