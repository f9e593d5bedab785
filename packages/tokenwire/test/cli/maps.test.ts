// The commands of dialect maps, safety policies and captured streams, on real files.

import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FrameEncoder, hashMap, makeMap, serializeMap, TokenwireEncoder } from "@tokenwire/core/codec";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { run } from "../../src/cli/main.ts";
import { captureOutput } from "./capture.ts";

const folder = mkdtempSync(join(tmpdir(), "tokenwire-maps-"));
const at = (name: string): string => join(folder, name);
const json = (name: string): unknown => JSON.parse(readFileSync(at(name), "utf8"));

const tokenizer = {
  model: { type: "BPE", vocab: { h: 0, i: 1, hi: 2, Ġ: 3, "!": 4 }, merges: [["h", "i"]] },
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false },
  decoder: { type: "ByteLevel" },
  added_tokens: [{ id: 5, content: "<|end|>", special: true }],
};
const other = makeMap({
  id: "acme/bytes",
  version: "2",
  vocab_size: 6,
  vocab: { h: 0, i: 1, Ġ: 2, "!": 3 },
  encoder: "byte_level",
  merges: [],
  pre_tokenizer_program: { version: 1, ops: [{ op: "ws_run" }] },
});
const policy = {
  id: "acme/mild",
  version: "1",
  tokenizers: ["acme/tiny"],
  categories: [{ name: "pii", action: "flag" }],
  classifier: { family: "none" },
};

const captured = captureOutput();

beforeAll(async () => {
  writeFileSync(at("tokenizer.json"), JSON.stringify(tokenizer));
  writeFileSync(at("other.json"), serializeMap(other));
  writeFileSync(at("policy.json"), JSON.stringify(policy));
  writeFileSync(at("internal.json"), JSON.stringify({ ...policy, banned_token_ids: [1, 2] }));
  expect(
    await run(["maps", "convert", at("tokenizer.json"), "--id", "acme/tiny", "--out", at("tiny.json")]),
  ).toBe(0);
});

describe("maps", () => {
  it("convert writes the bytes whose hash it prints", async () => {
    expect(
      await run([
        "maps",
        "convert",
        at("tokenizer.json"),
        "--id",
        "acme/tiny",
        "--out",
        at("tiny.json"),
        "--json",
      ]),
    ).toBe(0);
    const facts = JSON.parse(captured.out) as { hash: string };
    expect(facts).toMatchObject({ id: "acme/tiny", vocab_size: 6, encoder: "byte_level", merges: 1 });
    captured.out = "";
    expect(await run(["maps", "hash", at("tiny.json")])).toBe(0);
    expect(captured.out).toBe(`${facts.hash}\n`);
    captured.out = "";
    await run(["maps", "hash", "--canonical", at("tiny.json")]);
    expect(captured.out).toBe(`${facts.hash}\n`);
  });

  it("build makes maps of bundled encodings", async () => {
    expect(await run(["maps", "build", "r50k_base", "--out", at("r50k.json")])).toBe(0);
    expect(captured.out).toContain("vocab_size: 50257");
    captured.out = "";
    expect(await run(["maps", "preview", at("r50k.json"), "--text", "naïve 日本", "--json"])).toBe(0);
    expect(JSON.parse(captured.out)).toMatchObject({
      exact: true,
      ids: [2616, 38776, 10545, 245, 98, 17312, 105],
    });
    captured.out = "";
    expect(await run(["maps", "validate", at("r50k.json"), "--json"])).toBe(0);
    expect(JSON.parse(captured.out)).toMatchObject({ valid: true, notes: [] });
  });

  describe("from a hub", () => {
    let hub: Server;
    beforeAll(async () => {
      hub = createServer((request, response) => {
        if (request.url?.startsWith("/acme/gated")) response.writeHead(401).end();
        else if (request.url === "/acme/Tiny/resolve/main/tokenizer.json")
          response.end(JSON.stringify(tokenizer));
        else response.writeHead(404).end();
      });
      await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
    });
    afterAll(() => hub.close());
    beforeEach(() => vi.stubEnv("HF_ENDPOINT", `http://127.0.0.1:${(hub.address() as AddressInfo).port}`));

    it("build fetches and converts", async () => {
      expect(await run(["maps", "build", "acme/Tiny", "--out", at("hub.json")])).toBe(0);
      expect(json("hub.json")).toMatchObject({
        id: "acme/tiny",
        ext: { source: { kind: "hf", name: "acme/Tiny" } },
      });
    });

    it("build says what a 401 may mean", async () => {
      expect(await run(["maps", "build", "acme/gated"])).toBe(2);
      expect(captured.err).toMatch(/answered 401.*--token/);
    });
  });

  it("validate fails on what is not a map, and notes what looks wrong", async () => {
    writeFileSync(at("bad.json"), '{"id":"x"}');
    expect(await run(["maps", "validate", at("bad.json")])).toBe(1);
    expect(captured.err).toContain("TokenizerMap validation failed");
    writeFileSync(at("odd.json"), JSON.stringify({ ...other, vocab_size: 1, merges: ["q q"] }));
    expect(await run(["maps", "validate", at("odd.json")])).toBe(0);
    expect(captured.out).toMatch(/largest ID is 3[\s\S]*1 merges name tokens/);
  });

  it("translate and translation-table", async () => {
    expect(
      await run([
        "maps",
        "translate",
        "--from",
        at("tiny.json"),
        "--to",
        at("other.json"),
        "--text",
        "hi hi!",
        "--json",
      ]),
    ).toBe(0);
    expect(JSON.parse(captured.out)).toMatchObject({
      source_ids: [2, 3, 2, 4],
      target_ids: [0, 1, 2, 0, 1, 3],
      exact: true,
      ratio: 1.5,
    });
    expect(
      await run([
        "maps",
        "translate",
        "--from",
        at("tiny.json"),
        "--to",
        at("other.json"),
        "--text",
        "a",
        "--ids",
        "1",
      ]),
    ).toBe(2);
    captured.out = "";
    expect(
      await run([
        "maps",
        "translation-table",
        "--from",
        at("tiny.json"),
        "--to",
        at("other.json"),
        "--out",
        at("table.json"),
      ]),
    ).toBe(0);
    expect(json("table.json")).toMatchObject({ "2": [0, 1] });
    expect(captured.out).toContain("one_to_many: 1");
  });

  it("well-known writes pointers, keeps the index sorted, and never overwrites what is not one", async () => {
    const publish = (map: string, ...rest: string[]): Promise<number> =>
      run(["maps", "well-known", "--map", at(map), "--out-dir", at("public"), ...rest]);
    expect(await publish("tiny.json", "--url", "https://cdn.example/tiny.json")).toBe(0);
    expect(await publish("other.json", "--url", "https://cdn.example/other.json")).toBe(0);
    expect(await publish("tiny.json", "--url", "https://cdn.example/tiny2.json")).toBe(0);
    expect(json("public/.well-known/codec/index.json")).toMatchObject({
      maps: [
        { id: "acme/bytes", hash: hashMap(other) },
        { id: "acme/tiny", url: "https://cdn.example/tiny2.json" },
      ],
    });
    expect(await publish("other.json", "--inline")).toBe(0);
    expect(readFileSync(at("public/.well-known/codec/maps/acme/bytes.json"))).toEqual(
      Buffer.from(serializeMap(other)),
    );
    expect(await publish("tiny.json")).toBe(2);
    writeFileSync(at("public/.well-known/codec/index.json"), "[broken");
    expect(await publish("tiny.json", "--url", "https://cdn.example/x")).toBe(2);
    expect(readFileSync(at("public/.well-known/codec/index.json"), "utf8")).toBe("[broken");
  });
});

