// The weather tool under changing names, parameters and ways to ask.

import type { Random } from "../random.ts";
import type { Parameter, Tool } from "../tool-text.ts";
import { aCity, aSentence, capitalise, conditions, madeUpWord } from "../words.ts";
import { sayFields, toJson, type Use, type Value } from "./use.ts";

function describe(random: Random, parameter: Parameter, text: string): Parameter {
  if (random.chance(0.15)) return { ...parameter, description: aSentence(random, 2, 8) };
  return random.chance(0.35) ? { ...parameter, description: text } : parameter;
}

/** A question about the weather somewhere. */
export function weather(random: Random): Use {
  const city = aCity(random);
  const key = random.weighted([
    [5, "city"],
    [5, "location"],
    [1, "place"],
    [1, "town"],
    [1, madeUpWord(random)],
  ]);
  const withUnit = random.chance(0.35);
  const unit = random.pick(["celsius", "fahrenheit"]);
  const saysUnit = withUnit && random.chance(0.6);
  const name = random.weighted([
    [5, "get_weather"],
    [3, "get_current_weather"],
    [1, "weather"],
    [1, "getWeather"],
    [1, "fetch_weather"],
    [1, `${madeUpWord(random)}_weather`],
  ]);
  const tool: Tool = {
    name,
    description: random.pick([
      "Get the current weather for a city.",
      "Gets the current weather in the provided location.",
      "Get the weather",
      "Returns the weather of a place.",
      "Get the current weather in a given location",
      "Get current temperature for a given location.",
      "",
    ]),
    parameters: [
      describe(random, { name: key, type: "string" }, "The city and state, e.g. San Francisco, CA"),
      ...(withUnit
        ? [
            {
              name: random.pick(["unit", "format", "unit"]),
              type: "string" as const,
              choices: ["celsius", "fahrenheit"],
              optional: true,
            },
          ]
        : []),
    ],
  };
  const question = random.pick([
    `What is the weather in ${city}`,
    `What's the weather in ${city}`,
    `What is the weather like in ${city}`,
    `What's the weather like in ${city}`,
    `How is the weather in ${city}`,
    `Tell me the weather in ${city}`,
    `Can you check the weather in ${city}`,
    `Is it raining in ${city}`,
    `How warm is it in ${city}`,
    `Weather in ${city}`,
    `I want to know the weather in ${city}`,
    `What is the temperature in ${city}`,
    `Please get the weather for ${city}`,
  ]);
  const suffix = saysUnit ? ` in ${unit}` : random.pick(["", "", "", " today", " right now", " now"]);
  const unitKey = tool.parameters[1]?.name ?? "unit";
  const report = weatherReport(random, city);
  return {
    tool,
    user: question + suffix + random.pick(["?", "?", "?", "", "."]),
    args: saysUnit ? { [key]: city, [unitKey]: unit } : { [key]: city },
    ...report,
  };
}

/** What the tool says about a place, and what is made of it. */
export function weatherReport(random: Random, city: string): { result: string; final: string } {
  const temperature = random.integer(-9, 40);
  const condition = random.pick(conditions);
  const plain = `It is ${temperature} degrees and ${condition} in ${city}.`;
  return random.weighted<() => { result: string; final: string }>([
    [
      5,
      () => {
        const fields = random.pick<Record<string, Value>>([
          { temperature, condition },
          { condition, temperature },
          { city, temperature, condition },
          { temperature, condition, unit: "celsius" },
        ]);
        return { result: toJson(random, fields), final: plain };
      },
    ],
    [
      2,
      () => {
        const fields = { [random.pick(["temp", "temp_c", "degrees", madeUpWord(random)])]: temperature };
        return { result: toJson(random, fields), final: `In ${city} the ${sayFields(fields)}.` };
      },
    ],
    [
      2,
      () => ({
        result: random.pick([
          `${capitalise(condition)}, ${temperature} degrees`,
          `${temperature} degrees and ${condition}`,
          `${temperature}°C, ${condition}`,
        ]),
        final: plain,
      }),
    ],
  ])();
}
