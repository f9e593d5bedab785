// Rules that several routes share: unknown fields, and what prompts are told about the world.

import { type PromptSettings, unsupportedParameter } from "../protocol/index.ts";
import type { Caller } from "./context.ts";
import type { ServerSettings } from "./options.ts";

/** Unknown fields are logged, or refused by name where the operator asked for that. */
export function refuseUnknown(
  { server, requestId }: Pick<Caller, "server" | "requestId">,
  fields: readonly string[],
): void {
  const [first] = fields;
  if (first === undefined) return;
  if (server.settings.strict) {
    throw unsupportedParameter(
      first.slice(0, 80),
      `Unknown parameter: ${JSON.stringify(first.slice(0, 80))}.`,
    );
  }
  server.log.debug({ requestId, fields: fields.slice(0, 10) }, "unknown request fields ignored");
}

/** The local date, `YYYY-MM-DD`. */
function today(): string {
  const now = new Date();
  const pad = (value: number): string => String(value).padStart(2, "0");
  return `${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`;
}

export function promptSettings({ currentDate }: ServerSettings): PromptSettings {
  if (currentDate === "none") return {};
  return { currentDate: currentDate === "today" ? today() : currentDate };
}
