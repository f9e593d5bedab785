// Lines that begin with a slash: they steer the session instead of being sent.

import { readFile } from "node:fs/promises";
import type { ConversationMessage } from "../../protocol/index.ts";
import type { BrowserTool } from "../../tools/index.ts";
import type { ReasoningDisplay } from "./display.ts";
import { type ChatSession, messageText } from "./session.ts";
import { readSession, restoreSession, saveSession } from "./session-file.ts";

export interface SessionState {
  readonly session: ChatSession;
  reasoning: ReasoningDisplay;
  /** Show the text of prompts and outputs with every control token. */
  raw: boolean;
  readonly browser?: BrowserTool | undefined;
}

/** What the loop does next. `block`: reads a message of several lines. */
export type SessionAction = "continue" | "exit" | "generate" | "block";

interface SessionCommand {
  readonly help: string;
  readonly run: (
    state: SessionState,
    argument: string,
    print: (text: string) => void,
  ) => SessionAction | Promise<SessionAction>;
}

const efforts = ["none", "minimal", "low", "medium", "high"];
const displays = ["full", "collapsed", "hidden"];

const commands: Readonly<Record<string, SessionCommand>> = {
  help: {
    help: "this list",
    run: (_state, _argument, print) => {
      for (const [name, { help }] of Object.entries(commands)) print(`/${name.padEnd(10)} ${help}`);
      return "continue";
    },
  },
  exit: { help: "leave (also Ctrl-D)", run: () => "exit" },
  clear: {
    help: "forget the conversation",
    run: ({ session }, _argument, print) => {
      session.messages.splice(
        0,
        session.messages.length,
        ...session.messages.filter((m) => m.role === "developer"),
      );
      print("The conversation is empty.");
      return "continue";
    },
  },
  undo: {
    help: "forget the last question and its answer",
    run: ({ session }, _argument, print) => {
      print(session.undo() ? "Forgotten." : "There is nothing to forget.");
      return "continue";
    },
  },
  retry: {
    help: "answer the last question anew",
    run: ({ session }, _argument, print) => {
      const question = session.messages.findLast((message) => message.role === "user");
      if (question === undefined || !session.undo()) {
        print("There is no question yet.");
        return "continue";
      }
      session.messages.push(question);
      return "generate";
    },
  },
  effort: {
    help: `reasoning effort: ${efforts.join(", ")}`,
    run: ({ session }, argument, print) => {
      if (efforts.includes(argument)) session.settings.effort = argument;
      else print(`Expected ${efforts.join(", ")}.`);
      return "continue";
    },
  },
  reasoning: {
    help: `show reasoning: ${displays.join(", ")}`,
    run: (state, argument, print) => {
      if (displays.includes(argument)) state.reasoning = argument as ReasoningDisplay;
      else print(`Expected ${displays.join(", ")}.`);
      return "continue";
    },
  },
  tokens: {
    help: "size of the conversation",
    run: ({ session }, _argument, print) => {
      print(`${session.countTokens()} of ${session.contextLength} tokens.`);
      return "continue";
    },
  },
  tools: {
    help: "tools the model may call",
    run: ({ session }, _argument, print) => {
      const { tools, toolNamespaces = [] } = session.settings;
      const functions = tools.map((tool) => tool.name);
      const own = toolNamespaces.flatMap((namespace) =>
        namespace.tools.length === 0
          ? [namespace.name]
          : namespace.tools.map((entry) => `${namespace.name}.${entry.name}`),
      );
      print([...own, ...functions].join(", ") || "None.");
      return "continue";
    },
  },
  developer: {
    help: "set the instructions before the conversation",
    run: ({ session }, argument, print) => {
      const rest = session.messages.filter((message) => message.role !== "developer");
      const instructions = argument === "" ? [] : [{ role: "developer" as const, content: argument }];
      session.messages.splice(0, session.messages.length, ...instructions, ...rest);
      print(argument === "" ? "No instructions." : "Instructions set.");
      return "continue";
    },
  },
  system: {
    help: "show the system settings, or set who the model is told to be",
    run: ({ session }, argument, print) => {
      const { settings, model } = session;
      if (argument !== "") settings.identity = argument;
      print(`Identity: ${settings.identity ?? "the format's default"}`);
      print(`Effort: ${settings.effort ?? "the model's default"}`);
      print(`Date: ${settings.currentDate ?? "none"}`);
      if (model.profile.format.kind !== "harmony") print("This model's template takes no identity.");
      return "continue";
    },
  },
  multiline: {
    help: 'write a message of several lines, up to one that ends with """',
    run: (_state, _argument, print) => {
      print('End with """.');
      return "block";
    },
  },
  copy: {
    help: "copy the last answer to the clipboard, through the terminal",
    run: ({ session }, _argument, print) => {
      const text = lastAnswer(session.messages);
      if (text === undefined) print("There is no answer yet.");
      else {
        // OSC 52: the terminal, also a remote one, puts it on its clipboard.
        process.stdout.write(`\u001b]52;c;${Buffer.from(text).toString("base64")}\u0007`);
        print(`${text.length} characters sent to the terminal's clipboard.`);
      }
      return "continue";
    },
  },
  file: {
    help: "send the text of a file",
    run: async ({ session }, argument, print): Promise<SessionAction> => {
      try {
        session.messages.push({ role: "user", content: await readFile(argument, "utf8") });
        return "generate";
      } catch (error) {
        print(`Cannot read ${argument}: ${(error as Error).message}`);
        return "continue";
      }
    },
  },
  save: {
    help: "write the session to a file",
    run: async ({ session, browser }, argument, print): Promise<SessionAction> => {
      const path = argument || "chat.json";
      try {
        await saveSession(session, path, browser);
        print(`Saved to ${path}.`);
      } catch (error) {
        print(`Cannot write ${path}: ${(error as Error).message}`);
      }
      return "continue";
    },
  },
  load: {
    help: "go on with a saved session",
    run: async ({ session, browser }, argument, print): Promise<SessionAction> => {
      try {
        const saved = await readSession(argument);
        session.messages.length = 0;
        restoreSession(session, saved, browser);
        print(`${saved.messages.length} messages.`);
      } catch (error) {
        print((error as Error).message);
      }
      return "continue";
    },
  },
  raw: {
    help: "show prompts and outputs with their control tokens: on, off",
    run: (state, argument, print) => {
      if (argument === "on" || argument === "off") state.raw = argument === "on";
      else print("Expected on or off.");
      return "continue";
    },
  },
};

function lastAnswer(messages: readonly ConversationMessage[]): string | undefined {
  const answer = messages.findLast(({ role, content }) => role === "assistant" && content !== null);
  return answer && messageText(answer);
}

/** Runs a line that begins with a slash. */
export async function runSessionCommand(
  line: string,
  state: SessionState,
  print: (text: string) => void,
): Promise<SessionAction> {
  const [, name = "", argument = ""] = /^\/(\S*)\s*(.*)$/.exec(line) ?? [];
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command !== undefined) return command.run(state, argument.trim(), print);
  print(`Unknown command /${name}. /help lists them; a line that begins with // is sent with one slash.`);
  return "continue";
}
