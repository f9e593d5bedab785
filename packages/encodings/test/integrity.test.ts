// The shipped data regenerates the published rank files, damaged data is refused, names and models resolve.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createPackedEncoding, knownPatterns, serialiseTiktoken } from "@tokenwire/core/tokenizer";
import {
  encodingForModel,
  encodingNameForModel,
  getEncoding,
  harmonySpecialTokens,
  listEncodingNames,
  listSupportedModels,
  loadEncoding,
  setMetricsHook,
} from "@tokenwire/encodings";
import { describe, expect, it } from "vitest";
import { publishedSha256 } from "../scripts/published.ts";

describe("data", () => {
  it.each(Object.entries(publishedSha256))("%s regenerates the published rank file", (name, sum) => {
    expect(
      createHash("sha256")
        .update(serialiseTiktoken(getEncoding(name)))
        .digest("hex"),
    ).toBe(sum);
  });

  it("is refused when it is damaged", () => {
    // A plain array: a Buffer's `slice` is a view, and one case's damage would stay for all that follow.
    const file = Uint8Array.from(readFileSync(new URL("../data/p50k_base.bin", import.meta.url)));
    const make = (vocabulary: Uint8Array) => () =>
      createPackedEncoding({ name: "damaged", pattern: knownPatterns.gpt2, vocabulary });
    expect(make(file)).not.toThrow();
    for (const length of [0, 3, 59, 60, 1000, file.length - 4]) {
      expect(make(file.slice(0, length)), `${length} bytes`).toThrow(/Damaged vocabulary/);
    }
    for (let at = 0; at < file.length; at += 7919) {
      // The published checksum in the header is not part of the vocabulary.
      if (at >= 24 && at < 56) continue;
      const changed = file.slice();
      changed[at]! ^= 0x10;
      expect(make(changed), `byte ${at}`).toThrow(/Damaged vocabulary/);
    }
  });
});

describe("names", () => {
  it("lists eight encodings and loads each everywhere", async () => {
    expect(listEncodingNames()).toHaveLength(8);
    for (const name of listEncodingNames()) {
      expect(await loadEncoding(name)).toBe(getEncoding(name));
      expect(getEncoding(name).name).toBe(name);
    }
  });

  it("suggests the closest name", () => {
    expect(() => getEncoding("o200k")).toThrow('Did you mean "o200k_base"?');
    expect(() => getEncoding("toString")).toThrow(
      'Unknown encoding "toString". Known encodings: cl100k_base, gpt2,',
    );
    expect(() => encodingNameForModel("gpt4o")).toThrow('Did you mean "gpt-4o"?');
    expect(() => encodingForModel("mystery")).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED_MODEL", supportedModels: listSupportedModels() }),
    );
  });

  it.each([
    ["gpt-5.1", "o200k_base"],
    ["gpt-4.1-nano", "o200k_base"],
    ["chatgpt-4o-latest", "o200k_base"],
    ["ft:gpt-4o-mini:me", "o200k_base"],
    ["ft:gpt-4:me", "cl100k_base"],
    ["gpt-4-turbo", "cl100k_base"],
    ["GPT-4O", "o200k_base"],
    ["gpt-oss-120b", "o200k_harmony"],
    ["text-embedding-3-small", "cl100k_base"],
    ["text-davinci-edit-001", "p50k_edit"],
    ["davinci", "r50k_base"],
    ["gpt-2", "gpt2"],
    ["voyage-3", "voyage3_base"],
  ])("%s uses %s", (model, name) => {
    expect(encodingNameForModel(model)).toBe(name);
  });

  it("has both presets of harmony", () => {
    expect(harmonySpecialTokens("harmony").size).toBe(1091);
    expect(harmonySpecialTokens("harmony").has("<|endofprompt|>")).toBe(false);
    expect(harmonySpecialTokens("tiktoken").get("<|endofprompt|>")).toBe(200_018);
  });
});

describe("encodings of models", () => {
  it("share the encoding's tables and are made once", () => {
    const encoding = encodingForModel("gpt-4o");
    expect(encoding).toBe(encodingForModel("gpt-4o"));
    expect(encoding.base).toBe(getEncoding("o200k_base").base);
    expect([encoding.name, encoding.model]).toEqual(["o200k_base", "gpt-4o"]);
    expect(getEncoding("o200k_base").model).toBeUndefined();
    expect(encoding.encode("hello world")).toEqual(getEncoding("o200k_base").encode("hello world"));
  });

  it("name the model to the metrics hook, encodings asked for by name do not", () => {
    const seen: object[] = [];
    setMetricsHook(({ milliseconds: _, ...rest }) => {
      seen.push(rest);
    });
    try {
      encodingForModel("ft:gpt-4:me").encode("hello world");
      getEncoding("cl100k_base").encode("hello world");
    } finally {
      setMetricsHook(undefined);
    }
    const common = { encoding: "cl100k_base", operation: "encode", tokens: 2, bytes: 11 };
    expect(seen).toEqual([{ ...common, model: "ft:gpt-4:me" }, common]);
  });

  it("are kept in a bounded number", () => {
    const first = encodingForModel("ft:gpt-4:0");
    for (let i = 1; i <= 300; i++) encodingForModel(`ft:gpt-4:${i}`);
    expect(encodingForModel("ft:gpt-4:0")).not.toBe(first);
  });
});
