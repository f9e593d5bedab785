// A session on disk: what was said, with which model and settings. Loaded to go on, or replayed without any engine.

import { readFile, rename, rm, writeFile } from "node:fs/promises";
import type { ConversationMessage, RequestedSampling } from "../../protocol/index.ts";
import type { BrowserState, BrowserTool } from "../../tools/index.ts";
import { UsageError } from "../output.ts";
import type { ChatSession, RecordedTurn } from "./session.ts";

export interface SavedSession {
  readonly tokenwire: "chat";
  readonly version: 1;
  readonly model: string;
  readonly engine: string;
  readonly effort?: string;
  readonly sampling?: RequestedSampling;
  readonly messages: readonly ConversationMessage[];
  /** What was sampled for the answers, by their place among the messages. */
  readonly turns?: readonly (RecordedTurn & { readonly message: number })[];
  /** The pages of the browser, so that its cursors go on. */
  readonly browser?: BrowserState;
}

export async function saveSession(session: ChatSession, path: string, browser?: BrowserTool): Promise<void> {
  const { model, messages, settings } = session;
  const turns = messages.flatMap((entry, message) => {
    const turn = session.turns.get(entry);
    return turn === undefined ? [] : [{ message, ...turn }];
  });
  const saved: SavedSession = {
    tokenwire: "chat",
    version: 1,
    model: model.profile.id,
    engine: model.info.engine,
    ...(settings.effort !== undefined && { effort: settings.effort }),
    sampling: settings.sampling,
    messages,
    turns,
    ...(browser && { browser: browser.session.exportState() }),
  };
  // Written beside it and renamed: an earlier session stays whole when this is cut off.
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(unfinished, `${JSON.stringify(saved, null, 2)}\n`, { mode: 0o600 });
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

const roles = new Set(["system", "developer", "user", "assistant", "tool"]);

/** Reads a saved session. Throws with what is wrong. */
export async function readSession(path: string): Promise<SavedSession> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new UsageError(`Cannot read the session ${path}: ${(error as Error).message}`);
  }
  const saved = value as Partial<SavedSession>;
  if (saved?.tokenwire !== "chat" || saved.version !== 1 || !Array.isArray(saved.messages)) {
    throw new UsageError(`${path} is not a saved chat session of this version.`);
  }
  const wrong = saved.messages.findIndex(
    (message) => !roles.has((message as ConversationMessage | null)?.role ?? ""),
  );
  if (wrong >= 0)
    throw new UsageError(`${path}: messages[${wrong}].role is none of ${[...roles].join(", ")}.`);
  return saved as SavedSession;
}

/** Puts a saved session in the place of this one; instructions of this one take the place of the saved ones. */
export function restoreSession(session: ChatSession, saved: SavedSession, browser?: BrowserTool): void {
  const { messages } = saved;
  const own = session.messages.filter(({ role }) => role === "developer");
  const rest = own.length === 0 ? messages : messages.filter(({ role }) => role !== "developer");
  session.messages.splice(0, session.messages.length, ...own, ...rest);
  for (const { message, ...turn } of saved.turns ?? []) {
    const entry = messages[message];
    if (entry !== undefined) session.turns.set(entry, turn);
  }
  if (browser && saved.browser) browser.session.importState(saved.browser);
}
