// The state of a parser as plain data: what a snapshot holds, a fork copies and an undo restores.

import { HarmonyError } from "./harmony-error.ts";
import type { Header } from "./header.ts";
import type { HeaderPiece } from "./header-elements.ts";
import type { Role } from "./message.ts";
import type { Opening } from "./parsed-message.ts";

/** Names as in openai-harmony. */
export type StreamState = "ExpectStart" | "Header" | "Content";

/** `limbo`: text between messages that may turn out to be a header. */
export type Phase = "between" | "limbo" | "header" | "content";

interface CommonFields {
  readonly header: Header | undefined;
  readonly pendingRole: Role | undefined;
  readonly contentStart: number;
  readonly content: string;
  readonly delta: string | undefined;
  readonly messageStart: number;
  /** Units fed so far. */
  readonly position: number;
  /** Bytes that are no text yet. */
  readonly pending: readonly number[];
}

export interface CompatFields extends CommonFields {
  readonly mode: "compat";
  readonly state: StreamState;
  readonly headerTokens: readonly number[];
  readonly promptOpened: boolean;
  readonly undecodable: boolean;
}

export interface RecoverFields extends CommonFields {
  readonly mode: "recover";
  readonly phase: Phase;
  readonly pieces: readonly HeaderPiece[];
  readonly opening: Opening;
  readonly markerMissing: boolean;
  readonly provisional: boolean;
  readonly unannounced: boolean;
}

export type CoreFields = CompatFields | RecoverFields;

export function wrongFields(found: string, wanted: string): HarmonyError {
  return new HarmonyError(
    "invalid-snapshot",
    `This parser reads in ${wanted} mode, the state is of ${found} mode.`,
  );
}
