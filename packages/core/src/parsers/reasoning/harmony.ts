// Harmony (gpt-oss): the analysis channel is reasoning, the final channel content; messages to tools go on verbatim.

import { harmonyHeader, startsWithRecipient, harmonyTokens as tokens } from "../harmony-header.ts";
import { MarkerSet } from "../marker-set.ts";
import type { Task } from "../reader.ts";
import type { ReasoningFormat } from "../reasoning-format.ts";
import type { ReasoningReader } from "../reasoning-reader.ts";

const discard = [tokens.end, tokens.returned, tokens.call];
const top = new MarkerSet([tokens.start, tokens.channel, tokens.message, ...discard]);
const headerEnd = new MarkerSet([tokens.message, ...discard]);
const messageEnd = new MarkerSet([...discard, tokens.start]);

export const harmonyReasoning: ReasoningFormat = {
  name: "harmony",
  aliases: { vllm: ["openai_gptoss"], sglang: ["gpt-oss"] },
  start: "content",
  markers: Object.values(tokens),
  open: [`${tokens.channel}analysis${tokens.message}`],
  close: [tokens.end],
  *read(reader) {
    if (yield* startsWithRecipient(reader)) yield* message(reader);
    else reader.pass();
    for (;;) {
      const marker = yield* reader.restUntil(top);
      if (marker === undefined) return;
      if (marker === tokens.start || marker === tokens.channel) yield* message(reader);
      else reader.marker();
    }
  },
};

function* message(reader: ReasoningReader): Task {
  const end = yield* reader.until(headerEnd);
  const { channel, recipient } = harmonyHeader(reader.input.captured);
  if (end !== tokens.message) {
    reader.pass();
  } else if (recipient !== undefined) {
    reader.pass();
    const marker = yield* reader.until(messageEnd, () => reader.pass());
    if (marker === tokens.start) reader.input.untake(marker.length);
    reader.pass();
  } else if (channel === "analysis") {
    reader.open();
    const marker = yield* reader.thinkUntil(messageEnd, [tokens.start]);
    if (marker !== tokens.start) reader.marker();
    reader.close();
  } else {
    reader.marker();
  }
}
