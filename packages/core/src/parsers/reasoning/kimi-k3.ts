// Kimi K3: the `think` channel is reasoning, `response` and `message` are unwrapped, `tools` goes on to the tool stage.

import { MarkerSet } from "../marker-set.ts";
import type { Task } from "../reader.ts";
import type { ReasoningFormat } from "../reasoning-format.ts";
import type { ReasoningReader } from "../reasoning-reader.ts";

const open = "<|open|>";
const close = "<|close|>";
const sep = "<|sep|>";
const tags = new MarkerSet([open, close]);
const seps = new MarkerSet([sep, open, close]);
const toolsEnd = new MarkerSet([close]);
const isBlank = (text: string) => text.trim() === "";

interface Tag {
  readonly opens: boolean;
  readonly name: string;
}

export const kimiK3Reasoning: ReasoningFormat = {
  name: "kimi_k3",
  aliases: { smg: ["kimi_k3"], vllm: ["kimi_k3"], sglang: ["kimi_k3"] },
  start: { if: ["enable_thinking", "thinking"] },
  starts: { vllm: { unless: ["enable_thinking", "thinking"] } },
  markers: [open, close, sep],
  open: [`${open}think${sep}`],
  close: [`${close}think${sep}`],
  *read(reader) {
    if (reader.settings.startsInReasoning) yield* firstBlock(reader);
    for (;;) {
      const marker = yield* reader.restUntil(tags);
      if (marker === undefined) return;
      const tag = yield* readTag(reader, marker === open);
      yield* inContent(reader, tag);
    }
  },
};

/** The tag whose first marker is captured; undefined: it is not one, and what was read stays captured. */
function* readTag(reader: ReasoningReader, opens: boolean): Task<Tag | undefined> {
  const { text, marker } = yield* reader.textUntil(seps);
  if (marker === sep) return { opens, name: text.trim() };
  if (marker !== undefined) reader.input.untake(marker.length);
  return undefined;
}

function* inContent(reader: ReasoningReader, tag: Tag | undefined): Task {
  if (tag === undefined) {
    reader.pass();
  } else if (tag.opens && tag.name === "think") {
    reader.open();
    yield* block(reader);
  } else if (tag.opens && tag.name === "tools") {
    yield* tools(reader);
  } else if (tag.name === "response" || tag.name === "message") {
    reader.marker();
  } else {
    reader.pass();
  }
}

/** The tools channel, verbatim. */
function* tools(reader: ReasoningReader): Task {
  for (;;) {
    reader.pass();
    const marker = yield* reader.until(toolsEnd, () => reader.pass());
    if (marker === undefined) return;
    const tag = yield* readTag(reader, false);
    if (tag?.name === "tools") break;
  }
  reader.pass();
}

/** Reasoning up to the end of its channel, or the start of another. */
function* block(reader: ReasoningReader): Task {
  for (;;) {
    const marker = yield* reader.thinkUntil(tags);
    if (marker === undefined) break;
    const tag = yield* readTag(reader, marker === open);
    if (tag !== undefined && !tag.opens && tag.name === "think") {
      reader.marker();
      break;
    }
    if (tag?.opens && (tag.name === "response" || tag.name === "tools" || tag.name === "message")) {
      reader.close();
      yield* inContent(reader, tag);
      return;
    }
    reader.think(reader.input.release());
  }
  reader.close();
}

/**
 * The prompt opened the reasoning. If a sibling channel closes before anything else, the model answered at once and
 * all of it was content, so text is held until the first tag.
 */
function* firstBlock(reader: ReasoningReader): Task {
  const { input } = reader;
  let held = "";
  for (;;) {
    const found = tags.find(input.buffer, input.pos, input.ended);
    const marker = tags.hit;
    held += input.read(found - input.pos);
    if (marker !== undefined) break;
    if (!input.canWait() || held.length >= reader.settings.autoHold) {
      reader.think(held);
      yield* block(reader);
      return;
    }
    yield;
  }
  const opens = input.buffer.startsWith(open, input.pos);
  reader.take(opens ? open.length : close.length);
  const tag = yield* readTag(reader, opens);
  if (tag !== undefined && !tag.opens && (tag.name === "response" || tag.name === "message")) {
    reader.passText(held);
    reader.marker();
    return;
  }
  if (tag?.opens && tag.name === "think" && isBlank(held)) {
    reader.passText(held);
    reader.open();
    yield* block(reader);
    return;
  }
  reader.think(held);
  if (tag !== undefined && (tag.opens || tag.name === "think")) {
    if (tag.name === "think") reader.marker();
    reader.close();
    if (tag.name !== "think") yield* inContent(reader, tag);
    return;
  }
  reader.think(input.release());
  yield* block(reader);
}
