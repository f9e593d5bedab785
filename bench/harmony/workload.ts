// A synthetic conversation of 100 turns, some 39,000 tokens: function tools, reasoning, calls with JSON, results,
// answers with code, in several scripts. Seeded, so that every run measures the same.

import { DeveloperContent, Message, SystemContent, ToolDescription } from "@tokenwire/core/harmony";

const words =
  "the model reads each request and decides which tool fits best before it answers in plain language while weather data for Zürich or São Paulo arrives from https://example.org/api/v2?city=Oslo&units=metric in 1,024 chunks of 3.14159 kB don't we'll it's naïve café Straße данные погода ответ 天気 予報 データ 你好 世界 모델 응답 مرحبا שלום 🙂 🚀 👩‍💻 latency throughput tokenizer channel commentary analysis final result probability measurement benchmark compiler".split(
    " ",
  );

/** A reproducible source of numbers. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export function workload(turns = 100): Message[] {
  const next = random(42);
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  const sentence = () => {
    const picked = Array.from({ length: between(8, 16) }, () => words[Math.floor(next() * words.length)]!);
    return `${picked.join(" ")}.`.replace(/^./u, (first) => first.toUpperCase());
  };
  const text = (low: number, high: number) => Array.from({ length: between(low, high) }, sentence).join(" ");
  const messages = [
    Message.fromRoleAndContent("system", SystemContent.new().withConversationStartDate("2025-06-28")),
    Message.fromRoleAndContent("developer", developer()),
  ];
  for (let turn = 0; turn < turns; turn++) {
    messages.push(Message.fromRoleAndContent("user", text(3, 6)));
    messages.push(Message.fromRoleAndContent("assistant", text(4, 9)).withChannel("analysis"));
    if (turn % 3 === 0) messages.push(...callAndResult(turn, text(1, 3)));
    const code = turn % 2 === 0 ? `\n\n\`\`\`ts\nexport const value${turn} = ${turn} * 2;\n\`\`\`\n` : "";
    messages.push(Message.fromRoleAndContent("assistant", text(4, 9) + code).withChannel("final"));
  }
  return messages;
}

function developer(): DeveloperContent {
  const city = { type: "string", description: "The city, e.g. Oslo" };
  const unit = { type: "string", enum: ["celsius", "fahrenheit"], default: "celsius" };
  return DeveloperContent.new()
    .withInstructions("Answer briefly and name your sources.")
    .withFunctionTools([
      new ToolDescription("get_weather", "Gets the weather.", {
        type: "object",
        properties: { city, unit },
        required: ["city"],
      }),
      new ToolDescription("get_time", "Gets the local time.", { type: "object", properties: { city } }),
    ]);
}

function callAndResult(turn: number, thought: string): Message[] {
  return [
    Message.fromRoleAndContent("assistant", JSON.stringify({ city: `City ${turn}`, unit: "celsius" }))
      .withChannel("commentary")
      .withRecipient("functions.get_weather")
      .withContentType("<|constrain|>json"),
    Message.fromAuthorAndContent(
      { role: "tool", name: "functions.get_weather" },
      JSON.stringify({ temperature: turn, sky: "clear", wind: { speed: 3.5, from: "NW" } }),
    )
      .withRecipient("assistant")
      .withChannel("commentary"),
    Message.fromRoleAndContent("assistant", thought).withChannel("analysis"),
  ];
}
