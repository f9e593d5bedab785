// IDs of every encoding against Python's tiktoken, where Python and tiktoken are installed. The vocabulary files that
// tiktoken needs are written from ours, whose checksums another test proves. TOKENWIRE_FUZZ sets the number of random
// strings per encoding, TOKENWIRE_CORPUS a folder or file list (separated by ":") of real text.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Encoding, serialiseTiktoken } from "@tokenwire/core/tokenizer";
import { getEncoding, listEncodingNames } from "@tokenwire/encodings";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adversarialText, everyCodePoint, seededRandom } from "./adversarial-text.ts";

const python = process.env["TOKENWIRE_PYTHON"] ?? "python3";
const available = spawnSync(python, ["-c", "import tiktoken"]).status === 0;
const fuzz = Number(process.env["TOKENWIRE_FUZZ"] ?? 3000);
const corpus = (
  process.env["TOKENWIRE_CORPUS"] ?? fileURLToPath(new URL("../../src", import.meta.url))
).split(":");
const everything = process.env["TOKENWIRE_FUZZ"] !== undefined;
const script = fileURLToPath(new URL("oracle/tiktoken_oracle.py", import.meta.url));

class Oracle {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(definitions: readonly unknown[]) {
    this.#process = spawn(python, [script], { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]();
    this.#process.stdin!.write(`${JSON.stringify(definitions)}\n`);
  }

  async read(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("tiktoken ended unexpectedly.");
    return JSON.parse(value);
  }

  async ask(encoding: string, texts: readonly string[], ids: boolean): Promise<unknown[]> {
    this.#process.stdin!.write(`${JSON.stringify({ encoding, texts, ids })}\n`);
    return (await this.read()) as unknown[];
  }

  close(): void {
    this.#process.stdin!.end();
  }
}

function hashOf(ids: Uint32Array): string {
  return createHash("sha256")
    .update(Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength))
    .digest("hex");
}

function* filesOf(path: string): Generator<string> {
  if (!statSync(path).isDirectory()) {
    yield path;
    return;
  }
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) yield join(entry.parentPath, entry.name);
  }
}

function* batches<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

describe.skipIf(!available)("against tiktoken", () => {
  const folder = mkdtempSync(join(tmpdir(), "tokenwire-tiktoken-"));
  let oracle: Oracle;

  beforeAll(async () => {
    oracle = new Oracle(
      listEncodingNames().map((name) => {
        const encoding = getEncoding(name);
        const ranks = join(folder, `${name}.tiktoken`);
        writeFileSync(ranks, serialiseTiktoken(encoding));
        return {
          name,
          pattern: encoding.pattern,
          ranks,
          special_tokens: Object.fromEntries(encoding.specialTokens),
        };
      }),
    );
    console.log("tiktoken", await oracle.read());
  });

  afterAll(() => {
    oracle.close();
    rmSync(folder, { recursive: true });
  });

  async function compare(encoding: Encoding, texts: readonly string[]): Promise<void> {
    // tiktoken does not normalise; voyage3's rule to do so is applied here.
    const given = texts.map((text) => (encoding.normalization === undefined ? text : text.normalize("NFC")));
    const hashes = await oracle.ask(encoding.name, given, false);
    for (const [i, text] of texts.entries()) {
      const ids = encoding.encodeOrdinary(text);
      const bytes = new TextEncoder().encode(given[i]);
      expect(Buffer.compare(encoding.decodeBytes(ids), bytes)).toBe(0);
      if (hashOf(ids) === hashes[i]) continue;
      const [expected] = await oracle.ask(encoding.name, [given[i]!], true);
      expect([...ids], `${encoding.name}: ${JSON.stringify(text.slice(0, 300))}`).toEqual(expected);
    }
  }

  describe.each(listEncodingNames())("%s", (name) => {
    it("random strings", { timeout: 3_600_000 }, async () => {
      const random = seededRandom(20_240_601);
      const texts = Array.from({ length: fuzz }, () => adversarialText(random));
      for (const batch of batches(texts, 2000)) await compare(getEncoding(name), batch);
    });

    it.runIf(everything)("every code point", { timeout: 600_000 }, async () => {
      for (const batch of batches(everyCodePoint(), 5000)) await compare(getEncoding(name), batch);
    });

    it("files", { timeout: 3_600_000 }, async () => {
      let size = 0;
      for (const path of corpus.flatMap((root) => [...filesOf(root)])) {
        const text = readFileSync(path, "utf8");
        size += text.length;
        await compare(getEncoding(name), [text]);
      }
      console.log(`${name}: ${size} characters of files`);
    });
  });
});
