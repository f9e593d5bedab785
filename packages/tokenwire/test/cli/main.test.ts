// The command tree: help that a stranger can use, suggestions, exit codes, and where settings come from.

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { describe, expect, it, vi } from "vitest";
import { createProgram, run } from "../../src/cli/main.ts";
import { captureOutput } from "./capture.ts";

const captured = captureOutput();

function commandsOf(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...commandsOf(child)]);
}

describe("help", () => {
  it("lists every command with one line", async () => {
    expect(await run(["--help"])).toBe(0);
    for (const command of createProgram().commands) expect(captured.out).toContain(command.name());
  });

  it("describes every option and ends with examples", () => {
    for (const command of commandsOf(createProgram())) {
      if (command.commands.length > 0) continue;
      expect(command.description(), command.name()).not.toBe("");
      for (const option of command.options.filter(({ hidden }) => !hidden))
        expect(option.description, `${command.name()} ${option.flags}`).not.toBe("");
    }
  });
});

describe("wrong usage", () => {
  it.each([
    [["srve"], "Did you mean serve?"],
    [["serve", "--prot", "1"], "Did you mean --port?"],
    [["serve", "--port", "many"], "Expected an integer between 0 and 65535."],
    [["serve", "--keep-alive", "soon"], "Expected a duration"],
    [["serve", "--current-date", "yesterday"], "expected YYYY-MM-DD, today or none"],
    [["chat", "--json"], "--json needs --message"],
    [["chat", "--reasoning-effort", "huge"], "Allowed choices"],
  ])("exits with 2 for %j", async (argv, message) => {
    expect(await run(argv)).toBe(2);
    expect(captured.err).toContain(message);
  });

  it("exits with 1 when the engine does not exist", async () => {
    expect(await run(["generate", "embeded"])).toBe(1);
    expect(captured.err).toContain('Did you mean "embedded"?');
  });
});

describe("settings", () => {
  const printed = (): Record<string, { value: unknown; source: string }> => JSON.parse(captured.out);

  it("come from flags, then the environment, then the file, then defaults", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "tokenwire-")), "tokenwire.config.json");
    writeFileSync(
      file,
      JSON.stringify({ $schema: "x", port: 1, host: "::1", serve: { maxRunning: 3, keepAlive: "2s" } }),
    );
    vi.stubEnv("TOKENWIRE_HOST", "localhost");
    vi.stubEnv("TOKENWIRE_API_KEY", "a,b");
    vi.stubEnv("TOKENWIRE_STORE", "postgres://me:pass@word@host/db");
    expect(await run(["serve", "--config", file, "--print-config", "--port", "9"])).toBe(0);
    expect(printed()).toMatchObject({
      port: { value: 9, source: "flag" },
      host: { value: "localhost", source: "environment" },
      maxRunning: { value: 3, source: "file" },
      keepAlive: { value: 2_000, source: "file" },
      maxWaiting: { value: 100, source: "default" },
      apiKey: { value: "(2 set)", source: "environment" },
      store: { value: "postgres://me:***@host/db", source: "environment" },
    });
  });

  it.each([
    ['{"prot": 1}', 'unknown setting "prot"'],
    ['{"port": "x"}', "Expected an integer"],
    ['{"port": {}', "Cannot read"],
    ["[]", "must hold an object"],
  ])("refuse the file %s", async (text, message) => {
    const file = join(mkdtempSync(join(tmpdir(), "tokenwire-")), "c.json");
    writeFileSync(file, text);
    expect(await run(["serve", "--config", file, "--print-config"])).toBe(2);
    expect(captured.err).toContain(message);
  });
});

describe("generate and chat", () => {
  it("print tokens as lines, text, ids and JSON", async () => {
    const base = ["generate", "-p", "Once upon a time there was", "-l", "3"];
    expect(await run(base)).toBe(0);
    expect(captured.out).toMatch(/^Generated token: '.*', logprob: -\d/);
    captured.out = "";
    expect(await run([...base, "--format", "json"])).toBe(0);
    const { ids, text } = JSON.parse(captured.out) as { ids: number[]; text: string };
    expect(ids).toHaveLength(3);
    captured.out = "";
    expect(await run([...base, "--format", "text"])).toBe(0);
    expect(captured.out).toBe(`${text}\n`);
    captured.out = "";
    expect(await run([...base, "--format", "ids"])).toBe(0);
    expect(captured.out).toBe(`${ids.join("\n")}\n`);
  });

  it("answer one question on standard output", async () => {
    expect(await run(["chat", "-m", "What is the capital of France?", "--temperature", "0"])).toBe(0);
    expect(captured.out).toContain("Paris");
  });
});
