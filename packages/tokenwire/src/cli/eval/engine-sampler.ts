// Asking an engine in this process, without HTTP; the tools that were asked for run here too.

import type { Sampler } from "../../evals/index.ts";
import type { RequestedSampling } from "../../protocol/index.ts";
import type { ServedModel } from "../../server/index.ts";
import type { Tool } from "../../tools/index.ts";
import { answerTurn } from "../chat/answer-turn.ts";
import { ChatSession, messageText } from "../chat/session.ts";
import { presentTools } from "../chat/session-tools.ts";

export interface EngineSamplerOptions {
  readonly model: ServedModel;
  readonly sampling: Pick<RequestedSampling, "temperature" | "topP" | "maxTokens">;
  readonly effort?: string | undefined;
  /** `YYYY-MM-DD` that the model is told, so that prompts do not change from day to day. */
  readonly currentDate?: string | undefined;
  /** Makes the tools of one sample; absent: none. */
  readonly createTools?: (() => readonly Tool[]) | undefined;
}

/** A sampler over an engine. Every sample is a conversation of its own, with tools of its own. */
export function createEngineSampler(options: EngineSamplerOptions): Sampler {
  const { model, sampling, effort, currentDate, createTools } = options;
  return async (messages, signal = new AbortController().signal) => {
    const tools = createTools?.() ?? [];
    const use = { calls: 0, failures: 0 };
    try {
      const { functions, namespaces } = presentTools(tools, model.profile.format.kind === "harmony");
      const session = new ChatSession(model, {
        sampling: {
          ...sampling,
          ignoreEos: false,
          stop: [],
          stopTokenIds: [],
          includeStop: false,
          skipSpecialTokens: true,
        },
        tools: functions,
        toolNamespaces: namespaces,
        currentDate,
        effort,
      });
      session.messages.push(...messages);
      const { total, toolTokens } = await answerTurn({
        session,
        signal,
        show: () => undefined,
        runner: {
          tools,
          functions: [],
          yes: true,
          ask: undefined,
          show: () => undefined,
          onResult: (failed) => {
            use.calls += 1;
            use.failures += failed ? 1 : 0;
          },
        },
      });
      signal.throwIfAborted();
      const answer = session.messages.at(-1);
      return {
        text: answer?.role === "assistant" ? messageText(answer) : "",
        usage: {
          inputTokens: total.promptTokens,
          cachedTokens: total.cachedTokens,
          outputTokens: total.completionTokens,
          reasoningTokens: total.reasoningTokens,
          ...(toolTokens > 0 && { toolTokens }),
        },
        retries: 0,
        ...(createTools && { tools: use }),
      };
    } finally {
      await Promise.all(tools.map((tool) => tool.dispose?.()));
    }
  };
}
