// `tokenwire harmony`: render conversations, parse outputs, lint, and show where each token comes from.

import { readFile } from "node:fs/promises";
import type {
  AnalysisPolicy,
  Conversation,
  HarmonyEncoding,
  ParsedMessage,
  ParseMode,
  RenderConfig,
  RenderProfile,
  Role,
} from "@tokenwire/core/harmony";
import { Command, Option } from "commander";
import {
  hasColour,
  paint,
  printable,
  printJson,
  readStandardInput,
  UsageError,
  writeOut,
} from "../output.ts";

const roles = ["user", "assistant", "system", "developer", "tool"];
const policies = ["upstream", "spec", "current-turn", "none"];
const profiles = ["harmony-0.0.8", "channel-first", "hf-template"];

const examples = `
Examples:
  $ tokenwire harmony render chat.json --role assistant         the prompt as text
  $ tokenwire harmony render chat.json --ids | tokenwire harmony parse
  $ tokenwire harmony parse --role assistant < output.txt       messages and what was repaired
  $ tokenwire harmony parse --mode strict --json ids.txt
  $ tokenwire harmony lint chat.json                            exits with 1 when it finds something
  $ tokenwire harmony attribution chat.json --json

FILE is a conversation as {"messages": [...]}; standard input without FILE or with "-".`;

export function harmonyCommand(): Command {
  return new Command("harmony")
    .summary("Render or parse harmony conversations")
    .description("Render, parse, lint and explain conversations in the harmony format of gpt-oss.")
    .addCommand(renderCommand())
    .addCommand(parseCommand())
    .addCommand(lintCommand())
    .addCommand(attributionCommand())
    .addHelpText("after", examples);
}

/** Options that decide how a conversation is rendered. */
function withRenderOptions(command: Command): Command {
  return command
    .addOption(new Option("--role <role>", "add the beginning of a message by this role").choices(roles))
    .addOption(
      new Option("--analysis <policy>", "which earlier reasoning to drop")
        .choices(policies)
        .default("upstream"),
    )
    .addOption(
      new Option("--profile <profile>", "habits of rendering").choices(profiles).default("harmony-0.0.8"),
    )
    .option("--extended-schemas", "show schema features that the trained form drops");
}

interface RenderFlags {
  readonly role?: Role;
  readonly analysis: AnalysisPolicy;
  readonly profile: RenderProfile;
  readonly extendedSchemas?: boolean;
  readonly training?: boolean;
  readonly ids?: boolean;
  readonly json?: boolean;
}

function renderCommand(): Command {
  return withRenderOptions(new Command("render").summary("Print a conversation as the model sees it"))
    .description("Print a conversation as the model sees it: as text, or as token IDs.")
    .argument("[file]", "conversation JSON")
    .option("--training", "end a last answer in <|return|>")
    .option("--ids", "print token IDs")
    .option("--json", "print tokens and text as JSON")
    .action(async (file: string | undefined, flags: RenderFlags) => {
      const encoding = await loadEncoding();
      const conversation = await readConversation(file);
      const config = renderConfig(flags);
      if (flags.training === true && flags.role !== undefined) {
        throw new UsageError("--training renders whole examples; it cannot be combined with --role.");
      }
      const ids =
        flags.training === true
          ? encoding.renderConversationForTraining(conversation, config)
          : flags.role === undefined
            ? encoding.renderConversation(conversation, config)
            : encoding.renderConversationForCompletion(conversation, flags.role, config);
      if (flags.json === true) printJson({ tokens: Array.from(ids), text: encoding.decode(ids) });
      else await writeOut(`${flags.ids === true ? ids.join(" ") : colouredText(encoding, ids)}\n`);
    });
}

function renderConfig({ analysis, profile, extendedSchemas }: RenderFlags): RenderConfig {
  return { analysis, profile, extendedSchemas };
}

/** Text with the special tokens told apart from text that merely looks like them. */
function colouredText(encoding: HarmonyEncoding, ids: Uint32Array): string {
  if (!hasColour(process.stdout)) return encoding.decode(ids);
  let text = "";
  let from = 0;
  ids.forEach((id, index) => {
    if (!encoding.isSpecialToken(id)) return;
    text += printable(encoding.decode(ids.subarray(from, index)));
    text += paint("cyan", encoding.decode([id]));
    from = index + 1;
  });
  return text + printable(encoding.decode(ids.subarray(from)));
}

interface ParseFlags {
  readonly role?: Role;
  readonly mode: ParseMode;
  readonly lenient?: boolean;
  readonly tools?: string;
  readonly text?: boolean;
  readonly json?: boolean;
}

