// xLAM: a JSON list of calls in one of several wrappings, or bare as the whole output.

import type { ToolFormat } from "../format.ts";
import { xlamCallId } from "../identity.ts";
import { callElement, jsonListSection } from "../json-list.ts";
import { MarkerSet } from "../marker-set.ts";
import type { Task } from "../reader.ts";
import { jsonCallText } from "../render.ts";
import type { ToolReader } from "../tool-reader.ts";

const fence = "```";
const closers: Readonly<Record<string, MarkerSet>> = {
  [`${fence}json`]: new MarkerSet([fence]),
  [fence]: new MarkerSet([fence]),
  "[TOOL_CALLS]": new MarkerSet([]),
  "<tool_call>": new MarkerSet(["</tool_call>"]),
  "</think>": new MarkerSet([]),
};
const top = new MarkerSet(Object.keys(closers));
const none = new MarkerSet([]);
const element = callElement();

export const xlam: ToolFormat = {
  name: "xlam",
  aliases: { vllm: ["xlam"] },
  markers: ["[TOOL_CALLS]", "<tool_call>", "</tool_call>"],
  id: xlamCallId,
  *read(reader) {
    yield* bareList(reader);
    for (;;) {
      const marker = yield* reader.text(top);
      if (marker === undefined) return;
      if (marker === "</think>") {
        reader.emit.text(reader.input.release());
        yield* bareList(reader);
      } else {
        yield* jsonListSection(reader, { close: closers[marker] ?? none, element });
      }
    }
  },
  render: (calls) => `[${calls.map((call) => jsonCallText(call)).join(", ")}]`,
};

function* bareList(reader: ToolReader): Task {
  const space = yield* reader.space();
  if ((yield* reader.peek()) !== 91 || (yield* reader.sees(top)) !== undefined) return;
  reader.emit.text(space);
  reader.input.release();
  reader.candidate = true;
  yield* jsonListSection(reader, { close: none, element });
}
