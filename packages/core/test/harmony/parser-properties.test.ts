// Laws of the streaming parser on random streams, damaged ones included.

import { HarmonyError, type HarmonyEvent, StreamableParser } from "@tokenwire/core/harmony";
import { describe, expect, it } from "vitest";
import {
  details,
  encoding,
  iterations,
  joined,
  Random,
  randomRole,
  randomStream,
  shapedStream,
} from "./support.ts";

function parse(ids: readonly number[], options: ConstructorParameters<typeof StreamableParser>[1]) {
  const parser = new StreamableParser(encoding, options);
  const events = [...parser.push(ids), ...parser.end()];
  return { parser, events };
}

describe("recover mode", () => {
  it("gives the same events however a stream is cut", () => {
    const random = new Random(1);
    for (let round = iterations(250); round > 0; round--) {
      const ids = randomStream(random);
      const role = randomRole(random);
      const whole = parse(ids, { role });
      const parser = new StreamableParser(encoding, { role });
      const events: HarmonyEvent[] = [];
      for (let at = 0; at < ids.length; ) {
        const end = at + 1 + random.below(4);
        events.push(...parser.push(ids.slice(at, end)));
        at = end;
      }
      events.push(...parser.end());
      expect(joined(events)).toEqual(joined(whole.events));
    }
  });

  it("never throws, and gives every token to one message or one diagnostic", () => {
    const random = new Random(2);
    for (let round = iterations(800); round > 0; round--) {
      const ids = randomStream(random);
      const { parser } = parse(ids, {
        role: randomRole(random),
        strayText: random.pick(["diagnostic", "content"]),
      });
      const owners = new Uint8Array(ids.length);
      for (const { tokenStart, tokenEnd } of parser.messages) {
        for (let at = tokenStart; at < tokenEnd; at++) owners[at]! += 1;
      }
      for (const { owns, tokenStart, tokenEnd } of parser.diagnostics) {
        const inMessage = parser.messages.some(
          (message) => message.tokenStart <= tokenStart && tokenEnd <= message.tokenEnd,
        );
        for (let at = tokenStart; owns && !inMessage && at < tokenEnd; at++) owners[at]! += 1;
      }
      expect(Array.from(owners), JSON.stringify(ids)).toEqual(ids.map(() => 1));
      for (const { tokenStart, contentStart, contentEnd, tokenEnd } of parser.messages) {
        expect([tokenStart, contentStart, contentEnd, tokenEnd]).toEqual(
          [tokenStart, contentStart, contentEnd, tokenEnd].sort((a, b) => a - b),
        );
      }
    }
  });

  it("adds up: the deltas of a message are its text", () => {
    const random = new Random(3);
    for (let round = iterations(500); round > 0; round--) {
      const { events, parser } = parse(randomStream(random), { role: randomRole(random) });
      const texts = parser.messages.map(() => "");
      for (const event of events) if (event.type === "delta") texts[event.index] += event.text;
      expect(texts).toEqual(parser.messages.map((message) => message.text));
    }
  });

  it("reads what strict mode accepts as strict mode does", () => {
    const random = new Random(4);
    let accepted = 0;
    for (let round = iterations(800); round > 0; round--) {
      const ids = random.next() < 0.3 ? randomStream(random) : shapedStream(random);
      const role = random.pick([undefined, "assistant"] as const);
      const strict = new StreamableParser(encoding, { role, mode: "strict" });
      try {
        for (const id of ids) strict.process(id);
        strict.processEos();
      } catch (error) {
        expect(error).toBeInstanceOf(HarmonyError);
        continue;
      }
      accepted++;
      expect(parse(ids, { role }).parser.messages.map(details)).toEqual(strict.messages.map(details));
    }
    expect(accepted).toBeGreaterThan(100);
  });
});

describe("every mode", () => {
  it.each(["compat", "strict", "recover"] as const)("goes on from a snapshot at any boundary: %s", (mode) => {
    const random = new Random(5);
    for (let round = iterations(80); round > 0; round--) {
      const ids = randomStream(random);
      const role = randomRole(random);
      const whole = outcome(() => parse(ids, { role, mode }));
      for (let at = 0; at <= ids.length; at += 1 + random.below(3)) {
        const split = outcome(() => {
          const first = new StreamableParser(encoding, { role, mode });
          const events = [...first.push(ids.slice(0, at))];
          const json = JSON.stringify(first.snapshot());
          const second = StreamableParser.restore(encoding, JSON.parse(json));
          events.push(...second.push(ids.slice(at)), ...second.end());
          return { parser: second, events };
        });
        expect(split).toEqual(whole);
      }
    }
  });

  it.each(["compat", "strict", "recover"] as const)("takes tokens back: %s", (mode) => {
    const random = new Random(6);
    for (let round = iterations(100); round > 0; round--) {
      const role = randomRole(random);
      const plain = new StreamableParser(encoding, { role, mode });
      const undone = new StreamableParser(encoding, { role, mode, undoWindow: 8 });
      for (const id of randomStream(random)) {
        const refused = tryTo(() => plain.process(id));
        expect(tryTo(() => undone.process(id))).toBe(refused);
        if (refused !== undefined && mode === "strict") break;
        const wrong = randomStream(random).slice(0, 1 + random.below(7));
        for (const other of wrong) tryTo(() => undone.process(other));
        undone.undo(wrong.length);
        expect(state(undone)).toEqual(state(plain));
      }
    }
  });

  it("refuses to take back more than the window", () => {
    const parser = new StreamableParser(encoding, { role: "assistant", undoWindow: 4 });
    parser.push(Array.from({ length: 40 }, () => 24_912));
    expect(() => parser.undo(20)).toThrow("undo window");
    parser.undo(3);
    expect(parser.tokens.length).toBe(37);
  });
});

/** What a parse gave, in a form that can be compared. */
function outcome(run: () => ReturnType<typeof parse>): unknown {
  try {
    const { parser, events } = run();
    return { events: joined(events), ...state(parser) };
  } catch (error) {
    if (error instanceof HarmonyError) return error.message;
    throw error;
  }
}

function state(parser: StreamableParser): object {
  const { messages, diagnostics, tokens, currentContent, currentRole, currentChannel } = parser;
  const { currentRecipient, currentContentType, lastContentDelta, state: name, stateData } = parser;
  return {
    messages: messages.map(details),
    diagnostics,
    tokens: Array.from(tokens),
    currentContent,
    currentRole,
    currentChannel,
    currentRecipient,
    currentContentType,
    lastContentDelta,
    name,
    stateData,
  };
}

function tryTo(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof HarmonyError) return error.message;
    throw error;
  }
}
