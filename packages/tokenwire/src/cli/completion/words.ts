// What may be typed after each command, read off the command tree: the source of the completion scripts.

import type { Command, Option } from "commander";

/** One command with what may follow it. */
export interface CompletedCommand {
  /** `engine check`; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly Word[];
  readonly options: readonly CompletedOption[];
}

export interface Word {
  readonly name: string;
  readonly description: string;
}

export interface CompletedOption {
  /** `-e` and `--encoding`. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** What its value may be, where that is known; otherwise files are offered. */
  readonly values: readonly string[];
}

/** Values by the name of the option, where the option itself does not list them. */
export type KnownValues = Readonly<Record<string, readonly string[]>>;

/** The tree, depth first. */
export function completedCommands(program: Command, known: KnownValues): CompletedCommand[] {
  return describe(program, "", known);
}

function describe(command: Command, path: string, known: KnownValues): CompletedCommand[] {
  const options = command.options
    .filter(({ hidden }) => !hidden)
    .map((option) => describeOption(option, known));
  const help = { names: ["-h", "--help"], description: "display help", takesValue: false, values: [] };
  const commands = command.commands.map((child) => ({
    name: child.name(),
    description: firstLine(child.summary() || child.description()),
  }));
  return [
    { path, commands, options: [...options, help] },
    ...command.commands.flatMap((child) => describe(child, `${path} ${child.name()}`.trim(), known)),
  ];
}

function describeOption(option: Option, known: KnownValues): CompletedOption {
  const names = [option.short, option.long].filter((name) => name !== undefined);
  const values = option.argChoices ?? known[option.long ?? ""] ?? [];
  return {
    names,
    description: firstLine(option.description),
    takesValue: option.required || option.optional,
    values,
  };
}

function firstLine(text: string): string {
  return text.split("\n")[0]!;
}
