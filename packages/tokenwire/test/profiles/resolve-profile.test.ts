// Profiles from folders as Hugging Face lays them out, from GGUF metadata, from profile files and from a hub. The
// tokenizers are the small ones of the core's fixtures.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileTokenizerJson } from "@tokenwire/core/tokenizer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GgufBytes } from "../../../core/test/gguf/gguf-bytes.ts";
import { resolveProfile } from "../../src/profiles/index.ts";
import { LocalHub } from "./local-hub.ts";

const fixtures = join(import.meta.dirname, "../../../core/fixtures/tokenizer/huggingface");

function tokenizerJson(name: string): Record<string, unknown> {
  const fixture = JSON.parse(readFileSync(join(fixtures, `${name}.json`), "utf8")) as { tokenizer: unknown };
  return fixture.tokenizer as Record<string, unknown>;
}

const chatTemplate =
  "{{ bos_token }}{% for m in messages %}<s>{{ m.role }}\n{{ m.content }}</s>{% endfor %}{% if add_generation_prompt %}<s>assistant\n{% endif %}";

let folder: string;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "tokenwire-profile-")), "tiny-chat");
  mkdirSync(folder);
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

function write(files: Record<string, unknown>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
}

function model(files: Record<string, unknown> = {}): void {
  write({
    "tokenizer.json": tokenizerJson("byte-level-split"),
    "tokenizer_config.json": {
      bos_token: "<s>",
      eos_token: { content: "</s>" },
      chat_template: chatTemplate,
    },
    "config.json": { model_type: "tiny", max_position_embeddings: 2048, eos_token_id: 2 },
    "generation_config.json": {
      eos_token_id: [2],
      temperature: 0.6,
      top_p: 0.95,
      top_k: 20,
      do_sample: true,
    },
    ...files,
  });
}

