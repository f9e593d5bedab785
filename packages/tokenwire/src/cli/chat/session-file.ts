// A session on disk: what was said, with which model and settings. Loaded to go on, or replayed without any engine.

import { readFile, rename, rm, writeFile } from "node:fs/promises";
import type { ConversationMessage } from "../../protocol/index.ts";
import { UsageError } from "../output.ts";
import type { ChatSession } from "./session.ts";

export interface SavedSession {
  readonly tokenwire: "chat";
  readonly version: 1;
  readonly model: string;
  readonly engine: string;
  readonly effort?: string;
  readonly messages: readonly ConversationMessage[];
}

export async function saveSession(session: ChatSession, path: string): Promise<void> {
  const { model, messages, settings } = session;
  const saved: SavedSession = {
    tokenwire: "chat",
    version: 1,
    model: model.profile.id,
    engine: model.info.engine,
    ...(settings.effort !== undefined && { effort: settings.effort }),
    messages,
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
