// Inkling: thinking frames are reasoning, text frames are content, tool frames go on to the tool stage.

import { inkling as tokens } from "../inkling-tokens.ts";
import { MarkerSet } from "../marker-set.ts";
import type { Task } from "../reader.ts";
import type { ReasoningFormat } from "../reasoning-format.ts";
import type { ReasoningReader } from "../reasoning-reader.ts";

const model = "<|message_model|>";
const thinking = "<|content_thinking|>";
const toolJson = "<|content_invoke_tool_json|>";
const toolText = "<|content_invoke_tool_text|>";
const content = new MarkerSet(tokens.control);
const frameEnd = new MarkerSet([tokens.end, model]);
const headerEnd = new MarkerSet(tokens.contents);

export const inklingReasoning: ReasoningFormat = {
  name: "inkling",
  aliases: { smg: ["inkling"], vllm: ["inkling"], sglang: ["inkling"] },
  start: "content",
  markers: tokens.control,
  open: [thinking],
  close: [tokens.end],
  *read(reader) {
    if (reader.settings.startsInReasoning) yield* think(reader);
    for (;;) {
      const marker = yield* reader.restUntil(content);
      if (marker === undefined) return;
      yield* frame(reader, marker);
    }
  },
};

function* frame(reader: ReasoningReader, marker: string): Task {
  if (marker === thinking) {
    yield* think(reader);
  } else if (marker === toolJson) {
    yield* toolFrame(reader);
  } else if (marker === model || marker === toolText) {
    const end = yield* reader.until(marker === model ? headerEnd : frameEnd);
    if (end !== undefined && end !== tokens.end) reader.input.untake(end.length);
    reader.emit.skip(reader.input.release(), "noise");
  } else {
    reader.marker();
  }
}

function* think(reader: ReasoningReader): Task {
  reader.open();
  if ((yield* reader.thinkUntil(frameEnd, [model])) === tokens.end) reader.marker();
  reader.close();
}

/** Verbatim, its end marker included; inside a JSON string that marker is not one. */
function* toolFrame(reader: ReasoningReader): Task {
  reader.pass();
  yield* reader.space();
  reader.pass();
  if ((yield* reader.peek()) === 123) yield* reader.json(() => reader.pass());
  const end = yield* reader.until(frameEnd, () => reader.pass());
  if (end === model) reader.input.untake(model.length);
  reader.pass();
}
