// `tokenwire harmony`: rendering, parsing, linting and attribution, from files.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { run } from "../../src/cli/main.ts";
import { captureOutput } from "./capture.ts";

const captured = captureOutput();
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tokenwire-harmony-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function file(content: unknown): string {
  const path = join(folder, "input");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const conversation = {
  messages: [
    { role: "user", content: "What is 2 + 2?" },
    { role: "assistant", channel: "analysis", content: "Easy." },
    { role: "assistant", channel: "final", content: "4" },
  ],
};

it("renders a prompt, its ids, and a training example", async () => {
  const path = file(conversation);
  expect(await run(["harmony", "render", path, "--role", "assistant", "--analysis", "spec"])).toBe(0);
  expect(captured.out).toBe(
    "<|start|>user<|message|>What is 2 + 2?<|end|><|start|>assistant<|channel|>final<|message|>4<|end|><|start|>assistant\n",
  );
  captured.out = "";
  expect(await run(["harmony", "render", path, "--ids"])).toBe(0);
  expect(captured.out).toMatch(/^200006 1428 200008 [\d ]+ 200007\n$/);
  captured.out = "";
  expect(await run(["harmony", "render", path, "--training", "--json"])).toBe(0);
  expect((JSON.parse(captured.out) as { tokens: number[] }).tokens.at(-1)).toBe(200_002);
  expect(await run(["harmony", "render", path, "--training", "--role", "user"])).toBe(2);
});

it("parses text and ids, and says what was repaired", async () => {
  expect(
    await run(["harmony", "parse", "--role", "assistant", file('<|channel|>final {"a": 1}<|return|>\n')]),
  ).toBe(0);
  expect(captured.out).toContain('assistant final (return)\n{"a": 1}\n');
  expect(captured.out).toContain("missing-message-marker");
  captured.out = "";
  expect(await run(["harmony", "parse", "--json", file("[200006, 1428, 200008, 12194, 200007]")])).toBe(0);
  const { messages, diagnostics } = JSON.parse(captured.out) as { messages: object[]; diagnostics: object[] };
  expect(messages).toMatchObject([
    { role: "user", content: "Hi", terminator: "end", contentStart: 3, tokenEnd: 5 },
  ]);
  expect(diagnostics).toEqual([]);
});

it("fails where a mode refuses the output, and on wrong usage", async () => {
  expect(await run(["harmony", "parse", "--mode", "strict", file("<|end|>")])).toBe(1);
  expect(captured.err).toContain("Expected <|start|>");
  expect(await run(["harmony", "parse", "--mode", "x"])).toBe(2);
  expect(await run(["harmony", "render", file('{"messages": [{"role": "x"}]}')])).toBe(1);
  expect(captured.err).toContain("$.messages[0].role");
});

it("lints, and exits with 1 when it finds something", async () => {
  expect(await run(["harmony", "lint", file(conversation)])).toBe(0);
  expect(captured.out).toBe("");
  expect(await run(["harmony", "lint", file({ messages: [{ role: "tool", content: "x" }] })])).toBe(1);
  expect(captured.out).toContain("error messages[0].name tool-without-name");
});

it("shows where each token comes from", async () => {
  expect(await run(["harmony", "attribution", "--analysis", "none", file(conversation)])).toBe(0);
  const rows = captured.out.split("\n");
  expect(rows[1]).toMatch(/^ *1428 +0 role +'user'$/);
  expect(rows.filter((row) => row.endsWith("learned")).length).toBeGreaterThan(8);
  captured.out = "";
  expect(await run(["harmony", "attribution", "--json", file(conversation)])).toBe(0);
  expect((JSON.parse(captured.out) as object[])[1]).toMatchObject({
    id: 1428,
    message: 0,
    part: "role",
    charEnd: 4,
    weight: 0,
  });
});
