// OLMo 3: `<function_calls>` around Python calls, one per line.

import type { ToolFormat } from "../format.ts";
import { MarkerSet } from "../marker-set.ts";
import { lenientCalls, pythonCallUnit } from "../python-calls.ts";
import type { Task } from "../reader.ts";
import { pythonCallText } from "../render.ts";
import type { ToolReader } from "../tool-reader.ts";

const open = "<function_calls>";
const close = "</function_calls>";
const discard = ["<|im_end|>", "<|endoftext|>"];
const top = new MarkerSet([open, ...discard]);
const closer = new MarkerSet([close]);

export const olmo3: ToolFormat = {
  name: "olmo3",
  aliases: { vllm: ["olmo3"] },
  markers: [open, close],
  discard,
  rules: { vllm: { dropTextWithCalls: true, wholeTextOnAnyInvalid: true } },
  *read(reader) {
    while ((yield* reader.text(top)) !== undefined) yield* section(reader);
  },
  render: (calls) => `${open}${calls.map(pythonCallText).join("\n")}${close}`,
};

function* section(reader: ToolReader): Task {
  reader.openSection();
  for (;;) {
    yield* reader.space();
    if ((yield* reader.at(closer)) !== undefined) {
      reader.closeSection(true);
      return;
    }
    if ((yield* reader.peek()) === -1) break;
    reader.sectionNoise();
    const outcome = yield* pythonCallUnit(reader, lenientCalls);
    if (outcome === "bad") {
      yield* reader.until(closer);
      break;
    }
  }
  reader.closeSection(false);
}
