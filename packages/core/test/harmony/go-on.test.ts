// The short way for tokens that only go on with the content of the open message.

import { StreamableParser } from "@tokenwire/core/harmony";
import { describe, expect, it } from "vitest";
import { encoding, tokens } from "./support.ts";

const encode = (text: string): number[] => [...tokens(text)];
const header = encode("<|channel|>final<|message|>");
const [word] = encode(" word") as [number];
const splitCharacter = encode("𒀀");

function parser(undoWindow = 0): StreamableParser {
  return new StreamableParser(encoding, { role: "assistant", mode: "recover", undoWindow });
}

const textOf = (events: readonly { readonly type: string }[]): string =>
  events.map((event) => ("text" in event ? event.text : "")).join("");

describe("goOn", () => {
  it("reads a token of the open message, and leaves the parser as push does", () => {
    const short = parser();
    const long = parser();
    for (const each of [short, long]) each.push(header);
    expect(short.goOn(word)).toBe(" word");
    long.push([word]);
    for (const each of [short, long]) each.push(encode("<|return|>"));
    expect(short.messages[0]!.text).toBe(" word");
    expect(short.messages).toEqual(long.messages);
    expect(short.tokens).toEqual(long.tokens);
  });

  it("reads nothing before a message, of its end, or of an unknown id", () => {
    const fresh = parser();
    expect(fresh.goOn(word)).toBeUndefined();
    fresh.push(header);
    for (const id of [...encode("<|end|>"), 300_000, -1, 1.5]) expect(fresh.goOn(id)).toBeUndefined();
    expect(fresh.tokens).toEqual(Uint32Array.from(header));
  });

  it("reads nothing inside a character: what follows tells what became of it", () => {
    const cut = parser();
    cut.push([...header, splitCharacter[0]!]);
    expect(cut.goOn(word)).toBeUndefined();
    expect(textOf(cut.push([word]))).toBe("\ufffd word");
    expect(cut.goOn(word)).toBe(" word");
  });

  it("reads nothing where tokens can be taken back", () => {
    const undoable = parser(64);
    undoable.push(header);
    expect(undoable.goOn(word)).toBeUndefined();
  });
});
