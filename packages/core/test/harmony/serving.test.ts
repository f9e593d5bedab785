// What servers build on: incremental prompts, stop strings, function names, grammars.

import {
  createConversationTokens,
  createFunctionNameMap,
  createStopStringMatcher,
  DeveloperContent,
  type HarmonyEvent,
  Message,
  StreamableParser,
  SystemContent,
  ToolDescription,
  thinkingMarkers,
  turnGrammar,
  turnStructuralTags,
} from "@tokenwire/core/harmony";
import { describe, expect, it } from "vitest";
import { encoding, Random, tokens } from "./support.ts";

describe("createConversationTokens", () => {
  const pool = [
    Message.fromRoleAndContent("user", "q"),
    Message.fromRoleAndContent("assistant", "t").withChannel("analysis"),
    Message.fromRoleAndContent("assistant", "a").withChannel("final"),
    Message.fromRoleAndContent("system", SystemContent.new()),
    Message.fromRoleAndContent(
      "developer",
      DeveloperContent.new().withFunctionTools([new ToolDescription("f", "d")]),
    ),
  ];

  it.each(["upstream", "spec", "none"] as const)("always holds what rendering anew gives: %s", (analysis) => {
    const random = new Random(31);
    const cached = createConversationTokens(encoding, { analysis });
    for (let step = 0; step < 300; step++) {
      const before = Array.from(cached.toTokens());
      const kind = random.below(5);
      const count = cached.messages.length;
      const change =
        kind < 3 || count === 0
          ? cached.append(random.pick(pool))
          : kind === 3
            ? cached.replace(random.below(count), random.pick(pool))
            : cached.truncate(random.below(count + 1));
      const now = Array.from(cached.toTokens());
      expect(now).toEqual(Array.from(encoding.renderConversation(cached.messages, { analysis })));
      expect(now.slice(0, change.from)).toEqual(before.slice(0, change.from));
      expect([change.from + change.removed, change.from + change.added]).toEqual([before.length, now.length]);
    }
  });

  it("appends without touching what was there, and hashes prefixes", () => {
    const cached = createConversationTokens(encoding);
    cached.append(pool[3]!, pool[0]!);
    const length = cached.length;
    const hashes = [cached.prefixHash(0), cached.prefixHash(1)];
    expect(cached.append(pool[2]!)).toEqual({ from: length, removed: 0, added: cached.length - length });
    expect([cached.prefixHash(0), cached.prefixHash(1)]).toEqual(hashes);
    expect(cached.rangeOf(2)).toEqual([length, cached.length]);
    const other = createConversationTokens(encoding);
    other.append(pool[3]!, pool[2]!);
    expect(other.prefixHash(0)).toBe(hashes[0]);
    expect(other.prefixHash(1)).not.toBe(hashes[1]);
    expect(cached.toPrompt("assistant")).toEqual(
      encoding.renderConversationForCompletion(cached.messages, "assistant"),
    );
  });

  it("reports earlier messages that an appended one changes", () => {
    const cached = createConversationTokens(encoding);
    cached.append(pool[3]!, pool[0]!);
    expect(cached.append(pool[4]!).from).toBe(0);
  });
});

describe("createStopStringMatcher", () => {
  function visible(text: string, stops: readonly string[], size: number) {
    const parser = new StreamableParser(encoding, { role: "assistant" });
    const matcher = createStopStringMatcher(stops);
    const events: HarmonyEvent[] = [];
    const ids = tokens(text);
    for (let at = 0; at < ids.length; at += size)
      events.push(...matcher.push(parser.push(ids.subarray(at, at + size))));
    events.push(...matcher.push(parser.end()));
    return {
      text: events.map((event) => (event.type === "delta" ? event.text : "")).join("|"),
      matched: matcher.matched,
    };
  }

  it.each([1, 2, 100])("ends visible text at a stop string, wherever it is cut: %d", (size) => {
    const text =
      "<|channel|>analysis<|message|>a STOP b<|end|><|start|>assistant<|channel|>final<|message|>one STOP two<|return|>";
    const result = visible(text, ["STOP", "never"], size);
    expect(result.text.replaceAll("|", "")).toBe("a STOP bone ");
    expect(result.matched).toBe("STOP");
  });

  it("gives back what only looked like a stop string", () => {
    const text = "<|channel|>final<|message|>one ST<|return|>";
    expect(visible(text, ["STOP"], 1).text.replaceAll("|", "")).toBe("one ST");
  });
});

describe("createFunctionNameMap", () => {
  it("maps names to identifiers and back", () => {
    const names = [
      "get weather",
      "get-weather",
      "get.weather",
      "1st",
      "!",
      "browser.search",
      "naïve$",
      "python",
    ];
    const map = createFunctionNameMap(names);
    expect(names.map(map.toModel)).toEqual([
      "get_weather",
      "get_weather_2",
      "get_weather_3",
      "_1st",
      "unnamed",
      "browser.search",
      "naïve$",
      "python",
    ]);
    expect(names.map((name) => map.fromModel(map.toModel(name)))).toEqual(names);
    expect(map.fromModel("other")).toBe("other");
  });
});

describe("grammars", () => {
  const tools = [new ToolDescription("f", "d", { type: "object" }), new ToolDescription("g", "d")];

  it("admits both header orders, all channels and both content types for calls", () => {
    const tags = turnStructuralTags({ tools, toolChoice: "required" });
    expect(tags.length).toBe(2 * 3 * 2 * 2);
    expect(tags.map(({ begin }) => begin)).toContain(
      " to=functions.f<|channel|>commentary <|constrain|>json<|message|>",
    );
    for (const { begin } of tags) {
      const parser = new StreamableParser(encoding, { role: "assistant", mode: "strict" });
      parser.push(tokens(`${begin}{}<|call|>`));
      expect(parser.messages[0]?.recipient).toMatch(/^functions\.[fg]$/);
    }
  });

  it("follows the tool choice and the schema of the answer", () => {
    expect(
      turnStructuralTags({ tools, toolChoice: { name: "g" } }).every(({ begin }) =>
        begin.includes("functions.g"),
      ),
    ).toBe(true);
    const answers = turnStructuralTags({ tools, toolChoice: "none", responseSchema: { type: "object" } });
    expect(answers.map(({ begin }) => begin)).toEqual([
      "<|channel|>final json<|message|>",
      "<|channel|>final <|constrain|>json<|message|>",
    ]);
  });

  it("is written as GBNF with a rule per schema", () => {
    const { gbnf, schemas } = turnGrammar({ tools, responseSchema: { type: "string" } });
    expect(gbnf.split("\n")[0]).toBe("root ::= analysis? preamble? ( call-0 | call-1 | answer )");
    expect(Object.keys(schemas)).toEqual(["json-f", "json-g", "json-response"]);
    expect(turnGrammar({ tools, toolChoice: "none" }).gbnf).not.toContain("call-");
  });

  it("knows how reasoning opens and closes", () => {
    const { open, continuations } = thinkingMarkers(encoding);
    expect(Array.from(open)).toEqual([200_005, 35_644, 200_008]);
    expect(continuations.length).toBe(6);
    expect(continuations.every((ids) => ids[0] === 200_007)).toBe(true);
  });
});
