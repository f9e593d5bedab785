// Everything that happened in one step of a chat choice, as a single chunk.

import type { Tokenizer } from "@tokenwire/core/tokenizer";
import type { CompletionIdentity, ReasoningFields } from "../chat/stream.ts";
import { toWireLogprob, type WireLogprob } from "../logprobs.ts";
import type { ChoiceEvent } from "../output.ts";

interface CallDelta {
  readonly index: number;
  readonly id?: string;
  readonly name?: string;
  readonly custom: boolean;
  text: string;
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
      const { index, id, name, custom = false } = event;
      step.calls.set(index, { index, id, name, custom, text: "" });
      return;
    }
    case "tool-arguments": {
      const { index, text, custom = false } = event;
      const call = step.calls.get(index);
      if (call) call.text += text;
      else step.calls.set(index, { index, custom, text });
      return;
    }
    case "tool-end":
      return;
    case "finish":
      step.finish = event;
  }
}

function toWireDelta({ index, id, name, custom, text }: CallDelta): object {
  const type = custom ? "custom" : "function";
  const body = { ...(name !== undefined && { name }), [custom ? "input" : "arguments"]: text };
  return { index, ...(id !== undefined && { id, type }), [type]: body };
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
          ...(calls.size > 0 && { tool_calls: [...calls.values()].map(toWireDelta) }),
        },
        logprobs: logprobs.length > 0 ? { content: logprobs, refusal: null } : null,
        finish_reason: finish?.reason ?? null,
        stop_reason: finish?.stopReason ?? null,
      },
    ],
  };
}
