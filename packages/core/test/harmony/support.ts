// What the harmony tests share: the encoding, seeded random streams, and short ways to look at results.

import {
  type HarmonyEvent,
  loadHarmonyEncoding,
  type Message,
  type ParsedMessage,
  type Role,
} from "@tokenwire/core/harmony";
import { getEncoding } from "@tokenwire/encodings";

export const encoding = loadHarmonyEncoding(getEncoding("o200k_harmony"));

/** How often a random test repeats: fewer by default, as many as TOKENWIRE_FUZZ says otherwise. */
export function iterations(byDefault: number): number {
  return Number(process.env["TOKENWIRE_FUZZ"] ?? byDefault);
}

/** Ids of text in which markers stand as text. */
export function tokens(text: string): Uint32Array {
  return encoding.encode(text, { allowedSpecial: "all" });
}

/** A reproducible source of numbers (mulberry32). */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

const words = [
  "<|start|>",
  "<|channel|>",
  "<|message|>",
  "<|end|>",
  "<|call|>",
  "<|return|>",
  "<|constrain|>",
  "assistant",
  "user",
  "tool",
  "system",
  "analysis",
  "commentary",
  "final",
  " to=functions.f",
  " to=assistant",
  "to=x",
  " ",
  "functions.f",
  " json",
  "json",
  " code",
  "\n",
  "hello world",
  "{}",
  "think",
  ":bob",
  "ok 😊",
  "日本",
  "é",
  "to=",
  "<|endoftext|>",
  "<|startoftext|>",
  "<|reserved_200014|>",
  '{"a": 1}',
  "I must refuse",
  "<",
  "|>",
  "\u0000",
  "x",
  "assistantassistant",
  "assistantfinal",
  "bash",
  "write: edit file",
  "\u00a0",
  " 364 ",
].map((text) => Array.from(tokens(text)));

const shapes = [
  "<|channel|>analysis<|message|>think<|end|>",
  "<|start|>assistant<|channel|>final<|message|>hi<|return|>",
  "<|start|>assistant to=functions.f<|channel|>commentary <|constrain|>json<|message|>{}<|call|>",
  "<|start|>functions.f to=assistant<|channel|>commentary<|message|>ok 😊<|end|>",
  "<|start|>assistant<|channel|>commentary to=functions.f json<|message|>{}<|call|>",
  "<|start|>assistant<|channel|>analysis to=python code<|message|>print(1)<|call|>",
  "<|start|>user:bob<|message|>hi<|end|>",
  "<|start|>functions.f<|message|>hi<|end|>",
  "<|start|>assistant<|channel|>final <|constrain|>json<|message|>{}<|return|>",
].map((text) => Array.from(tokens(text)));

const oddIds = [9552, 9552, 201_089, 4_294_967_295, 31_446, 244, 132_990, 220, 200_000];

/** A stream of well-formed messages that is often damaged. */
export function randomStream(random: Random): number[] {
  const ids: number[] = [];
  for (let left = 1 + random.below(8); left > 0; left--) {
    const kind = random.next();
    if (kind < 0.55) ids.push(...random.pick(shapes));
    else if (kind < 0.95) ids.push(...random.pick(words));
    else ids.push(random.pick(oddIds));
  }
  for (let left = random.below(4); left > 0; left--) {
    const at = random.below(ids.length + 1);
    const kind = random.next();
    if (kind < 0.4) ids.splice(at, 1);
    else if (kind < 0.9) ids.splice(at, 0, ...random.pick(words));
    else ids.splice(at, 0, random.pick(oddIds));
  }
  return ids;
}

/** A stream that is well formed, or nearly so. */
export function shapedStream(random: Random): number[] {
  const ids: number[] = [];
  for (let left = 1 + random.below(4); left > 0; left--) ids.push(...random.pick(shapes));
  if (random.next() < 0.6) ids.splice(random.below(ids.length + 1), 0, ...random.pick(words));
  return ids;
}

export function randomRole(random: Random): Role | undefined {
  return random.pick([undefined, "assistant", "assistant", "assistant", "user", "tool"] as const);
}

/** Events with neighbouring deltas of one message joined, which is all that cutting a stream may change. */
export function joined(events: readonly HarmonyEvent[]): unknown[] {
  const result: unknown[] = [];
  let open: { type: "delta"; index: number; text: string } | undefined;
  for (const event of events) {
    if (event.type === "delta" && open?.index === event.index) open.text += event.text;
    else if (event.type === "delta") {
      open = { type: "delta", index: event.index, text: event.text };
      result.push(open);
    } else {
      open = undefined;
      result.push(event.type === "message_end" ? { ...event, message: details(event.message) } : event);
    }
  }
  return result;
}

/** Everything a parsed message says, without the log it shares with others. */
export function details(message: ParsedMessage): object {
  const { text, sampledTokens, canonicalChannel } = message;
  return { ...message, text, sampledTokens: Array.from(sampledTokens), canonicalChannel };
}

/** A message in one line: `role:name/channel→recipient {type} "text" (terminator)`. */
export function line(message: Message): string {
  const { role, name, channel, recipient, contentType, text } = message;
  const parts = [
    name === undefined ? role : `${role}:${name}`,
    channel === undefined ? "" : `/${channel}`,
    recipient === undefined ? "" : `→${recipient}`,
    contentType === undefined ? "" : ` {${contentType}}`,
    ` ${JSON.stringify(text)}`,
  ];
  return parts.join("");
}
