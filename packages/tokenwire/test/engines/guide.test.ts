// The engine of docs/2-guides/write-an-engine.md, run as it stands there.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runConformance } from "../../src/engines/conformance/index.ts";
import { createCountingEngine } from "./counting-engine.ts";

const guide = readFileSync(new URL("../../../../docs/2-guides/write-an-engine.md", import.meta.url), "utf8");

describe("the guide's engine", () => {
  it("is the one in the test folder", () => {
    const [, block = ""] = /```ts\n([\s\S]*?)```/.exec(guide) ?? [];
    const file = readFileSync(new URL("counting-engine.ts", import.meta.url), "utf8");
    const shown = file.replace(/^\/\/.*\n\n/, "").replace("../../src/engines/index.ts", "tokenwire/engines");
    expect(block).toBe(shown);
  });

  it("keeps the contract", async () => {
    const report = await runConformance(createCountingEngine(), {
      prompts: [
        [1, 2, 990],
        [5, 992],
        [7, 985],
      ],
      longPrompt: [1, 2, 3],
      slowConsumerMs: 20,
    });
    expect(report.results.filter(({ status }) => status === "fail")).toEqual([]);
    expect(report.passed).toBeGreaterThan(9);
  });
});