describe("policies", () => {
  it("validate, sanitize, hash, enumerate, publish", async () => {
    expect(await run(["maps", "policies-validate", at("internal.json")])).toBe(1);
    expect(captured.err).toMatch(/banned_token_ids.*sanitise/);
    expect(
      await run(["maps", "policies-sanitize", "--internal", at("internal.json"), "--out", at("clean.json")]),
    ).toBe(0);
    expect(json("clean.json")).toMatchObject({ rules_summary: { banned_token_id_count: 2 } });
    captured.out = "";
    expect(await run(["maps", "policies-hash", at("clean.json"), "--json"])).toBe(0);
    const { raw, equal } = JSON.parse(captured.out) as { raw: string; equal: boolean };
    expect(equal).toBe(true);
    expect(await run(["maps", "policies-hash", at("policy.json")])).toBe(0);
    expect(captured.err).toContain("not in canonical form");
    expect(
      await run([
        "maps",
        "policies-well-known",
        "--descriptor",
        at("clean.json"),
        "--inline",
        "--out-dir",
        at("public"),
      ]),
    ).toBe(0);
    expect(readFileSync(at(`public/.well-known/codec/policies/sha256/${raw.slice(7)}.json`))).toEqual(
      readFileSync(at("clean.json")),
    );
    captured.out = "";
    expect(await run(["maps", "policies-enumerate", "--map", at("tiny.json"), "--literals", '["hi"]'])).toBe(
      1,
    );
    expect(captured.err).toMatch(/no token for byte/);
  });
});

describe("codec decode", () => {
  const decode = async (name: string, bytes: Uint8Array, ...flags: string[]): Promise<string> => {
    writeFileSync(at(name), bytes);
    expect(await run(["codec", "decode", at(name), ...flags])).toBe(0);
    return captured.out;
  };
  const frames = (format: "msgpack" | "protobuf"): Uint8Array => {
    const encoder = new FrameEncoder(format);
    return Buffer.concat([encoder.frame([2, 3]), encoder.frame([2, 5], true, "eos_token")]);
  };

  it("shows IDs, text or JSON, and finds the format by itself", async () => {
    expect(await decode("a.bin", frames("protobuf"))).toBe("2 3\n2 5\n");
    expect(captured.err).toBe("finish_reason: eos_token\n");
    captured.out = "";
    expect(await decode("b.bin", frames("msgpack"), "--map", at("tiny.json"))).toBe("hi hi\n");
    captured.out = "";
    expect(
      await decode("b.bin", frames("msgpack"), "--map", at("tiny.json"), "--special", "--json"),
    ).toContain('"text":"hi<|end|>"');
    captured.out = "";
    const stream = new TokenwireEncoder();
    stream.ids([2, 4]);
    stream.finish("stop");
    stream.end();
    expect(await decode("c.bin", stream.take(), "--json")).toBe(
      '{"kind":"ids","choice":0,"ids":[2,4]}\n{"kind":"finish","choice":0,"reason":"stop"}\n{"kind":"end"}\n',
    );
  });

  it("fails on a stream that was cut", async () => {
    writeFileSync(at("cut.bin"), frames("msgpack").subarray(0, 20));
    expect(await run(["codec", "decode", at("cut.bin")])).toBe(1);
    expect(captured.err).toContain("mid-frame");
  });
});
