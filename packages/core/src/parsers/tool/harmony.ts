// Harmony (gpt-oss) in text: messages with a header of channel, recipient and content type. Commentary to a function
// is a call, analysis is reasoning, everything else is text.

import type { ToolFormat } from "../format.ts";
import { harmonyHeader, startsWithRecipient, harmonyTokens as tokens } from "../harmony-header.ts";
import { MarkerSet } from "../marker-set.ts";
import { nativeArguments } from "../native-arguments.ts";
import type { Task } from "../reader.ts";
import type { ToolReader } from "../tool-reader.ts";

const discard = [tokens.end, tokens.returned, tokens.call];
const top = new MarkerSet([tokens.start, tokens.channel, tokens.message, ...discard]);
const headerEnd = new MarkerSet([tokens.message, tokens.end, tokens.call, tokens.returned]);
const messageEnd = new MarkerSet([tokens.end, tokens.call, tokens.returned, tokens.start]);
const none = new MarkerSet([]);

export const harmony: ToolFormat = {
  name: "harmony",
  aliases: { vllm: ["openai"], sglang: ["gpt-oss"] },
  markers: Object.values(tokens),
  discard,
  rules: { all: { onInvalid: "drop" } },
  *read(reader) {
    yield* firstHeader(reader);
    for (;;) {
      const marker = yield* reader.text(top);
      if (marker === undefined) return;
      if (marker === tokens.message) reader.drop();
      else yield* message(reader, marker);
    }
  },
  render: (calls) =>
    calls
      .map(
        (item) =>
          `${tokens.start}assistant${tokens.channel}commentary to=functions.${item.name} ` +
          `${tokens.constrain}json${tokens.message}${item.arguments}${tokens.call}`,
      )
      .join(""),
};

/** The prompt may have opened the message: its header then starts with the recipient. */
function* firstHeader(reader: ToolReader): Task {
  if (yield* startsWithRecipient(reader)) yield* message(reader, reader.input.captured);
  else reader.flush();
}

function* message(reader: ToolReader, first: string): Task {
  const header = yield* reader.textUntil(headerEnd);
  if (header.marker !== tokens.message) {
    reader.flush();
    return;
  }
  const { channel, recipient } = harmonyHeader(first + header.text);
  if (recipient?.startsWith("functions.")) {
    yield* call(reader, recipient.slice("functions.".length));
  } else if (channel === "analysis") {
    reader.drop();
    const marker = yield* reader.until(messageEnd, (text) => {
      reader.input.release();
      reader.emit.reasoning(text);
    });
    if (marker === tokens.start) reader.input.untake(marker.length);
    reader.drop();
  } else {
    reader.drop();
  }
}

function* call(reader: ToolReader, name: string): Task {
  reader.openCall();
  if (!reader.commit(name)) {
    reader.fail("missing-name");
    return;
  }
  yield* reader.space();
  const { fault, marker } = yield* nativeArguments(reader, messageEnd, none);
  if (marker === tokens.start) reader.input.untake(marker.length);
  if (fault === undefined) reader.complete();
  else reader.fail(fault);
}
