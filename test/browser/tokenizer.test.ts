// The published tokenizer in a bundle: its size, what is in it, and its work in a real browser. Needs no polyfill.
// What is bundled is the built packages; `npm test` builds before it runs.

import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Tokenizer } from "@tokenwire/core/tokenizer";
import { getEncoding } from "@tokenwire/encodings";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const chromiumPath = process.env["TOKENWIRE_CHROMIUM"] ?? "/usr/bin/chromium";
const root = new URL("../..", import.meta.url).pathname;

async function bundle(code: string, platform: "browser" | "node" = "browser"): Promise<string> {
  const result = await build({
    stdin: { contents: code, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform,
    // What a bundler asks for by itself.
    conditions: ["module"],
  });
  return result.outputFiles[0]!.text;
}

function dataOf(name: string): Buffer {
  return readFileSync(`${root}packages/encodings/data/${name}.bin`);
}

describe("bundle", () => {
  it("of the tokenizer without data stays small", async () => {
    const code = await bundle('export { createPackedEncoding } from "@tokenwire/core/tokenizer/packed";');
    // Of this, the table of character classes takes 2.1 kB and the compiled kernel 4.4 kB.
    expect(brotliCompressSync(code).length).toBeLessThanOrEqual(20_000);
    expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(23_000);
  });

  it.each(["browser", "node"] as const)(
    "of one encoding has its data and no other's, for %s",
    async (platform) => {
      const code = await bundle('export { encoding } from "@tokenwire/encodings/cl100k_base";', platform);
      const has = (name: string): boolean =>
        // From a multiple of three on, base64 of a part is a part of the base64.
        code.includes(dataOf(name).subarray(3000, 3300).toString("base64"));
      expect(["cl100k_base", "o200k_base", "p50k_base", "voyage3_base"].filter(has)).toEqual(["cl100k_base"]);
      expect(code).not.toMatch(/from"node:|require\("(?:node:)?fs"\)/);
    },
  );

  it("of one encoding works where its files are not", async () => {
    const code = await bundle('export { encoding } from "@tokenwire/encodings/p50k_edit";', "node");
    const { encoding } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
      encoding: Tokenizer;
    };
    expect(encoding.encode("hello world")).toEqual(getEncoding("p50k_edit").encode("hello world"));
  });

  it("of one encoding takes at most 1.5 MB for 200,000 tokens", () => {
    expect(dataOf("o200k_base").length).toBeLessThan(1_500_000);
    expect(statSync(`${root}packages/encodings/dist/inline/o200k_base.js`).size).toBeLessThan(1_500_000);
  });
});

describe.skipIf(!existsSync(chromiumPath))("in Chromium", () => {
  let server: Server;

  beforeAll(async () => {
    const script = await bundle(`
      import { encoding } from "@tokenwire/encodings/o200k_base";
      globalThis.run = (text) => ({
        ids: [...encoding.encode(text)],
        count: encoding.count(text),
        text: encoding.decode(encoding.encode(text)),
        backend: encoding.base.backend,
      });
    `);
    server = createServer((request, response) => {
      const isScript = request.url === "/bundle.js";
      response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
      response.end(isScript ? script : '<!doctype html><script type="module" src="/bundle.js"></script>');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });

  afterAll(() => {
    server.close();
  });

  it("gives the IDs that Node gives", async () => {
    const browser = await chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox"] });
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.waitForFunction("globalThis.run !== undefined");
      for (const text of ["hello world", "Grüße 日本語 👩‍👩‍👧 don't\n\n  x = 1;", "word ".repeat(20_000)]) {
        const result = await page.evaluate(
          (input) => (globalThis as unknown as { run(text: string): object }).run(input),
          text,
        );
        const ids = [...getEncoding("o200k_base").encode(text)];
        expect(result).toMatchObject({ ids, count: ids.length, text });
      }
      expect(await page.evaluate("run('x').backend")).toBe("wasm");
    } finally {
      await browser.close();
    }
  });
});
