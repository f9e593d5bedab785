// `tokenwire completion`: a script that teaches a shell what may be typed, made from the command tree.

import { Argument, Command } from "commander";
import { bashScript } from "../completion/bash.ts";
import { fishScript } from "../completion/fish.ts";
import { type CompletedCommand, completedCommands } from "../completion/words.ts";
import { zshScript } from "../completion/zsh.ts";
import { writeOut } from "../output.ts";

const scripts: Readonly<Record<string, (commands: readonly CompletedCommand[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

const examples = `
Examples:
  $ source <(tokenwire completion bash)                                        this shell; put it into ~/.bashrc
  $ tokenwire completion zsh > "\${fpath[1]}/_tokenwire"                         every zsh
  $ tokenwire completion fish > ~/.config/fish/completions/tokenwire.fish      every fish`;

export function completionCommand(): Command {
  return new Command("completion")
    .summary("Print a completion script for a shell")
    .description("Print a script that completes commands, options and their values in a shell.")
    .addArgument(new Argument("<shell>", "the shell").choices(Object.keys(scripts)))
    .addHelpText("after", examples)
    .action(async (shell: string, _: object, command: Command) => {
      const { listEncodingNames } = await import("@tokenwire/encodings");
      const { listEngineKinds } = await import("../../engines/index.ts");
      const known = { "--encoding": listEncodingNames(), "--engine": listEngineKinds() };
      await writeOut(scripts[shell]!(completedCommands(command.parent!, known)));
    });
}
