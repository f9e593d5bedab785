// What every parser test needs: running a parser over any cut of an output, joining events, checking their contract.

import { createOutputParser, type OutputEvent, type OutputParserOptions } from "../../src/parsers/index.ts";

/** A generator of numbers in [0, 1) that always gives the same sequence for a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Ids that depend on nothing but the call, so that runs can be compared. */
export const plainId = (index: number, name: string): string => `${index}:${name}`;

/** All events of an output fed in these pieces. */
export function feed(pieces: readonly string[], options: OutputParserOptions): OutputEvent[] {
  const parser = createOutputParser({ idFactory: plainId, ...options });
  const events: OutputEvent[] = [];
  for (const piece of pieces) events.push(...parser.push(piece));
  events.push(...parser.end());
  return events;
}

/** Events with neighbours joined: what must not depend on how the output was cut. */
export function normalise(events: readonly OutputEvent[]): OutputEvent[] {
  const joined: OutputEvent[] = [];
  for (const event of events) {
    const last = joined[joined.length - 1];
    if (last !== undefined && "text" in event && "text" in last && mergeable(last, event)) {
      joined[joined.length - 1] = { ...last, text: last.text + event.text } as OutputEvent;
    } else {
      joined.push(event);
    }
  }
  return joined;
}

function mergeable(a: OutputEvent, b: OutputEvent): boolean {
  if (a.type !== b.type || a.type === "diagnostic") return false;
  if (a.type === "tool-arguments" && b.type === "tool-arguments") return a.index === b.index;
  if (a.type === "skip" && b.type === "skip") return a.why === b.why && a.section === b.section;
  return !("promoted" in b);
}

/** The source that the events account for. */
export function accounted(events: readonly OutputEvent[]): string {
  let text = "";
  for (const event of events) {
    if (event.type === "text" || event.type === "reasoning" || event.type === "skip") text += event.text;
    else if (event.type === "tool-end") text += event.raw ?? "";
  }
  return text;
}

/** What is wrong with a list of events; undefined when nothing is. */
export function contractFault(events: readonly OutputEvent[]): string | undefined {
  let open = -1;
  let started = 0;
  let json = "";
  for (const event of events) {
    if (event.type === "tool-call") {
      if (open >= 0) return "a call inside a call";
      if (event.index !== started++) return "call out of order";
      open = event.index;
      json = "";
    } else if (event.type === "tool-arguments") {
      if (event.index !== open) return "arguments outside of their call";
      if (event.text === "") return "empty arguments event";
      json += event.text;
    } else if (event.type === "tool-end") {
      if (event.index !== open) return "end outside of its call";
      open = -1;
      if (event.status === "ok" && !isJson(json)) return `ok, but not JSON: ${json}`;
    } else if (open >= 0 && event.type !== "diagnostic") {
      return `${event.type} inside a call`;
    } else if ("text" in event && event.text === "" && event.type !== "diagnostic") {
      return `empty ${event.type} event`;
    }
  }
  return open >= 0 ? "call not ended" : undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Pieces of `size` UTF-16 units. */
export function chop(text: string, size: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += size) pieces.push(text.slice(at, at + size));
  return pieces;
}

/** Pieces of random sizes, empty ones among them. */
export function chopRandomly(text: string, random: () => number): string[] {
  const pieces: string[] = [];
  const most = 1 + Math.floor(random() * 12);
  for (let at = 0; at < text.length; ) {
    const size = Math.floor(random() * (most + 1));
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}
