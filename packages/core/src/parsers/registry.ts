// Every format, one line each. Order is the order of the lists shown to users.

import type { ToolFormat } from "./format.ts";
import { NameTable } from "./names.ts";
import { base, thinkAuto } from "./reasoning/base.ts";
import { passthroughReasoning } from "./reasoning/passthrough.ts";
import { thinkTagFormats } from "./reasoning/think-tags.ts";
import type { ReasoningFormat } from "./reasoning-format.ts";
import type { Dialect } from "./rules.ts";
import { hermes } from "./tool/hermes.ts";
import { passthrough } from "./tool/passthrough.ts";

const toolFormats: readonly ToolFormat[] = [passthrough, hermes];

const reasoningFormats: readonly ReasoningFormat[] = [passthroughReasoning, base, thinkAuto, ...thinkTagFormats];

const toolTable = new NameTable<ToolFormat>("tool-call", toolFormats);
const reasoningTable = new NameTable<ReasoningFormat>("reasoning", reasoningFormats);

/** Canonical names of all tool-call formats. */
export function listToolParsers(): string[] {
  return toolTable.list();
}

/** Canonical names of all reasoning formats. */
export function listReasoningParsers(): string[] {
  return reasoningTable.list();
}

/** True for any name or alias of a tool-call format. */
export function hasToolParser(name: string, dialect?: Dialect): boolean {
  return toolTable.find(name, dialect) !== undefined;
}

/** True for any name or alias of a reasoning format. */
export function hasReasoningParser(name: string, dialect?: Dialect): boolean {
  return reasoningTable.find(name, dialect) !== undefined;
}

/** @throws TokenwireError UNKNOWN_PARSER */
export function getToolFormat(name: string, dialect?: Dialect): ToolFormat {
  return toolTable.get(name, dialect);
}

/** @throws TokenwireError UNKNOWN_PARSER */
export function getReasoningFormat(name: string, dialect?: Dialect): ReasoningFormat {
  return reasoningTable.get(name, dialect);
}
