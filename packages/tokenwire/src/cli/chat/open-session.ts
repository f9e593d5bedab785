// A session from the flags of `tokenwire chat`: the engine, the tools in the prompt, the instructions.

import { readFile } from "node:fs/promises";
import type { Tool } from "../../tools/index.ts";
import { openServedModel } from "../model.ts";
import { ChatSession } from "./session.ts";
import { presentTools } from "./session-tools.ts";

export interface SessionFlags {
  readonly profile?: string;
  readonly reasoningEffort?: string;
  readonly developerMessage?: string;
  readonly developerFile?: string;
  readonly systemIdentity?: string;
  readonly tools?: string;
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly maxTokens?: number;
  readonly context?: number;
  readonly startDate?: string;
}

/** Opens the engine and a conversation with it; whoever holds the session closes its engine. */
export async function openSession(
  engine: string,
  flags: SessionFlags,
  own: readonly Tool[],
): Promise<ChatSession> {
  const { parseChatTools, toRequestBody } = await import("../../protocol/index.ts");
  const { parseJson } = await import("@tokenwire/core/json");
  const declared =
    flags.tools === undefined
      ? []
      : parseChatTools(toRequestBody(new Map([["tools", parseJson(await readFile(flags.tools))]])));
  const developer = await developerText(flags, own);
  const model = await openServedModel({ engine, profile: flags.profile, contextLength: flags.context });
  const { functions, namespaces } = presentTools(own, model.profile.format.kind === "harmony");
  const session = new ChatSession(model, {
    sampling: {
      ...(flags.temperature !== undefined && { temperature: flags.temperature }),
      ...(flags.topP !== undefined && { topP: flags.topP }),
      ...(flags.seed !== undefined && { seed: flags.seed }),
      ...(flags.maxTokens !== undefined && { maxTokens: flags.maxTokens }),
      ignoreEos: false,
      stop: [],
      stopTokenIds: [],
      includeStop: false,
      skipSpecialTokens: true,
    },
    tools: [...declared, ...functions],
    toolNamespaces: namespaces,
    currentDate: flags.startDate ?? localDate(),
    effort: flags.reasoningEffort,
    identity: flags.systemIdentity,
  });
  if (developer !== "") session.messages.push({ role: "developer", content: developer });
  return session;
}

/** The user's instructions; behind them, how to write patches, where the model may. */
async function developerText(flags: SessionFlags, own: readonly Tool[]): Promise<string> {
  const { developerFile, developerMessage = "" } = flags;
  const text = developerFile === undefined ? developerMessage : await readFile(developerFile, "utf8");
  if (!own.some(({ name }) => name === "apply_patch")) return text;
  const { applyPatchInstructions } = await import("../../tools/index.ts");
  return text === "" ? applyPatchInstructions : `${text}\n${applyPatchInstructions}`;
}

function localDate(): string {
  return new Date().toLocaleDateString("sv-SE");
}

/** Names of the functions whose results someone else gives. */
export function declaredFunctions(session: ChatSession, own: readonly Tool[]): string[] {
  const names = own.map((tool) => tool.name);
  const isOwn = (name: string): boolean => names.some((tool) => name === tool || name.startsWith(`${tool}.`));
  return session.settings.tools.map((tool) => tool.name).filter((name) => !isOwn(name));
}
