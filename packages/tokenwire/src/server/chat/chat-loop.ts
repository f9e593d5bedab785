// Generates the answer to a chat request in as many rounds as the calls that run here need.

import type { ChatRequest, Conversation, InnerMessage, Prompt } from "../../protocol/index.ts";
import { generationFor, readAnswer } from "../answer.ts";
import { toSignal } from "../cancellation.ts";
import type { RouteContext } from "../context.ts";
import { type ChoiceSink, type GenerationOptions, generateChoices } from "../generate.ts";
import { planNextRound } from "../tools/next-plan.ts";
import { openRounds } from "../tools/open-rounds.ts";
import { type Round, type RoundSink, ToolLoop } from "../tools/tool-loop.ts";
import type { Toolkit } from "../tools/toolkit.ts";
import { ChatOutput } from "./chat-output.ts";

/** Calls per completion, whatever `max_tool_calls` says. */
const maxCalls = 10;

export interface ChatLoop {
  readonly toolkit: Toolkit;
  /** With the toolkit's functions in its conversation. */
  readonly request: ChatRequest;
  /** The first answer; its usage counts for all of them. */
  readonly first: GenerationOptions & { readonly prompt: Prompt };
  /** Gets what came before the answer. */
  readonly inner: InnerMessage[];
}

/**
 * The conversation with functions that run here, and with their calls as far as its client forgot them. Without a choice
 * of the client's the model is free to call.
 */
export function withServerTools(
  { server, tenant }: RouteContext,
  conversation: Conversation,
  toolkit: Toolkit,
): Conversation {
  const messages = server.innerMemory.restore(tenant, conversation.messages);
  const isOpen = conversation.tools.length === 0 && toolkit.entries.length > 0;
  const toolChoice = isOpen ? ({ mode: "auto" } as const) : conversation.toolChoice;
  return toolkit.addTo({ ...conversation, messages, toolChoice });
}

/** Waits for a slot and runs to the end; the tools are disposed then. */
export async function runChatLoop(context: RouteContext, loop: ChatLoop, sink: ChoiceSink): Promise<void> {
  try {
    await context.server.admission.run(context, () => runRounds(context, loop, sink));
  } finally {
    // Not awaited: a server that is slow to say goodbye must not hold up the answer.
    void loop.toolkit.dispose();
  }
}

async function runRounds(context: RouteContext, loop: ChatLoop, sink: ChoiceSink): Promise<void> {
  const { server, observation, tenant } = context;
  const { toolkit, request, first, inner } = loop;
  const { model, usage } = first;
  const output = new ChatOutput({
    toolkit,
    inner,
    start: () => sink.start?.(0, undefined),
    emit: (events) => sink.push(0, events, []),
  });
  const signal = toSignal(context.signal);
  const rounds = new ToolLoop({
    output,
    toolkit,
    usage,
    signal,
    observation,
    rounds: openRounds(context, model, toolkit.names),
    limits: server.tools,
    maxCalls: Math.min(request.maxToolCalls ?? maxCalls, maxCalls, server.tools.maxCalls ?? maxCalls),
    totalTime: server.settings.timeouts.total,
    first: { prompt: first.prompt, plan: first.plans[0]!, conversation: request.conversation },
    plan: ({ prompt, conversation }, sampledTokens) =>
      planNextRound(model, { ...request, conversation }, prompt, sampledTokens),
    generate: (round, to) => generateRound(context, loop, round, sink, to),
  });
  await rounds.run();
  if (output.returnedId !== undefined) server.innerMemory.keep(tenant, output.returnedId, inner);
  output.end();
}

/** Asks the engine once. */
function generateRound(
  context: RouteContext,
  { request, first: { id, model } }: ChatLoop,
  { prompt, plan, usage, conversation, signal }: Round,
  sink: ChoiceSink,
  to: RoundSink,
): Promise<void> {
  const reading = readAnswer(model, { ...request, conversation }, prompt);
  return generateChoices(
    { id, plans: [plan], usage, ...generationFor({ ...context, signal }, model, reading) },
    {
      ...(sink.coalesceMs !== undefined && { coalesceMs: sink.coalesceMs }),
      start: () => to.started(),
      push: (_choice, events, tokenIds) => to.push(events, tokenIds),
      get pressure() {
        return sink.pressure;
      },
    },
  );
}