describe("a model folder", () => {
  it("gives everything a server needs, and says where it came from", async () => {
    model();
    const profile = await resolveProfile(folder);
    expect(profile).toMatchObject({
      id: "tiny-chat",
      contextLength: 2048,
      stopTokenIds: [2],
      defaultSampling: { temperature: 0.6, topP: 0.95, topK: 20 },
      format: {
        kind: "template",
        contentFormat: "string",
        specialTokens: { bos_token: "<s>", eos_token: "</s>" },
      },
    });
    const from = Object.fromEntries(profile.derivations.map((entry) => [entry.part, entry.from]));
    expect(from).toMatchObject({
      tokenizer: "tokenizer.json",
      "chat template": "tokenizer_config.json: chat_template",
      "context length": "config.json: max_position_embeddings",
      "stop token": "generation_config.json: eos_token_id",
      "default temperature": "generation_config.json: temperature",
    });
  });

  it("prefers chat_template.jinja, byte for byte, and keeps named templates", async () => {
    model({
      "chat_template.jinja": "  {{ messages[0].content }}\\n\n",
      "additional_chat_templates/tool_use.jinja": "{{ tools | length }}",
    });
    const profile = await resolveProfile(folder);
    expect(profile.templateSources.get("default")).toBe("  {{ messages[0].content }}\\n\n");
    expect([...profile.templates.keys()].sort()).toEqual(["default", "tool_use"]);
    if (profile.format.kind !== "template") throw new Error("no template");
    expect(profile.format.toolTemplate?.render({ tools: [1, 2] })).toBe("2");
  });

  it("reads a list of templates and chat_template.json", async () => {
    model({
      "tokenizer_config.json": {
        chat_template: [
          { name: "default", template: "A" },
          { name: "rag", template: "B" },
        ],
      },
      "chat_template.json": { chat_template: "C" },
    });
    const profile = await resolveProfile(folder);
    expect(Object.fromEntries(profile.templateSources)).toEqual({ default: "C", rag: "B" });
  });

  it("makes control tokens of what the template writes", async () => {
    const withoutMarker = tokenizerJson("byte-level-split");
    model({ "tokenizer.json": withoutMarker, "chat_template.jinja": "{{ messages }} new-word " });
    const { tokenizer } = await resolveProfile(folder);
    expect([...tokenizer.specialTokens.keys()]).toEqual(
      expect.arrayContaining(["<s>", "</s>", "<think>", "new-word"]),
    );
  });

  it("has no chat format without a template", async () => {
    model({ "tokenizer_config.json": {} });
    expect(await resolveProfile(folder)).toMatchObject({ format: { kind: "plain" }, stopTokenIds: [2] });
  });

  it.each([
    [
      {
        max_position_embeddings: 4096,
        rope_scaling: { rope_type: "yarn", factor: 4, original_max_position_embeddings: 4096 },
      },
      16_384,
    ],
    [{ max_position_embeddings: 4096, rope_scaling: { type: "linear", factor: 2.0 } }, 8192],
    [{ max_position_embeddings: 131_072, rope_scaling: { rope_type: "llama3", factor: 8 } }, 131_072],
    [{ text_config: { max_position_embeddings: 32_768 } }, 32_768],
    [{ n_positions: 1024 }, 1024],
    [{}, 4096],
  ])("context length of %j is %i", async (config, expected) => {
    model({ "config.json": config });
    expect((await resolveProfile(folder)).contextLength).toBe(expected);
  });

  it("uses the built-in harmony format for gpt_oss", async () => {
    write({ "config.json": { model_type: "gpt_oss", max_position_embeddings: 131_072 } });
    const profile = await resolveProfile(folder);
    expect(profile.format.kind).toBe("harmony");
    expect(profile.stopTokenIds).toEqual(expect.arrayContaining([200_002, 200_012]));
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ["no tokenizer", { "config.json": {} }, /no tokenizer/],
    ["broken JSON", { "config.json": "{" }, /config\.json/],
    ["a list for an object", { "config.json": "[]" }, /config\.json: is not a JSON object/],
  ])("refuses %s", async (_name, files, message) => {
    write(files);
    await expect(resolveProfile(folder)).rejects.toThrow(message);
  });

  it("names a template that does not compile", async () => {
    model({ "chat_template.jinja": "{% for %}" });
    await expect(resolveProfile(folder)).rejects.toMatchObject({ code: "INVALID_PROFILE" });
  });

  it("reads a compiled tokenizer where there is no tokenizer.json", async () => {
    model();
    const { tokenizer } = await resolveProfile(folder);
    const json = readFileSync(join(folder, "tokenizer.json"));
    writeFileSync(join(folder, "tokenizer.twt"), compileTokenizerJson(json));
    rmSync(join(folder, "tokenizer.json"));
    const compiled = await resolveProfile(folder);
    expect(compiled.derivations.find(({ part }) => part === "tokenizer")?.from).toBe("tokenizer.twt");
    expect(compiled.tokenizer.specialTokens).toEqual(tokenizer.specialTokens);
    expect(compiled.tokenizer.encodeOrdinary("Hello <s>")).toEqual(tokenizer.encodeOrdinary("Hello <s>"));
  });

  it("reads tekken.json", async () => {
    const vocab = Array.from({ length: 256 }, (_, byte) => ({
      rank: byte,
      token_bytes: Buffer.from([byte]).toString("base64"),
      token_str: null,
    }));
    vocab.push({ rank: 256, token_bytes: Buffer.from("he").toString("base64"), token_str: null });
    write({
      "tekken.json": {
        config: { pattern: "\\p{L}+|[^\\p{L}]+", default_vocab_size: 260, default_num_special_tokens: 3 },
        vocab,
        special_tokens: [
          { rank: 0, token_str: "<unk>", is_control: true },
          { rank: 2, token_str: "</s>", is_control: true },
        ],
      },
    });
    const { tokenizer } = await resolveProfile(folder);
    expect([...tokenizer.encodeOrdinary("hey")]).toEqual([259, 3 + 0x79]);
    expect(tokenizer.specialTokens).toEqual(
      new Map([
        ["<unk>", 0],
        ["<SPECIAL_1>", 1],
        ["</s>", 2],
      ]),
    );
  });

  it("reads Kimi's rank file with its reserved tokens", async () => {
    const ranks = Array.from(
      { length: 256 },
      (_, byte) => `${Buffer.from([byte]).toString("base64")} ${byte}`,
    );
    write({
      "tiktoken.model": `${ranks.join("\n")}\n`,
      "tokenizer_config.json": {
        tokenizer_class: "TikTokenTokenizer",
        added_tokens_decoder: { 257: { content: "<|im_end|>" } },
      },
    });
    const { tokenizer } = await resolveProfile(folder);
    expect(tokenizer.specialTokens.get("<|im_end|>")).toBe(257);
    expect(tokenizer.specialTokens.get("<|reserved_token_256|>")).toBe(256);
    expect(tokenizer.vocabSize).toBe(512);
  });
});

