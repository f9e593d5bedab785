// Checks of the event stream: order, counts, ends, limits, and whether the engine is ready at all.

import { EngineError, type EngineErrorCode, type GenerateRequest } from "../engine.ts";
import type { Check } from "./check.ts";
import { type CheckContext, lengthOf } from "./context.ts";
import { must, need } from "./report.ts";

/** The code of the error that a request raises before its start. */
async function refusal(context: CheckContext, request: GenerateRequest): Promise<EngineErrorCode | string> {
  try {
    for await (const event of context.engine.generate(request)) {
      if (event.type === "finish" && event.error !== undefined) return `${event.error.code} after start`;
      if (event.type !== "start") return `an answer that begins with "${event.type}"`;
    }
  } catch (error) {
    return error instanceof EngineError ? error.code : `${String(error)}, which is no EngineError`;
  }
  return "an empty answer";
}

export const streamChecks: readonly Check[] = [
  {
    id: "C1",
    title: "events come in order; stop, length and abort are told apart",
    async run(context) {
      const stopped = await context.answer();
      must(stopped.reason === "stop", `a prompt with a natural end finished with "${stopped.reason}"`);
      const cut = await context.answer({ sampling: { maxTokens: 2, ignoreEos: true } });
      must(cut.reason === "length", `maxTokens 2 finished with "${cut.reason}"`);
      must(cut.ids.length === 2 || cut.text !== "", `maxTokens 2 gave ${cut.ids.length} tokens`);
      return `a greedy answer of ${lengthOf(stopped)}`;
    },
  },
  {
    id: "C2",
    title: "usage equals the ids that came",
    async run(context) {
      need(context.info.capabilities.output === "tokens", "the engine gives text");
      for (const prompt of context.tokenPrompts.slice(0, 4)) {
        const { answers, promptTokens } = await context.collect(context.request({ prompt }));
        const usage = answers[0]?.usage;
        must(usage !== undefined, "the finish has no usage");
        must(
          usage.promptTokens === prompt.length,
          `usage says ${usage.promptTokens} prompt tokens, not ${prompt.length}`,
        );
        must(
          promptTokens === undefined || promptTokens === prompt.length,
          `start says ${promptTokens} prompt tokens`,
        );
      }
      return "prompt and completion counts agree";
    },
  },
  {
    id: "C3",
    title: "the id that ends an answer is delivered and named, whichever it is",
    async run(context) {
      need(context.info.capabilities.output === "tokens", "the engine gives text");
      const answer = await context.answer();
      const last = answer.ids.at(-1);
      must(last !== undefined && context.info.eosTokenIds.includes(last), `the last id ${last} is no EOS id`);
      must(answer.matched === last, `matched is ${answer.matched}, the last id ${last}`);
      need(context.info.capabilities.stopTokenIds, "no stop ids");
      const [chosen] = answer.ids.slice(1);
      need(chosen !== undefined && answer.ids.length > 2, "the answer is too short to be stopped earlier");
      const early = await context.answer({ rest: { stop: { tokenIds: [chosen] } } });
      must(early.reason === "stop" && early.matched === chosen, `stop id ${chosen} did not stop the answer`);
      must(early.ids.at(-1) === chosen, `stop id ${chosen} was not delivered`);
      return `ended by ${last}, then by ${chosen}`;
    },
  },
  {
    id: "C10",
    title: "a prompt beyond the context, and an id beyond the vocabulary, are refused before the start",
    async run(context) {
      const { maxContext, vocabSize } = context.info;
      const [id = 0] = context.tokenPrompts[0] ?? [];
      need(maxContext <= 4_194_304, "the context is too large to be exceeded");
      const long = await refusal(
        context,
        context.request({ prompt: new Array<number>(maxContext + 1).fill(id), sampling: { maxTokens: 1 } }),
      );
      must(
        long === "context_length",
        `a prompt of ${maxContext + 1} tokens gave ${long}, not context_length`,
      );
      need(vocabSize !== undefined, "the vocabulary's size is unknown");
      const unknown = await refusal(context, context.request({ prompt: [vocabSize] }));
      must(unknown === "invalid_request", `id ${vocabSize} gave ${unknown}, not invalid_request`);
      return "context_length and invalid_request";
    },
  },
  {
    id: "C20",
    title: "health is ok and the description makes sense",
    async run(context) {
      const { ok, detail } = await context.engine.health();
      must(ok, `health says no: ${detail ?? "without a reason"}`);
      const { info } = context;
      must(info.model !== "" && info.servedNames.length > 0, "the model has no name");
      must(info.maxContext > 0, `maxContext is ${info.maxContext}`);
      must(info.eosTokenIds.length > 0 || info.capabilities.output === "text", "there are no EOS ids");
      const outside = info.eosTokenIds.find((id) => id >= (info.vocabSize ?? Number.POSITIVE_INFINITY));
      must(outside === undefined, `EOS id ${outside} is outside the vocabulary`);
      return `${info.engine}, context ${info.maxContext}, vocabulary ${info.vocabSize ?? "unknown"}`;
    },
  },
];
