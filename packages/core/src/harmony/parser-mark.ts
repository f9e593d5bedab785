// A point in a stream to return to, for undo. Taking one costs no more than the open header and its fields: messages
// and tokens only grow, so their lengths say enough.

import type { ParsedMessage } from "./parsed-message.ts";
import type { ParserCore } from "./parser-core.ts";
import type { CoreFields } from "./parser-fields.ts";
import type { LogMark } from "./token-log.ts";

export interface ParserMark {
  readonly fields: CoreFields;
  readonly log: LogMark;
  /** The latest message, which a late token can replace. */
  readonly lastMessage: ParsedMessage | undefined;
  readonly messages: number;
  readonly diagnostics: number;
}

export function markParser(core: ParserCore): ParserMark {
  return {
    fields: core.saveFields(),
    log: { ...core.log.mark(), tokens: core.position },
    lastMessage: core.messages.at(-1),
    messages: core.messages.length,
    diagnostics: core.diagnostics.length,
  };
}

export function rollback(core: ParserCore, mark: ParserMark): void {
  core.restoreFields(mark.fields);
  core.log.rollback(mark.log);
  core.messages.length = mark.messages;
  core.diagnostics.length = mark.diagnostics;
  if (mark.lastMessage !== undefined) core.messages[mark.messages - 1] = mark.lastMessage;
}
