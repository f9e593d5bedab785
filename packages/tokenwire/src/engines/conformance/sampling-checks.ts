// Checks of what is sampled: parity, log-probabilities, seeds, biases, minimum length.

import { EngineError } from "../engine.ts";
import type { Check } from "./check.ts";
import { type Answer, said } from "./context.ts";
import { must, need, Skip } from "./report.ts";

const defaultTolerance = 2e-3;

function checkTopLists(answer: Answer, count: number): void {
  for (const [index, entry] of answer.logprobs.entries()) {
    if (entry === undefined) continue;
    const { id, logprob, top } = entry;
    must(logprob <= 0, `log-probability ${logprob} of token ${index} is above 0`);
    must(id === answer.ids[index], `log-probability ${index} is for id ${id}, not ${answer.ids[index]}`);
    must(count === 0 || (top !== undefined && top.length > 0), `token ${index} has no alternatives`);
    if (top === undefined || count === 0) continue;
    must(top.length <= count, `token ${index} has ${top.length} alternatives, ${count} were asked for`);
    must(
      top.every((entry, at) => at === 0 || entry.logprob <= (top[at - 1]?.logprob ?? 0)),
      `the alternatives of token ${index} are not sorted`,
    );
    must(
      top[0]?.id === id || top[0]?.logprob === logprob,
      `greedy token ${index} is not the most probable one`,
    );
  }
}

/** No capability tells about a minimum: an engine without one says so when it is asked. */
function skipUnsupported(error: unknown): never {
  if (error instanceof EngineError && error.code === "unsupported") throw new Skip(error.message);
  throw error;
}

export const samplingChecks: readonly Check[] = [
  {
    id: "C4",
    title: "greedy answers equal the reference",
    async run(context) {
      const { references = [] } = context.options;
      need(references.length > 0, "no reference was given");
      need(context.info.capabilities.output === "tokens", "the engine gives text");
      for (const [index, reference] of references.entries()) {
        const answer = await context.answer({
          prompt: reference.prompt,
          sampling: { maxTokens: reference.tokens.length },
        });
        const at = reference.tokens.findIndex((id, position) => answer.ids[position] !== id);
        must(at === -1, `prompt ${index}: token ${at} is ${answer.ids[at]}, not ${reference.tokens[at]}`);
      }
      return `${references.length} prompts`;
    },
  },
  {
    id: "C5",
    title: "log-probabilities are those of the raw distribution",
    async run(context) {
      const { maxTop } = context.info.capabilities.logprobs;
      need(maxTop > 0, "no log-probabilities");
      const tolerance = context.options.logprobTolerance ?? defaultTolerance;
      const count = Math.min(3, maxTop);
      const answer = await context.answer({ rest: { logprobs: { top: count } } });
      must(answer.logprobs.length === answer.ids.length, "not every token has a log-probability");
      checkTopLists(answer, count);
      const bare = await context.answer({ rest: { logprobs: { top: 0 } } });
      must(bare.logprobs.length === bare.ids.length, "top 0 gives no log-probabilities");
      const hot = await context.answer({
        sampling: { temperature: 2, topK: 1, seed: 1 },
        rest: { logprobs: { top: 0 } },
      });
      for (const [index, entry] of hot.logprobs.entries()) {
        if (entry === undefined) continue;
        const { logprob } = entry;
        if (hot.ids[index] !== bare.ids[index]) break;
        const cold = bare.logprobs[index]?.logprob ?? logprob;
        must(
          Math.abs(logprob - cold) < tolerance,
          `temperature changed log-probability ${index} from ${cold} to ${logprob}`,
        );
      }
      let worst = 0;
      for (const { prompt, tokens, logprobs } of context.options.references ?? []) {
        if (logprobs === undefined) continue;
        const own = await context.answer({
          prompt,
          sampling: { maxTokens: tokens.length },
          rest: { logprobs: { top: 0 } },
        });
        own.logprobs.forEach((entry, index) => {
          if (entry === undefined) return;
          worst = Math.max(worst, Math.abs(entry.logprob - (logprobs[index] ?? entry.logprob)));
        });
      }
      must(worst <= tolerance, `a log-probability is ${worst} away from the reference`);
      return worst === 0
        ? `${answer.ids.length} tokens`
        : `largest difference to the reference ${worst.toExponential(1)}`;
    },
  },
  {
    id: "C6",
    title: "the same seed gives the same answer, another seed another",
    async run(context) {
      need(context.info.capabilities.seed, "no seeds");
      const ask = async (seed: number) => {
        const sampling = { temperature: 1, seed, maxTokens: 64, ignoreEos: true };
        return said(await context.answer({ sampling }));
      };
      const first = await ask(11);
      must((await ask(11)) === first, "seed 11 gave two different answers");
      const others = [await ask(12), await ask(13), await ask(14)];
      must(
        others.some((other) => other !== first),
        "four seeds gave the same answer",
      );
      return "64 tokens at temperature 1";
    },
  },
  {
    id: "C13",
    title: "logit bias −100 forbids a token, +100 forces one",
    async run(context) {
      need(context.info.capabilities.logitBias, "no logit bias");
      const [greedy, other] = (await context.answer()).ids;
      need(greedy !== undefined && other !== undefined, "the answer is too short");
      const without = await context.answer({
        sampling: { logitBias: new Map([[greedy, -100]]), maxTokens: 1 },
      });
      must(without.ids[0] !== greedy, `token ${greedy} came in spite of bias −100`);
      const forced = await context.answer({ sampling: { logitBias: new Map([[other, 100]]), maxTokens: 1 } });
      must(forced.ids[0] === other, `token ${other} did not come in spite of bias +100`);
      return `tokens ${greedy} and ${other}`;
    },
  },
  {
    id: "C14",
    title: "minTokens holds back the end",
    async run(context) {
      const { logitsAccess, logitBias } = context.info.capabilities;
      need(logitsAccess || logitBias, "the engine does not sample");
      const { ids } = await context.answer();
      need(ids.length < context.maxTokens, "the answer has no natural end");
      const minTokens = ids.length + 4;
      const longer = await context
        .answer({ sampling: { minTokens, maxTokens: minTokens + 16 } })
        .catch(skipUnsupported);
      must(longer.ids.length >= minTokens, `${longer.ids.length} tokens came, ${minTokens} is the minimum`);
      return `${ids.length} tokens became ${longer.ids.length}`;
    },
  },
];
