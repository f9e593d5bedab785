// What a client of streaming derender carries from one call to the next. The server keeps nothing: it replays the ids
// in the state, and continues. The members are vLLM's; `tokenwire_state` adds what they cannot say.

import { z } from "zod";
import { invalidRequest } from "../api-error.ts";
import type { SampledLogprob } from "../generation.ts";
import { integerFrom, optional, parseBody } from "../validation.ts";
import { checkVocabulary, type TokenBounds } from "./token-response.ts";

/** The state before a chunk. */
export interface ReplayState {
  readonly ids: readonly number[];
  readonly chunkLengths: readonly number[];
  readonly roleSent: boolean;
  readonly toolCallIds: readonly string[];
  /** Of tokens whose log-probability no chunk has shown yet, by position. */
  readonly heldLogprobs: ReadonlyMap<number, SampledLogprob>;
}

const emptyState: ReplayState = {
  ids: [],
  chunkLengths: [],
  roleSent: false,
  toolCallIds: [],
  heldLogprobs: new Map(),
};

const pair = z.tuple([integerFrom(0), z.number()]);
const own = z.object({
  version: z.literal(1),
  /** Position of the first token in `logprobs`. */
  from: integerFrom(0),
  logprobs: z.array(z.object({ logprob: z.number(), top: optional(z.array(pair).max(20)) })),
});
const fields = z.object({
  prev_tokens: optional(z.array(z.string()).max(1024)),
  prefix_offset: optional(integerFrom(0)),
  read_offset: optional(integerFrom(0)),
  role_sent: optional(z.boolean()),
  logprob_context_token_ids: optional(z.array(integerFrom(0)).max(4)),
  logprob_text_offset: optional(integerFrom(0)),
  output_token_ids: optional(z.array(integerFrom(0))),
  output_chunk_lens: optional(z.array(integerFrom(1))),
  tools_streamed: optional(z.boolean()),
  last_tool_call_ids: optional(z.array(z.string().max(256)).max(1024)),
  tokenwire_state: optional(own),
});

const path = "stream_state";

/** Reads a state, which is not to be trusted. Absent or null: the beginning. */
export function parseStreamState(value: unknown, bounds: TokenBounds): ReplayState {
  if (value === undefined || value === null) return emptyState;
  const wire = parseBody(fields, value, [path]);
  const ids = wire.output_token_ids ?? [];
  const lengths = wire.output_chunk_lens ?? [];
  if (ids.length > bounds.tokens) {
    throw invalidRequest(
      `${path}.output_token_ids`,
      `${path}.output_token_ids: at most ${bounds.tokens} tokens are allowed, got ${ids.length}.`,
    );
  }
  checkVocabulary(ids, `${path}.output_token_ids`, bounds.vocabSize);
  const sum = lengths.reduce((total, length) => total + length, 0);
  if (sum !== ids.length) {
    throw invalidRequest(
      `${path}.output_chunk_lens`,
      `${path}.output_chunk_lens: must add up to the ${ids.length} output_token_ids, got ${sum}.`,
    );
  }
  return {
    ids,
    chunkLengths: lengths,
    roleSent: wire.role_sent ?? false,
    toolCallIds: wire.last_tool_call_ids ?? [],
    heldLogprobs: toHeld(wire.tokenwire_state, ids, bounds),
  };
}

function toHeld(
  wire: z.output<typeof own> | undefined,
  ids: readonly number[],
  { vocabSize }: TokenBounds,
): Map<number, SampledLogprob> {
  const held = new Map<number, SampledLogprob>();
  if (wire === undefined) return held;
  const at = `${path}.tokenwire_state.logprobs`;
  if (wire.from + wire.logprobs.length > ids.length) {
    throw invalidRequest(at, `${at}: reaches beyond the ${ids.length} output_token_ids.`);
  }
  wire.logprobs.forEach(({ logprob, top }, index) => {
    const position = wire.from + index;
    const alternatives = top?.map(([id, probability]) => ({ id, logprob: probability }));
    if (alternatives)
      checkVocabulary(
        alternatives.map(({ id }) => id),
        `${at}[${index}].top`,
        vocabSize,
      );
    held.set(position, { id: ids[position]!, logprob, ...(alternatives && { top: alternatives }) });
  });
  return held;
}

/** The state after a chunk, on the wire. */
export interface StateAfter {
  readonly ids: readonly number[];
  readonly chunkLengths: readonly number[];
  readonly toolCallIds: readonly string[];
  /** UTF-16 length of the text shown so far. */
  readonly textLength: number;
  /** From the first token that was not shown to the last; undefined: no log-probabilities. */
  readonly held: readonly SampledLogprob[] | undefined;
}

export function toStreamState(state: StateAfter): object {
  const { ids, chunkLengths, toolCallIds, textLength, held } = state;
  return {
    prev_tokens: [],
    prefix_offset: 0,
    read_offset: 0,
    role_sent: true,
    logprob_context_token_ids: ids.slice(-4),
    logprob_text_offset: textLength,
    output_token_ids: ids,
    output_chunk_lens: chunkLengths,
    tools_streamed: toolCallIds.length > 0,
    last_tool_call_ids: toolCallIds,
    ...(held && {
      tokenwire_state: {
        version: 1,
        from: ids.length - held.length,
        logprobs: held.map(({ logprob, top }) => ({
          logprob,
          ...(top && { top: top.map((other) => [other.id, other.logprob]) }),
        })),
      },
    }),
  };
}
