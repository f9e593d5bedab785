// Everything that happened in one step of a chat choice, as a single chunk.

import type { Tokenizer } from "@tokenwire/core/tokenizer";
import type { CompletionIdentity, ReasoningFields } from "../chat/stream.ts";
import { toWireLogprob, type WireLogprob } from "../logprobs.ts";
import type { ChoiceEvent } from "../output.ts";

interface CallDelta {
  readonly index: number;
  readonly id?: string;
  readonly type?: "function";
  readonly function: { readonly name?: string; arguments: string };
}

export interface ChatChunkOptions {
  readonly identity: CompletionIdentity;
  readonly index: number;
  readonly tokenizer: Tokenizer;
  readonly reasoningFields: ReasoningFields;
  readonly withRole: boolean;
}

interface Step {
  content: string;
  reasoning: string;
  readonly calls: Map<number, CallDelta>;
  readonly logprobs: WireLogprob[];
  finish: Extract<ChoiceEvent, { type: "finish" }> | undefined;
}

function take(step: Step, event: ChoiceEvent, tokenizer: Tokenizer): void {
  switch (event.type) {
    case "text":
      step.content += event.text;
      for (const each of event.logprobs ?? []) {
        // Of a token that came in an earlier chunk, when the client did not bring its probability back.
        if (!Number.isNaN(each.sampled.logprob)) step.logprobs.push(toWireLogprob(each, tokenizer));
      }
      return;
    case "reasoning":
      step.reasoning += event.text;
      return;
    case "tool-call": {
      const call = { name: event.name, arguments: "" };
      step.calls.set(event.index, { index: event.index, id: event.id, type: "function", function: call });
      return;
    }
    case "tool-arguments": {
      const call = step.calls.get(event.index);
      if (call) call.function.arguments += event.text;
      else step.calls.set(event.index, { index: event.index, function: { arguments: event.text } });
      return;
    }
    case "tool-end":
      return;
    case "finish":
      step.finish = event;
  }
}

/** The chunk for the events of one choice; never empty, so that every call has its answer. */
export function toChatChunk(events: readonly ChoiceEvent[], options: ChatChunkOptions): object {
  const { identity, index, tokenizer, reasoningFields, withRole } = options;
  const step: Step = { content: "", reasoning: "", calls: new Map(), logprobs: [], finish: undefined };
  for (const event of events) take(step, event, tokenizer);
  const { content, reasoning, calls, logprobs, finish } = step;
  const shows = (field: ReasoningFields): boolean => reasoningFields === "both" || reasoningFields === field;
  return {
    id: identity.id,
    object: "chat.completion.chunk",
    created: identity.created,
    model: identity.model,
    service_tier: "default",
    system_fingerprint: identity.fingerprint,
    choices: [
      {
        index,
        delta: {
          ...(withRole && { role: "assistant", refusal: null }),
          ...((content !== "" || withRole) && { content }),
          ...(reasoning !== "" && shows("reasoning") && { reasoning }),
          ...(reasoning !== "" && shows("reasoning_content") && { reasoning_content: reasoning }),
          ...(calls.size > 0 && { tool_calls: [...calls.values()] }),
        },
        logprobs: logprobs.length > 0 ? { content: logprobs, refusal: null } : null,
        finish_reason: finish?.reason ?? null,
        stop_reason: finish?.stopReason ?? null,
      },
    ],
  };
}
