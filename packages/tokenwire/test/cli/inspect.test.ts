// `tokenwire inspect`: the page, the JSON and the template text.

import { expect, it } from "vitest";
import { run } from "../../src/cli/main.ts";
import { captureOutput } from "./capture.ts";

const captured = captureOutput();

it("prints a page that says what was found and where", async () => {
  expect(await run(["inspect", "gpt-oss-20b"])).toBe(0);
  expect(captured.out).toContain("131,072 tokens");
  expect(captured.out).toContain("harmony");
  expect(captured.out).toContain("<|return|> (200002)");
  expect(captured.out).toContain("Where this comes from");
});

it("prints JSON", async () => {
  expect(await run(["inspect", "gpt-oss-20b", "--json"])).toBe(0);
  const json = JSON.parse(captured.out) as Record<string, unknown>;
  expect(json).toMatchObject({
    id: "gpt-oss-20b",
    format: "harmony",
    contextLength: 131_072,
    toolParser: null,
  });
});

it("exits with 1 for a model that cannot be found, with 2 for a template that it lacks", async () => {
  expect(await run(["inspect", "no-such-model", "--offline"])).toBe(1);
  expect(captured.err).toContain("Accepted: a model folder");
  expect(await run(["inspect", "gpt-oss-20b", "--template", "rag"])).toBe(2);
  expect(captured.err).toContain("no chat template named rag");
});
