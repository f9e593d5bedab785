// Checks of several things at once: concurrency, prefix reuse, slow readers, several choices, constraints.

import type { Constraint } from "../engine.ts";
import type { Check } from "./check.ts";
import { type CheckContext, lengthOf, pause, said } from "./context.ts";
import { must, need } from "./report.ts";

const personSchema = {
  type: "object",
  properties: { name: { enum: ["Ada", "é😀"] }, age: { type: "integer" } },
  required: ["name", "age"],
  additionalProperties: false,
};

interface ConstraintCase {
  readonly constraint: Constraint;
  readonly valid: (text: string) => boolean;
}

const constraintCases: readonly ConstraintCase[] = [
  { constraint: { kind: "json_object" }, valid: (text) => isObject(parse(text)) },
  {
    constraint: { kind: "json_schema", schema: personSchema, strict: true },
    valid: (text) => {
      const value = parse(text);
      return (
        isObject(value) &&
        personSchema.properties.name.enum.includes(String(value["name"])) &&
        Number.isInteger(value["age"])
      );
    },
  },
  {
    constraint: { kind: "choice", choices: ["yes", "no"] },
    valid: (text) => text === "yes" || text === "no",
  },
  {
    constraint: { kind: "regex", pattern: "[a-c]{3}-[0-9]{2}" },
    valid: (text) => /^[a-c]{3}-[0-9]{2}$/.test(text),
  },
];

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function runConstraint(context: CheckContext, test: ConstraintCase, seeds: number): Promise<void> {
  const { decode } = context.options;
  for (let seed = 0; seed < seeds; seed++) {
    const { ids, reason, text } = await context.answer({
      sampling: { temperature: 1, seed, maxTokens: 200 },
      rest: { constraint: test.constraint },
    });
    if (reason === "length") continue;
    const body = ids.filter((id) => !context.info.eosTokenIds.includes(id));
    const output = text === "" ? (decode?.(body) ?? "") : text;
    must(test.valid(output), `${test.constraint.kind}, seed ${seed}: ${JSON.stringify(output)} is not valid`);
  }
}

function repeated(ids: readonly number[], length: number): number[] {
  return Array.from({ length }, (_, at) => ids[at % ids.length]!);
}

export const loadChecks: readonly Check[] = [
  {
    id: "C11",
    title: "constrained answers hold to their constraint",
    async run(context) {
      const { constraints } = context.info.capabilities;
      const cases = constraintCases.filter(({ constraint }) => constraints.includes(constraint.kind));
      need(cases.length > 0, "no constraints");
      need(
        context.options.decode !== undefined || context.info.capabilities.output === "text",
        "no decoder was given",
      );
      for (const test of cases) await runConstraint(context, test, 20);
      return cases.map(({ constraint }) => constraint.kind).join(", ");
    },
  },
  {
    id: "C12",
    title: "ids and text agree where characters take several tokens",
    async run(context) {
      const { decode } = context.options;
      const { capabilities } = context.info;
      need(decode !== undefined && capabilities.output === "tokens", "no decoder was given");
      need(capabilities.constraints.includes("choice"), "no constraint can force such an answer");
      for (const choice of ["日本語 é", "👩‍👩‍👧 ok", "ｶﾞ ẹ́"]) {
        const { ids } = await context.answer({
          rest: { constraint: { kind: "choice", choices: [choice] } },
        });
        const text = decode(ids.filter((id) => !context.info.eosTokenIds.includes(id)));
        must(text === choice, `${JSON.stringify(choice)} came as ${JSON.stringify(text)}`);
      }
      return "three strings";
    },
  },
  {
    id: "C15",
    title: "sixteen requests at once do not mix",
    async run(context) {
      const { prompts } = context.options;
      const chosen = Array.from({ length: 16 }, (_, index) => prompts[index % prompts.length] ?? []);
      const alone: string[] = [];
      for (const prompt of prompts.slice(0, 16)) alone.push(said(await context.answer({ prompt })));
      const together = await Promise.all(chosen.map((prompt) => context.answer({ prompt })));
      together.forEach((answer, index) => {
        const expected = alone[index % prompts.length];
        must(
          answer.reason === "stop" || answer.reason === "length",
          `request ${index} finished with "${answer.reason}"`,
        );
        must(said(answer) === expected, `request ${index} has another answer than alone`);
      });
      return `${Math.min(16, prompts.length)} different prompts`;
    },
  },
  {
    id: "C16",
    title: "a prompt seen before is taken from the prefix cache",
    async run(context) {
      need(context.info.capabilities.prefixCache, "no prefix cache");
      // Caches keep whole blocks, of up to 128 tokens.
      const prompt = repeated(context.tokenPrompts.flat(), Math.min(400, context.info.maxContext - 8));
      const wanted = { prompt, sampling: { maxTokens: 4 } };
      await context.answer(wanted);
      const { cachedTokens: early, answers } = await context.collect(context.request(wanted));
      const cachedTokens = early ?? answers[0]?.usage?.cachedTokens;
      need(cachedTokens !== undefined, "neither start nor usage tells cached tokens");
      must(cachedTokens >= 0.8 * prompt.length, `${cachedTokens} of ${prompt.length} tokens were cached`);
      return `${cachedTokens} of ${prompt.length} tokens`;
    },
  },
  {
    id: "C17",
    title: "a slow reader loses nothing",
    async run(context) {
      const expected = await context.answer();
      const ids: number[] = [];
      let text = "";
      let paused = false;
      for await (const event of context.engine.generate(context.request())) {
        if (event.type === "delta") ids.push(...event.tokenIds);
        if (event.type === "text") text += event.text;
        if ((event.type === "delta" || event.type === "text") && !paused) {
          paused = true;
          await pause(context.options.slowConsumerMs ?? 2000);
        }
      }
      must(said({ ids, text }) === said(expected), "the answer differs from the one read at once");
      return lengthOf(expected);
    },
  },
  {
    id: "C19",
    title: "three choices are three independent answers",
    async run(context) {
      need(context.info.capabilities.n, "one choice only");
      const { seed } = context.info.capabilities;
      const sampling = { temperature: 1, ...(seed && { seed: 5 }) };
      const { answers } = await context.collect(context.request({ sampling, rest: { n: 3 } }));
      must(
        answers.length === 3 && answers.every(({ reason }) => reason !== undefined),
        "not every choice finished",
      );
      must(
        answers.every(({ reason }) => reason === "stop" || reason === "length"),
        "a choice failed",
      );
      const different = new Set(answers.map(said)).size;
      return `${different} different answers`;
    },
  },
];
