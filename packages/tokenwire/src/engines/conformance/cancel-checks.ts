// Checks of stopping early: by signal, by leaving the loop, before the start, and through a broken connection.

import type { Check } from "./check.ts";
import type { CheckContext } from "./context.ts";
import { must, need, Violation } from "./report.ts";

/** Tokens after which an answer is cut, and tokens it would have. */
const cutAfter = 5;
const wanted = 400;

function canCut(context: CheckContext): void {
  need(context.info.capabilities.cancel !== "none", "the engine cannot be stopped");
  need(context.info.capabilities.streaming, "the engine does not stream");
}

async function mustBeIdle(context: CheckContext): Promise<void> {
  must(await context.idle(1000), "the engine is still busy one second later");
}

export const cancelChecks: readonly Check[] = [
  {
    id: "C7",
    title: "an abort ends the answer and frees the engine within a second",
    async run(context) {
      canCut(context);
      const stop = new AbortController();
      let deltas = 0;
      let after = 0;
      let reason: string | undefined;
      for await (const event of context.engine.generate(context.longRequest(wanted), stop.signal)) {
        if (event.type === "delta" || event.type === "text") {
          if (stop.signal.aborted) after++;
          if (++deltas === cutAfter) stop.abort();
        }
        if (event.type === "finish") reason = event.reason;
      }
      need(deltas >= cutAfter, `the answer has only ${deltas} deltas`);
      must(reason === "abort", `the answer finished with "${reason}"`);
      await mustBeIdle(context);
      return `${after} deltas came after the abort`;
    },
  },
  {
    id: "C8",
    title: "leaving the loop frees the engine within a second; a finished answer is not aborted",
    async run(context) {
      canCut(context);
      let deltas = 0;
      for await (const event of context.engine.generate(context.longRequest(wanted))) {
        if ((event.type === "delta" || event.type === "text") && ++deltas === cutAfter) break;
      }
      await mustBeIdle(context);
      const before = context.options.countAborts?.();
      await context.answer();
      const aborts = context.options.countAborts?.();
      must(aborts === before, "an answer that had finished was aborted");
      return before === undefined ? "aborts cannot be counted here" : `${before} aborts seen`;
    },
  },
  {
    id: "C9",
    title: "a signal that has already fired starts nothing",
    async run(context) {
      const stop = new AbortController();
      stop.abort();
      try {
        const { answers } = await context.collect(context.longRequest(wanted), stop.signal);
        must(answers[0]?.reason === "abort", `the answer finished with "${answers[0]?.reason}"`);
        must(answers[0].ids.length === 0, `${answers[0].ids.length} tokens came`);
      } catch (error) {
        if (error instanceof Violation) throw error;
      }
      await mustBeIdle(context);
      return "nothing was generated";
    },
  },
  {
    id: "C18",
    title: "a broken connection ends the answer with an error",
    async run(context) {
      const { cutConnection } = context.options;
      need(cutConnection !== undefined, "there is no connection to cut here");
      let deltas = 0;
      let reason: string | undefined;
      for await (const event of context.engine.generate(context.longRequest(wanted))) {
        if ((event.type === "delta" || event.type === "text") && ++deltas === 2) await cutConnection();
        if (event.type === "finish") reason = event.reason;
      }
      must(reason === "error", `the answer finished with "${reason}"`);
      return `after ${deltas} deltas`;
    },
  },
];