describe("a GGUF file", () => {
  it("is read from its metadata", async () => {
    const { vocab } = tokenizerJson("byte-level")["model"] as { vocab: Record<string, number> };
    const { merges } = tokenizerJson("byte-level")["model"] as { merges: (string | string[])[] };
    const tokens = Object.keys(vocab).sort((a, b) => vocab[a]! - vocab[b]!);
    const bytes = new GgufBytes()
      .header({ tensors: 0, pairs: 10 })
      .key("general.architecture", 8)
      .string("llama")
      .key("general.name", 8)
      .string("Tiny")
      .key("llama.context_length", 4)
      .u32(512)
      .key("tokenizer.ggml.model", 8)
      .string("gpt2")
      .key("tokenizer.ggml.pre", 8)
      .string("gpt-2")
      .key("tokenizer.ggml.tokens", 9)
      .strings(tokens)
      .key("tokenizer.ggml.token_type", 9)
      .i32s(tokens.map((_, id) => (id < 3 ? 3 : 1)))
      .key("tokenizer.ggml.merges", 9)
      .strings(merges.map((merge) => (typeof merge === "string" ? merge : merge.join(" "))))
      .key("tokenizer.ggml.eos_token_id", 4)
      .u32(2)
      .key("tokenizer.chat_template", 8)
      .string(chatTemplate)
      .toBytes();
    const path = join(folder, "tiny.gguf");
    writeFileSync(path, bytes);
    const profile = await resolveProfile(path);
    expect(profile).toMatchObject({
      id: "Tiny",
      contextLength: 512,
      stopTokenIds: [2],
      format: { kind: "template", specialTokens: { eos_token: "</s>" } },
    });
    const expected = JSON.parse(readFileSync(join(fixtures, "byte-level.json"), "utf8")) as {
      cases: { text: string; ids: number[] }[];
    };
    for (const { text, ids } of expected.cases) {
      expect([...profile.tokenizer.encode(text, { allowedSpecial: "all" })]).toEqual(ids);
    }
  });
});

describe("a profile file", () => {
  it("changes what the model's files say", async () => {
    model();
    write({
      "profile.json": {
        model: ".",
        id: "renamed",
        contextLength: 1024,
        toolParser: "hermes",
        stopTokens: ["<s>", 7],
        defaultSampling: { temperature: 0 },
        chatTemplate: "short.jinja",
      },
      "short.jinja": "{{ messages[0].content }}",
    });
    const profile = await resolveProfile(join(folder, "profile.json"));
    expect(profile).toMatchObject({
      id: "renamed",
      contextLength: 1024,
      toolParser: "hermes",
      stopTokenIds: [1, 7],
      defaultSampling: { temperature: 0, topP: 0.95 },
    });
    expect(profile.templateSources.get("default")).toBe("{{ messages[0].content }}");
    const context = profile.derivations.find(({ part }) => part === "context length");
    expect(context?.from).toContain("profile.json");
  });

  it.each<[string, unknown, RegExp]>([
    ["an unknown field", { model: ".", stopToken: [1] }, /stopToken/],
    ["a wrong type", { model: ".", contextLength: "many" }, /contextLength/],
    ["an unknown token", { model: ".", stopTokens: ["<nope>"] }, /<nope>/],
    ["itself", { model: "profile.json" }, /refer to each other/],
    ["no JSON", "{", /is not JSON/],
  ])("refuses %s", async (_name, content, message) => {
    model();
    write({ "profile.json": content });
    await expect(resolveProfile(join(folder, "profile.json"))).rejects.toThrow(message);
  });
});

describe("names", () => {
  it("knows gpt-oss without files", async () => {
    const profile = await resolveProfile("gpt-oss-20b");
    expect(profile).toMatchObject({ id: "gpt-oss-20b", contextLength: 131_072, format: { kind: "harmony" } });
  });

  it.each(["no-such-model", "./missing", "a/b/c"])("says what is accepted instead of %s", async (name) => {
    await expect(resolveProfile(name, { hub: { offline: true } })).rejects.toMatchObject({
      code: "MODEL_NOT_FOUND",
    });
  });

  it("fetches a model of a hub once and then works offline", async () => {
    model();
    const hub = new LocalHub();
    const endpoint = await hub.start();
    for (const name of ["tokenizer.json", "tokenizer_config.json", "config.json", "generation_config.json"]) {
      hub.files.set(name, { content: readFileSync(join(folder, name)), large: name === "tokenizer.json" });
    }
    const cacheFolder = join(folder, "cache");
    const online = await resolveProfile("acme/tiny", { hub: { endpoint, cacheFolder } });
    await hub.stop();
    const offline = await resolveProfile("acme/tiny", { hub: { endpoint, cacheFolder, offline: true } });
    for (const profile of [online, offline]) {
      expect(profile).toMatchObject({ id: "acme/tiny", ownedBy: "acme", contextLength: 2048 });
    }
  });
});
