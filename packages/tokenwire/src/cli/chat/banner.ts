// What a session begins with: the system message that the model gets, one line each.

import { SystemContent } from "@tokenwire/core/harmony";
import { paint } from "../output.ts";
import { type ChatSession, messageText } from "./session.ts";

export function printBanner({ model, settings, messages }: ChatSession): void {
  const stream = process.stdout.isTTY ? process.stdout : process.stderr;
  const line = (label: string, text: string): void => {
    stream.write(`${paint("cyan", `${label}:`, stream)} ${text}\n`);
  };
  const { tools, toolNamespaces = [] } = settings;
  const names = [...toolNamespaces, ...tools].map((tool) => tool.name);
  const enabled = (name: string): string =>
    names.some((known) => known === name || known.startsWith(`${name}.`)) ? "Enabled" : "Disabled";
  const defaults = SystemContent.new();
  line("Model", `${model.profile.id} on ${model.info.engine}`);
  stream.write(`${paint("cyan", "System Message:", stream)}\n`);
  if (model.profile.format.kind === "harmony") {
    line("Model Identity", settings.identity ?? defaults.modelIdentity ?? "none");
    line("Knowledge Cutoff", defaults.knowledgeCutoff ?? "none");
  }
  line("Reasoning Effort", settings.effort ?? "model's default");
  line("Conversation Start Date", settings.currentDate ?? "none");
  line("Browser Tool", enabled("browser"));
  line("Python Tool", enabled("python"));
  line("Apply Patch Function", enabled("apply_patch"));
  const others = names.filter((name) => !/^(?:browser|python|apply_patch)(?:$|\.)/.test(name));
  if (others.length > 0) line("Other Tools", others.join(", "));
  const developer = messages.find(({ role }) => role === "developer");
  if (developer !== undefined) {
    stream.write(`${paint("yellow", "Developer Message:", stream)}\n${messageText(developer)}\n`);
  }
  stream.write(
    `${paint("dim", "/help lists the commands, Ctrl-C stops an answer, Ctrl-D leaves.", stream)}\n`,
  );
}
