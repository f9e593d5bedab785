// The events of a streamed answer: server-sent events, lines of JSON, or one JSON body from servers that cannot stream.

import type { IncomingMessage } from "node:http";
import { createParser } from "eventsource-parser";
import { EngineError } from "../engine.ts";

/** A parsed event, or the end marker that OpenAI-style streams send. */
export type StreamedEvent = { readonly done: true } | { readonly done: false; readonly value: unknown };

const eventLimit = 8 << 20;

/** Events in order, pulled: nothing is read while nobody asks. */
export async function* readEvents(
  engine: string,
  response: IncomingMessage,
): AsyncGenerator<StreamedEvent, void> {
  const type = response.headers["content-type"] ?? "";
  const splitter = type.includes("event-stream")
    ? sseSplitter(engine)
    : type.includes("ndjson")
      ? lineSplitter()
      : bodySplitter();
  const decoder = new TextDecoder();
  let pending = 0;
  for await (const chunk of response) {
    const texts = splitter.push(decoder.decode(chunk as Buffer, { stream: true }));
    pending = texts.length > 0 ? 0 : pending + (chunk as Buffer).length;
    if (pending > eventLimit)
      throw new EngineError("internal", `${engine}: one event exceeds ${eventLimit} bytes.`);
    for (const text of texts) yield parse(engine, text);
  }
  for (const text of splitter.end(decoder.decode())) yield parse(engine, text);
}

interface Splitter {
  push(text: string): string[];
  end(text: string): string[];
}

function parse(engine: string, text: string): StreamedEvent {
  if (text === "[DONE]") return { done: true };
  try {
    return { done: false, value: JSON.parse(text) as unknown };
  } catch (error) {
    throw new EngineError("internal", `${engine}: an event is not JSON: ${text.slice(0, 120)}`, {
      cause: error,
    });
  }
}

function sseSplitter(engine: string): Splitter {
  let events: string[] = [];
  const parser = createParser({
    onEvent: ({ data }) => events.push(data),
    onError: (error) => {
      // Unknown fields are allowed to be ignored; the parser reports them all the same.
      if (error.type !== "unknown-field") throw new EngineError("internal", `${engine}: ${error.message}`);
    },
  });
  const take = (text: string): string[] => {
    events = [];
    if (text !== "") parser.feed(text);
    return events;
  };
  return { push: take, end: (text) => take(`${text}\n\n`) };
}

function lineSplitter(): Splitter {
  let partial = "";
  return {
    push(text) {
      const lines = (partial + text).split("\n");
      partial = lines.pop() ?? "";
      return lines.filter((line) => line.trim() !== "");
    },
    end(text) {
      const rest = partial + text;
      partial = "";
      return rest.trim() === "" ? [] : [rest];
    },
  };
}

function bodySplitter(): Splitter {
  const parts: string[] = [];
  return {
    push(text) {
      parts.push(text);
      return [];
    },
    end: (text) => [parts.join("") + text],
  };
}
