// `tokenwire tokenize`, `compare` and `bench tokenizer` as they are called.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { loadTokenizerJson } from "@tokenwire/core/tokenizer";
import { getEncoding, listEncodingNames } from "@tokenwire/encodings";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { run } from "../../src/cli/main.ts";
import { tokenizerJsonOf } from "../../src/cli/tokenize/tokenizer-json.ts";

let out = "";
let err = "";
let folder = "";

beforeEach(() => {
  out = "";
  err = "";
  folder = mkdtempSync(join(tmpdir(), "tokenize-"));
  const capture = (take: (text: string) => void) => (text: unknown, done?: unknown) => {
    take(String(text));
    if (typeof done === "function") (done as () => void)();
    return true;
  };
  vi.spyOn(process.stdout, "write").mockImplementation(
    capture((text) => {
      out += text;
    }),
  );
  vi.spyOn(process.stderr, "write").mockImplementation(
    capture((text) => {
      err += text;
    }),
  );
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  rmSync(folder, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function standardInput(...chunks: Uint8Array[]): void {
  vi.spyOn(process, "stdin", "get").mockReturnValue(Readable.from(chunks) as typeof process.stdin);
}

const bytes = new TextEncoder();

describe("tokenize", () => {
  it("prints IDs of text, of a model's encoding, of files", async () => {
    expect(await run(["tokenize", "-t", "hello world"])).toBe(0);
    expect(await run(["tokenize", "-t", "hello world", "-m", "gpt-4"])).toBe(0);
    expect(out).toBe("24912 2375\n15339 1917\n");
    out = "";
    expect(await run(["tokenize", file("a.txt", "hello world"), file("b.txt", "")])).toBe(0);
    expect(out).toBe(`==> ${folder}/a.txt <==\n24912 2375\n==> ${folder}/b.txt <==\n\n`);
  });

  it("counts files and their sum", async () => {
    const [a, b] = [file("a.txt", "hello world"), file("b.txt", "x ".repeat(100_000))];
    expect(await run(["tokenize", "--count", a, b])).toBe(0);
    const count = getEncoding("o200k_base").count("x ".repeat(100_000));
    expect(out).toBe(`2\t${a}\n${count}\t${b}\n${count + 2}\ttotal\n`);
  });

  it("reads standard input, cut inside characters", async () => {
    const text = "naïve 日本語 👩‍👩‍👧\n".repeat(50);
    const whole = bytes.encode(text);
    standardInput(
      ...Array.from({ length: Math.ceil(whole.length / 7) }, (_, i) => whole.slice(7 * i, 7 * i + 7)),
    );
    expect(await run(["tokenize", "--json"])).toBe(0);
    const ids = Array.from(getEncoding("o200k_base").encodeOrdinary(text));
    expect(JSON.parse(out)).toEqual({
      file: "-",
      encoding: "o200k_base",
      ids,
      tokens: ids.length,
      bytes: whole.length,
    });
  });

  it("treats special tokens as told", async () => {
    const text = ["-t", "<|endoftext|>"];
    expect(await run(["tokenize", ...text, "--special", "allow"])).toBe(0);
    expect(await run(["tokenize", ...text, "--count"])).toBe(0);
    expect(out).toBe("199999\n7\n");
    expect(await run(["tokenize", ...text, "--special", "error"])).toBe(1);
    expect(err).toContain("<|endoftext|>");
  });

  it("decodes IDs from arguments and from what it printed", async () => {
    expect(await run(["tokenize", "--decode", "24912", "2375"])).toBe(0);
    standardInput(bytes.encode("[24912, 2375]\n"));
    expect(await run(["tokenize", "--decode", "--json"])).toBe(0);
    expect(out).toBe('hello world{"encoding":"o200k_base","tokens":2,"text":"hello world"}\n');
    expect(await run(["tokenize", "--decode", "12x"])).toBe(2);
    expect(await run(["tokenize", "--decode", "99999999"])).toBe(1);
  });

  it("decodes the JSON that it printed, and says what else it was given", async () => {
    expect(await run(["tokenize", "--json", file("a.txt", "hello "), file("b.txt", "wörld\n")])).toBe(0);
    const printed = out;
    out = "";
    standardInput(bytes.encode(printed));
    expect(await run(["tokenize", "--decode"])).toBe(0);
    expect(out).toBe("hello wörld\n");
    for (const [wrong, message] of [
      ['{"tokens":2}', 'No "ids" in this line'],
      ['{"ids":', "Not a line of JSON"],
    ] as const) {
      standardInput(bytes.encode(wrong));
      expect(await run(["tokenize", "--decode"])).toBe(2);
      expect(err).toContain(message);
    }
    standardInput(bytes.encode('{"ids":["x"]}'));
    expect(await run(["tokenize", "--decode"])).toBe(1);
    expect(err).toContain("x at index 0 is not a token ID");
  });

  it("says when an input is not UTF-8, and counts its bytes as they are", async () => {
    const whole = Uint8Array.of(...bytes.encode("日本語"), 0xff, ...bytes.encode("日"));
    for (const [input, isDamaged] of [
      [whole, true],
      [whole.subarray(0, 9), false],
      // The last character is cut.
      [whole.subarray(0, 8), true],
    ] as const) {
      err = "";
      out = "";
      standardInput(...Array.from(input, (byte) => Uint8Array.of(byte)));
      expect(await run(["tokenize", "--json", "--count"])).toBe(0);
      const { tokens, bytes: size } = JSON.parse(out) as { tokens: number; bytes: number };
      expect(size).toBe(input.length);
      expect(tokens).toBe(getEncoding("o200k_base").count(new TextDecoder().decode(input)));
      expect(err).toBe(isDamaged ? "-: not all of it is UTF-8; the rest counts as U+FFFD\n" : "");
    }
  });

  it("paints each token", async () => {
    expect(await run(["tokenize", "--colour", "-t", "hello world"])).toBe(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
    expect(out.replace(/\u001b\[[\d;]*m/g, "")).toBe("hello world\n");
  });

  it("exits with 1 above the limit and for missing files, with 2 for wrong usage", async () => {
    expect(await run(["tokenize", folder])).toBe(2);
    expect(err).toContain(`${folder} is a folder`);
    expect(await run(["tokenize", "-t", "hello world", "--limit", "2"])).toBe(0);
    expect(await run(["tokenize", "-t", "hello world", "--limit", "1"])).toBe(1);
    expect(err).toContain("2 tokens are more than the limit of 1");
    process.exitCode = undefined;
    expect(await run(["tokenize", join(folder, "absent.txt")])).toBe(1);
    expect(await run(["tokenize", "--count", "--colour", "-t", "x"])).toBe(2);
    expect(await run(["tokenize", "-e", "o200k", "-t", "x"])).toBe(2);
    expect(err).toContain('Did you mean "o200k_base"?');
  });
});

describe("compare", () => {
  it("shows differences in context and exits with 1, with 0 without any", async () => {
    const path = file("a.txt", "first line\nthe tokenization of Größe, see\n");
    expect(await run(["compare", "gpt2", "gpt-4o", path])).toBe(1);
    expect(out).toContain("line 2, byte ");
    expect(out).toMatch(/gpt2: \d+ tokens; gpt-4o: \d+ tokens \(× 0\.\d+\); \d+ places differ/);
    process.exitCode = undefined;
    expect(await run(["compare", "gpt2", "r50k_base", path])).toBe(0);
  });

  it("prints JSON whose parts are those of the text", async () => {
    const text = "tokenization Größe 日本語";
    standardInput(bytes.encode(text));
    expect(await run(["compare", "gpt2", "o200k_base", "--json"])).toBe(1);
    const { differences, differing } = JSON.parse(out) as {
      differing: number;
      differences: { startByte: number; text: string; first: { tokens: string[] } }[];
    };
    expect(differences).toHaveLength(differing);
    for (const { startByte, text: part } of differences) {
      expect(Buffer.from(text).subarray(startByte).toString()).toMatch(new RegExp(`^${part}`));
    }
  });

  it("takes a tokenizer.json", async () => {
    const json = file("tokenizer.json", JSON.stringify(tokenizerJsonOf(getEncoding("gpt2"))));
    const text = file("a.txt", "It's 12345 of Größe,  日本語\n\n  end");
    expect(await run(["compare", json, "gpt2", text])).toBe(0);
    expect(out).toContain("0 places differ");
  });

  it("compares what the tokenizer that normalizes reads", async () => {
    const path = file("a.txt", "cafe\u0301 12345");
    expect(await run(["compare", "voyage3_base", "cl100k_base", path, "--json"])).toBe(1);
    const { differences } = JSON.parse(out) as { differences: { text: string }[] };
    expect(differences.map(({ text }) => text)).toEqual(["123", "45"]);
    expect(err).toBe("compared after normalization to NFC, which one of the two applies\n");
  });

  it("shows parts of characters as bytes", async () => {
    expect(await run(["compare", "cl100k_base", "o200k_base", file("a.txt", "語")])).toBe(1);
    expect(out).toContain("  - \\xe8\\xaa|\\x9e  ");
  });

  it("refuses a limit that is no number", async () => {
    expect(await run(["compare", "gpt2", "r50k_base", "--limit", "few"])).toBe(2);
  });
});

describe("compile", () => {
  it("writes what loads as the same tokenizer, and says how large it is", async () => {
    const [from, to] = [join(folder, "tokenizer.json"), join(folder, "tokenizer.twt")];
    writeFileSync(from, JSON.stringify(tokenizerJsonOf(getEncoding("gpt2"))));
    expect(await run(["compile", from, "-o", to, "--json"])).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      from,
      to,
      tokens: 50256,
      compiledBytes: readFileSync(to).length,
    });
    const text = "Hello, wörld! 你好";
    expect(loadTokenizerJson(readFileSync(to)).encode(text)).toEqual(getEncoding("gpt2").encode(text));
    writeFileSync(join(folder, "text.txt"), text);
    expect(await run(["compare", from, to, join(folder, "text.txt")])).toBe(0);
  });

  it("writes nothing for a file that is no tokenizer", async () => {
    const [from, to] = [join(folder, "tokenizer.json"), join(folder, "tokenizer.twt")];
    writeFileSync(from, '{"model":{"type":"Other","vocab":{}}}');
    expect(await run(["compile", from, "-o", to])).toBe(1);
    expect(err).toContain('model "Other" is not supported');
    expect(() => readFileSync(to)).toThrow("ENOENT");
  });
});

describe("bench tokenizer", () => {
  it("checks parity and writes a table, JSON and plots", async () => {
    const [svg, png] = [join(folder, "plot.svg"), join(folder, "plot.png")];
    const files = ["--svg", svg, "--png", png];
    expect(await run(["bench", "tokenizer", "--max", "2000", "--peers", folder, ...files])).toBe(0);
    expect(readFileSync(png).subarray(1, 4).toString()).toBe("PNG");
    expect(out).toMatch(/tokenwire +\d/);
    expect(out).toMatch(/@huggingface\/tokenizers +not installed/);
    expect(readFileSync(svg, "utf8")).toMatch(/^<svg[\s\S]*tokenwire[\s\S]*<\/svg>\n$/);
    out = "";
    expect(
      await run(["bench", "tokenizer", "--max", "1000", "--peers", folder, "--json", "--text", "a"]),
    ).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      encoding: "o200k_base",
      sizes: [1000],
      rows: [{ name: "tokenwire", agrees: true }],
      missing: { tiktoken: "not installed" },
    });
  });

  it("refuses sizes that say nothing", async () => {
    expect(await run(["bench", "tokenizer", "--max", "10"])).toBe(2);
    expect(await run(["bench", "tokenizer", "--text", ""])).toBe(2);
  });
});

it.each(listEncodingNames())("%s as a tokenizer.json gives the same IDs", (name) => {
  const encoding = getEncoding(name);
  const loaded = loadTokenizerJson(JSON.stringify(tokenizerJsonOf(encoding)));
  const text = "It's DON'T   12345 Größe e\u0301, 日本語のテキスト\r\n\n  👩‍👩‍👧 for(i=0;;) {\t}\n ";
  expect(Array.from(loaded.encode(text))).toEqual(Array.from(encoding.encodeOrdinary(text)));
});
