// Tools that exist nowhere: names, parameters and values are made up, so that they must be copied.

import type { Random } from "../random.ts";
import type { Parameter } from "../tool-text.ts";
import { aNoun, aPhrase, aSentence, capitalise, madeUpWord } from "../words.ts";
import { said, saidText, type Use, type Value } from "./use.ts";

/** A tool whose name, parameters and values are all made up. */
export function madeUp(random: Random): Use {
  const name = random.weighted([
    [4, () => `${madeUpWord(random)}_${madeUpWord(random)}`],
    [3, () => `${random.pick(["get", "set", "find", "make", "open", "run", "list"])}_${aNoun(random)}`],
    [2, () => madeUpWord(random)],
    [1, () => `${madeUpWord(random)}_${madeUpWord(random)}_${madeUpWord(random)}`],
    [1, () => madeUpWord(random) + capitalise(madeUpWord(random))],
  ])();
  const count = random.weighted([
    [1, 0],
    [5, 1],
    [4, 2],
    [2, 3],
  ]);
  const parameters: Parameter[] = [];
  const args: Record<string, Value> = {};
  for (let i = 0; i < count; i++) {
    const parameter = aParameter(random);
    if (parameter.name in args) continue;
    parameters.push(parameter);
    args[parameter.name] = aValue(random, parameter);
  }
  // A parameter that may be left out, and is.
  const unused = aParameter(random);
  if (random.chance(0.2) && !(unused.name in args)) parameters.push({ ...unused, optional: true });
  const stated = Object.entries(args).map(([key, value]) => statement(random, key, value));
  const withWords = stated.length === 0 ? "" : ` with ${joinAnd(stated)}`;
  const fields: Record<string, Value> = random.chance(0.7)
    ? {
        [random.chance(0.5) ? random.pick(["result", "status", "value"]) : madeUpWord(random)]:
          aResult(random),
      }
    : { [madeUpWord(random)]: aResult(random), [madeUpWord(random)]: aResult(random) };
  return {
    tool: {
      name,
      description: random.chance(0.6) ? aSentence(random, 2, 12) : "",
      parameters,
      bare: random.chance(0.5),
    },
    user:
      random.pick([
        `Call ${name}`,
        `Use ${name}`,
        `Please call ${name}`,
        `Run ${name}`,
        `Please use ${name}`,
      ]) +
      withWords +
      random.pick([".", ""]),
    args,
    ...(random.chance(0.3) ? saidText(random, aPhrase(random)) : said(random, fields)),
  };
}

function aParameter(random: Random): Parameter {
  const name = random.weighted([
    [3, () => madeUpWord(random)],
    [
      2,
      () => random.pick(["name", "city", "count", "text", "id", "value", "size", "color", "date", "title"]),
    ],
    [1, () => `${madeUpWord(random)}_${random.pick(["id", "name", madeUpWord(random)])}`],
  ])();
  const kind = random.weighted<"string" | "number" | "boolean" | "choice">([
    [6, "string"],
    [3, "number"],
    [1, "boolean"],
    [2, "choice"],
  ]);
  const base: Parameter =
    kind === "choice"
      ? {
          name,
          type: "string",
          choices: [madeUpWord(random), madeUpWord(random), random.pick(["small", "big"])],
        }
      : { name, type: kind };
  return random.chance(0.25) ? { ...base, description: aSentence(random, 2, 9) } : base;
}

function aValue(random: Random, parameter: Parameter): Value {
  if (parameter.choices !== undefined) return random.pick(parameter.choices);
  if (parameter.type === "number") return random.integer(0, 999);
  if (parameter.type === "boolean") return random.chance(0.5);
  return random.chance(0.5) ? aPhrase(random) : madeUpWord(random);
}

function aResult(random: Random): Value {
  return random.chance(0.5) ? madeUpWord(random) : random.integer(0, 999);
}

function statement(random: Random, key: string, value: Value): string {
  const shown = typeof value === "string" && /\s/.test(value) ? `"${value}"` : String(value);
  return random.pick([`${key} ${shown}`, `${key} ${shown}`, `${key} = ${shown}`, `${key} set to ${shown}`]);
}

function joinAnd(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
