// The completion scripts in the shells themselves, where they are installed: what is offered after what was typed.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { createProgram, run } from "../../src/cli/main.ts";
import { captureOutput } from "./capture.ts";

const captured = captureOutput();
const folder = mkdtempSync(join(tmpdir(), "tokenwire-completion-"));
const scriptOf = (shell: string): string => join(folder, `tokenwire.${shell}`);
afterAll(() => rmSync(folder, { recursive: true }));

function isInstalled(shell: string): boolean {
  try {
    execFileSync(shell, ["-c", "exit 0"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** What each shell is told to say what it offers for the last of these words. */
const asking: Readonly<Record<string, (words: readonly string[]) => readonly string[]>> = {
  bash: (words) => [
    "--norc",
    "-c",
    `source '${scriptOf("bash")}'; COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _tokenwire; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  zsh: (words) => [
    "-f",
    "-c",
    `compdef() { :; }; _files() { :; }; compadd() { shift; print -l -- "$@"; }; _describe() { print -l -- "\${(@P)2%%:*}"; }
source '${scriptOf("zsh")}'; words=(${words.map((word) => `'${word}'`).join(" ")}); CURRENT=${words.length}; _tokenwire`,
  ],
  fish: (words) => ["--no-config", "-c", `source '${scriptOf("fish")}'; complete -C '${words.join(" ")}'`],
};

describe.each(Object.keys(asking))("%s", (shell) => {
  const isHere = isInstalled(shell);
  beforeEach(async () => {
    expect(await run(["completion", shell])).toBe(0);
    writeFileSync(scriptOf(shell), captured.out);
  });
  const offered = (...words: string[]): string[] =>
    execFileSync(shell, asking[shell]!(["tokenwire", ...words]), { encoding: "utf8", cwd: folder })
      .split("\n")
      .map((line) => line.split("\t")[0]!)
      .filter((line) => line !== "");

  it.skipIf(!isHere)("offers every command", () => {
    const commands = createProgram().commands.map((command) => command.name());
    expect(offered("")).toEqual(expect.arrayContaining(commands));
    expect(offered("engine", "")).toContain("check");
    expect(offered("engine", "")).not.toContain("serve");
  });

  it.skipIf(!isHere)("offers the options of a command, and their values", () => {
    expect(offered("serve", "--")).toEqual(expect.arrayContaining(["--port", "--api-key", "--help"]));
    expect(offered("serve", "--port", "1", "--quiet", "--")).toContain("--store");
    expect(offered("tokenize", "--encoding", "")).toContain("o200k_base");
    expect(offered("tokenize", "-e", "")).toContain("voyage3_base");
    expect(offered("tokenize", "--special", "")).toEqual(expect.arrayContaining(["text", "allow", "error"]));
    expect(offered("engine", "check", "--engine", "")).toContain("llama-server");
  });
});
