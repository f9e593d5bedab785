#!/usr/bin/env node
// The command line. Each command is one file that imports what it needs when it runs, so that `--help` stays fast.

import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { isTokenwireError } from "@tokenwire/core";
import { Command, CommanderError } from "commander";
import { applyPatchCommand } from "./commands/apply-patch.ts";
import { benchCommand } from "./commands/bench.ts";
import { chatCommand } from "./commands/chat.ts";
import { codecCommand } from "./commands/codec.ts";
import { compareCommand } from "./commands/compare.ts";
import { compileCommand } from "./commands/compile.ts";
import { completionCommand } from "./commands/completion.ts";
import { engineCommand } from "./commands/engine.ts";
import { evalCommand } from "./commands/eval.ts";
import { generateCommand } from "./commands/generate.ts";
import { harmonyCommand } from "./commands/harmony.ts";
import { inspectCommand } from "./commands/inspect.ts";
import { mapsCommand } from "./commands/maps.ts";
import { mcpCommand } from "./commands/mcp.ts";
import { parsersCommand } from "./commands/parsers.ts";
import { serveCommand } from "./commands/serve.ts";
import { tokenizeCommand } from "./commands/tokenize.ts";
import { paint, UsageError } from "./output.ts";

function version(): string {
  const manifest = createRequire(import.meta.url)("../../package.json") as { version: string };
  return manifest.version;
}

/** The whole command tree; also the source of the reference page. */
export function createProgram(): Command {
  const program = new Command("tokenwire")
    .description("Text, tokens and the wire between engines and clients.")
    .version(version(), "-V, --version", "print the version")
    .usage("<command> [options]")
    .helpCommand(false)
    .showHelpAfterError("Run with --help for the options.")
    .addHelpText("after", '\nRun "tokenwire <command> --help" for options and examples.');
  program.commandsGroup("Text and tokens");
  program.addCommand(tokenizeCommand());
  program.addCommand(compareCommand());
  program.addCommand(compileCommand());
  program.addCommand(parsersCommand());
  program.addCommand(harmonyCommand());
  program.addCommand(inspectCommand());
  program.commandsGroup("Serving");
  program.addCommand(serveCommand());
  program.addCommand(chatCommand());
  program.addCommand(generateCommand());
  program.addCommand(engineCommand());
  program.addCommand(mcpCommand());
  program.addCommand(applyPatchCommand());
  program.commandsGroup("Wire and quality");
  program.addCommand(codecCommand());
  program.addCommand(mapsCommand());
  program.addCommand(evalCommand());
  program.addCommand(benchCommand());
  program.addCommand(completionCommand());
  return program;
}

/** Errors and suggestions of every command go through here instead of ending the process. */
function override(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) override(child);
}

/**
 * Runs one command line.
 *
 * @returns the exit code: 0 ok, 1 failed, 2 wrong usage
 */
export async function run(argv: readonly string[]): Promise<number> {
  const program = createProgram();
  override(program);
  try {
    await program.parseAsync([...argv], { from: "user" });
    return process.exitCode === undefined ? 0 : Number(process.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const isKnown = error instanceof UsageError || isTokenwireError(error) || isSystemError(error);
    const text =
      error instanceof Error ? (isKnown ? error.message : (error.stack ?? error.message)) : String(error);
    process.stderr.write(`${paint("red", "error:", process.stderr)} ${text}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Errors of files, sockets and engines say enough in their message. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && ("syscall" in error || error.name === "EngineError");
}

function isEntryPoint(): boolean {
  const script = process.argv[1];
  return script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url);
}

if (isEntryPoint()) {
  // A reader that closed the pipe (`| head`) has all it wants.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  process.exitCode = await run(process.argv.slice(2));
}
