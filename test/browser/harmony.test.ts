// Harmony in a browser: bundled with no polyfill, run in headless Chromium with no network, and small enough.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const browserPath = "/usr/bin/chromium";
const root = join(import.meta.dirname, "../..");

async function bundle(contents: string, options: BuildOptions = {}): Promise<string> {
  const result = await build({
    stdin: { contents, resolveDir: root, loader: "ts" },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    conditions: ["@tokenwire/source"],
    logLevel: "silent",
    ...options,
  });
  return result.outputFiles?.[0]?.text ?? "";
}

describe("the parser alone", () => {
  it("is at most 15 kB minified and compressed, without a vocabulary", async () => {
    const code = await bundle(
      'export { StreamableParser, tokenTableFromBytes } from "@tokenwire/core/harmony/parser";',
    );
    expect(gzipSync(code).length).toBeLessThanOrEqual(15_000);
  });
});

describe.skipIf(!existsSync(browserPath))("in Chromium", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tokenwire-harmony-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("renders, parses and recovers with no network", async () => {
    const code = await bundle(
      `
      import { loadHarmonyEncoding, Message, StreamableParser, SystemContent } from "@tokenwire/core/harmony";
      import { encoding as tokenizer } from "@tokenwire/encodings/o200k_harmony";
      const encoding = loadHarmonyEncoding(tokenizer);
      const prompt = encoding.renderConversationForCompletion(
        [Message.fromRoleAndContent("system", SystemContent.new()), Message.fromRoleAndContent("user", "What is 2 + 2?")],
        "assistant",
      );
      const parser = new StreamableParser(encoding, { role: "assistant" });
      parser.push(encoding.encode('<|channel|>final {"answer": "hi 💖"}<|return|>', { allowedSpecial: "all" }));
      parser.end();
      globalThis.result = { prompt: prompt.length, messages: JSON.parse(JSON.stringify(parser.messages)) };
    `,
      // As users bundle it: what is published, with the vocabulary inside.
      { format: "iife", conditions: ["module"] },
    );
    writeFileSync(
      join(folder, "page.html"),
      `<!doctype html><meta charset="utf-8"><script>${escapeScript(code)}</script>`,
    );
    const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
    try {
      const context = await browser.newContext({ offline: true });
      const page = await context.newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(error.message));
      await page.goto(pathToFileURL(join(folder, "page.html")).href);
      const result = await page.evaluate(() => (globalThis as { result?: unknown }).result);
      expect(errors).toEqual([]);
      expect(result).toEqual({
        prompt: 64,
        messages: [{ role: "assistant", channel: "final", content: '{"answer": "hi 💖"}' }],
      });
    } finally {
      await browser.close();
    }
  });
});

/** Script text must not hold the end tag of a script. */
function escapeScript(code: string): string {
  return code.replaceAll("</script", "<\\/script");
}
