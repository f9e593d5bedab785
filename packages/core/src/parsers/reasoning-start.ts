// Whether an output begins inside the reasoning. Decided once per request: by the message that is continued, by what
// the caller knows of the prompt, by the template's switch, and last by the format.

import type { ReasoningOptions } from "./output-parser.ts";
import type { ReasoningFormat, Start } from "./reasoning-format.ts";
import type { Dialect } from "./rules.ts";

export function startsInReasoning(
  format: ReasoningFormat,
  dialect: Dialect,
  options: ReasoningOptions,
): boolean {
  if (options.inReasoningAtStart !== undefined) return options.inReasoningAtStart;
  if (options.forceReasoning === true || options.thinkStartStripped === true) return true;
  const continued = continuedState(format, options.previousContent);
  if (continued !== undefined) return continued;
  return byStart(format.starts?.[dialect] ?? format.start, options.chatTemplateKwargs ?? {});
}

/** Where the message that is continued stands: after an opener, after a closer, or unknown. */
function continuedState(format: ReasoningFormat, previous: string | undefined): boolean | undefined {
  if (previous === undefined) return undefined;
  const last = (markers: readonly string[]) =>
    Math.max(...markers.map((marker) => previous.lastIndexOf(marker)));
  const opened = last(format.open);
  const closed = last(format.close);
  if (opened < 0 && closed < 0) return undefined;
  return opened > closed;
}

function byStart(start: Start, kwargs: Readonly<Record<string, unknown>>): boolean {
  if (start === "content" || start === "reasoning") return start === "reasoning";
  if ("unless" in start) return !start.unless.some((key) => kwargs[key] === false);
  return start.if.some((key) => kwargs[key] === (start.value ?? true));
}