function parseCommand(): Command {
  return new Command("parse")
    .summary("Read a model's output into messages")
    .description(
      "Read a model's output, as token IDs or as text with its markers, into messages. " +
        "Input of nothing but numbers is taken for IDs.",
    )
    .argument("[file]", "token IDs or text")
    .addOption(new Option("--role <role>", "the role that the prompt ended with").choices(roles))
    .addOption(
      new Option("--mode <mode>", "compat: as openai-harmony; strict: errors; recover: repairs")
        .choices(["compat", "strict", "recover"])
        .default("recover"),
    )
    .option("--lenient", "compat mode: accept headers without <|message|>")
    .option("--tools <names>", "names of known functions, separated by commas")
    .option("--text", "take the input for text even if it holds nothing but numbers")
    .option("--json", "print messages and diagnostics as JSON")
    .action(async (file: string | undefined, flags: ParseFlags) => {
      const encoding = await loadEncoding();
      const input = await readInput(file);
      const isText = flags.text === true || !/^[\s\d,[\]]+$/.test(input);
      // The line feed at the end of a file is the file's, not the model's.
      const ids = isText
        ? encoding.encode(input.replace(/\r?\n$/, ""), { allowedSpecial: "all" })
        : Uint32Array.from(input.match(/\d+/g) ?? [], Number);
      const { messages, diagnostics } = encoding.parseMessagesFromCompletionTokens(ids, {
        role: flags.role,
        mode: flags.mode,
        strict: flags.lenient !== true,
        knownTools: flags.tools?.split(","),
      });
      if (flags.json === true) printJson({ messages: messages.map(messageJson), diagnostics });
      else {
        for (const message of messages) await writeOut(messageText(message));
        for (const { severity, code, tokenStart, tokenEnd, text } of diagnostics) {
          const where = paint("dim", `tokens ${tokenStart}-${tokenEnd}`);
          await writeOut(`${severityText(severity)} ${code} ${where} ${printable(JSON.stringify(text))}\n`);
        }
      }
    });
}

function messageJson(message: ParsedMessage): Record<string, unknown> {
  const { terminator, complete, markerMissing, tokenStart, contentStart, contentEnd, tokenEnd } = message;
  const canonicalChannel = message.canonicalChannel ?? null;
  const span = { tokenStart, contentStart, contentEnd, tokenEnd };
  return { ...message.toJSON(), canonicalChannel, terminator, complete, markerMissing, ...span };
}

function messageText(message: ParsedMessage): string {
  const { role, name, channel, recipient, contentType, terminator, text } = message;
  const fields = [
    paint("bold", printable(name === undefined ? role : `${role}:${name}`)),
    ...(channel === undefined ? [] : [paint("yellow", printable(channel))]),
    ...(recipient === undefined ? [] : [`→ ${paint("magenta", printable(recipient))}`]),
    ...(contentType === undefined ? [] : [paint("blue", printable(contentType))]),
    paint("dim", `(${terminator})`),
  ];
  return `${fields.join(" ")}\n${printable(text)}\n\n`;
}

function severityText(severity: "info" | "warning" | "error"): string {
  const styles = { info: "dim", warning: "yellow", error: "red" } as const;
  return paint(styles[severity], severity);
}

function lintCommand(): Command {
  return new Command("lint")
    .summary("Find mistakes in a conversation")
    .description("Find what cannot be rendered, what cannot be read back, and what is probably a mistake.")
    .argument("[file]", "conversation JSON")
    .option("--tools <names>", "names of known functions, separated by commas")
    .option("--json", "print findings as JSON")
    .action(async (file: string | undefined, flags: { readonly tools?: string; readonly json?: boolean }) => {
      const { lintConversation } = await import("@tokenwire/core/harmony");
      const findings = lintConversation(await readConversation(file), {
        knownTools: flags.tools?.split(","),
      });
      if (flags.json === true) printJson(findings);
      else {
        for (const { severity, code, message, path, text } of findings) {
          await writeOut(
            `${severityText(severity)} messages[${message}].${path} ${code}: ${printable(text)}\n`,
          );
        }
      }
      if (findings.length > 0) process.exitCode = 1;
    });
}

function attributionCommand(): Command {
  return withRenderOptions(new Command("attribution").summary("Show where each token of a prompt comes from"))
    .description("Show each token of a rendered conversation with its message, its part and its loss weight.")
    .argument("[file]", "conversation JSON")
    .option("--json", "print as JSON")
    .action(async (file: string | undefined, flags: RenderFlags) => {
      const { lossMask, renderWithAttribution } = await import("@tokenwire/core/harmony");
      const { tokenRepr } = await import("../token-text.ts");
      const encoding = await loadEncoding();
      const conversation = await readConversation(file);
      const options = { ...renderConfig(flags), nextRole: flags.role };
      const rendering = renderWithAttribution(encoding, conversation, options);
      const weights = lossMask(rendering, conversation);
      const rows = Array.from(rendering.tokens, (id, index) => ({
        id,
        text: tokenRepr(encoding.decodeBytes([id])),
        ...rendering.origins[index]!,
        weight: weights[index]!,
      }));
      if (flags.json === true) {
        printJson(rows);
        return;
      }
      for (const { id, text, message, part, weight } of rows) {
        const learned = weight > 0 ? paint("green", "learned") : "";
        const owner = message === -1 ? "next" : String(message);
        const row = `${String(id).padStart(6)}  ${owner.padStart(4)} ${part.padEnd(12)} ${text} ${learned}`;
        await writeOut(`${row.trimEnd()}\n`);
      }
    });
}

async function loadEncoding(): Promise<HarmonyEncoding> {
  const [{ loadHarmonyEncoding }, { getEncoding }] = await Promise.all([
    import("@tokenwire/core/harmony"),
    import("@tokenwire/encodings"),
  ]);
  return loadHarmonyEncoding(getEncoding("o200k_harmony"));
}

function readInput(file: string | undefined): Promise<string> {
  return file === undefined || file === "-" ? readStandardInput() : readFile(file, "utf8");
}

async function readConversation(file: string | undefined): Promise<Conversation> {
  const { Conversation } = await import("@tokenwire/core/harmony");
  return Conversation.fromJSON(await readInput(file));
}
