// Cohere Command: thinking between its own tokens; the answer's wrappers and citations are removed as well.

import { MarkerSet } from "../marker-set.ts";
import type { Task } from "../reader.ts";
import type { ReasoningFormat } from "../reasoning-format.ts";
import type { ReasoningReader } from "../reasoning-reader.ts";
import { readBlocks } from "./blocks.ts";

const open = ["<|START_THINKING|>"];
const close = ["<|END_THINKING|>"];
const wrappers = ["<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|START_TEXT|>", "<|END_TEXT|>"];
const textStart = ["<|START_TEXT|>", "<|START_RESPONSE|>", "<|START_ACTION|>"];
const citation = ["<co>", "</co: "];
const thinking = new MarkerSet([...close, ...textStart, ...citation]);
const content = new MarkerSet([...open, ...wrappers, ...citation]);
const opener = new MarkerSet(open);
const plain = readBlocks({ open, close });

export const cohereCmd: ReasoningFormat = {
  name: "cohere_cmd",
  aliases: {
    smg: ["cohere_cmd"],
    vllm: ["cohere_command3", "cohere_command4"],
    sglang: ["cohere_command4"],
  },
  start: "content",
  starts: { sglang: "reasoning" },
  markers: [...open, ...close, ...wrappers],
  open,
  close,
  *read(reader) {
    // SMG leaves everything but the thinking as it is.
    if (reader.settings.dialect === "smg") yield* plain(reader);
    else yield* channels(reader);
  },
};

function* channels(reader: ReasoningReader): Task {
  if (reader.settings.startsInReasoning) {
    reader.open();
    yield* reader.at(opener);
    reader.marker();
    yield* think(reader);
  }
  for (;;) {
    const marker = yield* reader.restUntil(content);
    if (marker === undefined) return;
    if (open.includes(marker)) {
      reader.open();
      yield* think(reader);
    } else if (citation.includes(marker)) {
      yield* citationMark(reader, marker, () => reader.pass());
    } else {
      reader.marker();
    }
  }
}

function* think(reader: ReasoningReader): Task {
  for (;;) {
    const marker = yield* reader.thinkUntil(thinking, textStart);
    if (marker !== undefined && citation.includes(marker)) {
      yield* citationMark(reader, marker, () => reader.think(reader.input.release()));
      continue;
    }
    if (marker !== undefined && close.includes(marker)) reader.marker();
    break;
  }
  reader.close();
}

const isCitation = (code: number) => (code >= 48 && code <= 58) || code === 91 || code === 93 || code === 44;

/** `<co>` and `</co: 0:[1,2]>`; what only looks like one is kept. */
function* citationMark(reader: ReasoningReader, marker: string, keep: () => void): Task {
  let whole = marker === "<co>";
  if (!whole) {
    const body = yield* reader.while(isCitation);
    whole = body !== "" && (yield* reader.peek()) === 62;
    if (whole) reader.take(1);
  }
  if (whole && reader.settings.citations === "strip") reader.marker();
  else keep();
}
