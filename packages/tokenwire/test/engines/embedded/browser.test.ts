// The embedded engine in a real browser: the same bytes, the same answer.

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";
import { createEmbeddedEngine, packagedModel } from "../../../src/engines/index.ts";
import { answer } from "../collect.ts";

const executablePath = "/usr/bin/chromium";
const prompt = [200006, 1428, 200008, 12194, 200007, 200006, 173781];

/** Runs in the page: fetches the model and answers the prompt. */
const page = `
import { createEmbeddedEngine } from "./index.ts";
const model = new Uint8Array(await (await fetch("/model.gguf")).arrayBuffer());
const engine = createEmbeddedEngine({ model });
const ids = [];
const request = {
  requestId: "page",
  prompt: { tokenIds: Uint32Array.from(${JSON.stringify(prompt)}) },
  sampling: { maxTokens: 40, temperature: 0 },
};
for await (const event of engine.generate(request)) if (event.type === "delta") ids.push(...event.tokenIds);
document.title = JSON.stringify(ids);
`;

describe.skipIf(!existsSync(executablePath))("in a browser", () => {
  it("generates what it generates in Node, without Node's modules", async () => {
    const bundle = await build({
      stdin: {
        contents: page,
        resolveDir: fileURLToPath(new URL("../../../src/engines/embedded", import.meta.url)),
        loader: "ts",
      },
      bundle: true,
      write: false,
      format: "esm",
      platform: "browser",
      conditions: ["@tokenwire/source"],
    });
    const model = readFileSync(packagedModel);
    const server = createServer((request, response) => {
      if (request.url === "/model.gguf") response.end(model);
      else if (request.url === "/page.js") {
        response.setHeader("content-type", "text/javascript").end(bundle.outputFiles[0]!.text);
      } else
        response.setHeader("content-type", "text/html").end('<script type="module" src="/page.js"></script>');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    try {
      const tab = await browser.newPage();
      await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await tab.waitForFunction(() => document.title !== "", undefined, { timeout: 30_000 });
      const { ids } = await answer(createEmbeddedEngine({ model }), {
        prompt,
        sampling: { maxTokens: 40, temperature: 0 },
      });
      expect(JSON.parse(await tab.title())).toEqual(ids);
      expect(ids.length).toBeGreaterThan(5);
    } finally {
      await browser.close();
      server.close();
    }
  });
});
