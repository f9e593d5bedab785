// One step of a choice whose earlier tokens come back from the client.

import type { OutputParser } from "@tokenwire/core/parsers";
import type { SampledLogprob } from "../generation.ts";
import { type ChoiceEvent, ChoiceOutput, type ChoiceOutputOptions } from "../output.ts";
import type { ReplayState, StateAfter } from "./stream-state.ts";
import type { GeneratedChoice } from "./token-response.ts";

export interface ReplayedStep {
  /** What earlier chunks told already. */
  readonly before: readonly ChoiceEvent[];
  /** What is new. */
  readonly events: readonly ChoiceEvent[];
  readonly state: StateAfter;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
}

/** Continues `state` with the tokens of a chunk. */
export function replayChoice(
  state: ReplayState,
  choice: GeneratedChoice,
  parser: OutputParser,
  options: ChoiceOutputOptions,
): ReplayedStep {
  const output = new ChoiceOutput(parser, options);
  const earlier = state.ids.map(
    (id, position): SampledLogprob => state.heldLogprobs.get(position) ?? { id, logprob: Number.NaN },
  );
  const sampled = [...earlier, ...(choice.logprobs ?? choice.ids.map((id) => ({ id, logprob: Number.NaN })))];
  const before = pinned(output.push(state.ids, options.logprobs ? earlier : undefined), state.toolCallIds);
  const fresh = output.push(choice.ids, options.logprobs ? sampled.slice(earlier.length) : undefined);
  if (choice.reason !== undefined) fresh.push(...output.finish(choice.reason, choice.matched));
  const events = [...before, ...fresh];
  return {
    before,
    events: fresh,
    state: {
      ids: [...state.ids, ...choice.ids],
      chunkLengths:
        choice.ids.length > 0 ? [...state.chunkLengths, choice.ids.length] : [...state.chunkLengths],
      toolCallIds: events.flatMap((event) => (event.type === "tool-call" ? [event.id] : [])),
      textLength: events.reduce((sum, event) => sum + (event.type === "text" ? event.text.length : 0), 0),
      held: options.logprobs ? heldAfter(events, sampled) : undefined,
    },
    completionTokens: output.completionTokens,
    reasoningTokens: output.reasoningTokens,
  };
}

/** Ids of calls are random; those that were told stay. */
function pinned(events: readonly ChoiceEvent[], ids: readonly string[]): ChoiceEvent[] {
  return events.map((event) =>
    event.type === "tool-call" ? { ...event, id: ids[event.index] ?? event.id } : event,
  );
}

/** The tokens after the last one whose log-probability was shown. */
function heldAfter(events: readonly ChoiceEvent[], sampled: readonly SampledLogprob[]): SampledLogprob[] {
  const last = events
    .flatMap((event) => (event.type === "text" ? (event.logprobs ?? []) : []))
    .at(-1)?.sampled;
  const rest = sampled.slice(last === undefined ? 0 : sampled.lastIndexOf(last) + 1);
  // JSON has no NaN; a gap means that the client did not bring everything back.
  const known = rest.findLastIndex((entry) => Number.isNaN(entry.logprob)) + 1;
  return rest.slice(known);
}
