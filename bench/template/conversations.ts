// Conversations to render: a short one with a tool call, and a long one that alternates.

const tools = [
  {
    type: "function",
    function: {
      name: "get_forecast",
      description: "Weather forecast for a place.",
      parameters: {
        type: "object",
        properties: {
          place: { type: "string", description: "City, or city and country" },
          days: { type: "integer", description: "How many days ahead", minimum: 1 },
          unit: { type: "string", enum: ["celsius", "fahrenheit"] },
        },
        required: ["place"],
      },
    },
  },
  {
    type: "function",
    function: {
      name: "convert_currency",
      description: "Converts an amount of money.",
      parameters: {
        type: "object",
        properties: { amount: { type: "number" }, from: { type: "string" }, to: { type: "string" } },
        required: ["amount", "from", "to"],
      },
    },
  },
];

function call(id: string, place: string): object {
  return {
    role: "assistant",
    content: "Let me look that up.",
    tool_calls: [{ id, type: "function", function: { name: "get_forecast", arguments: { place, days: 3 } } }],
  };
}

function result(id: string): object {
  return {
    role: "tool",
    tool_call_id: id,
    name: "get_forecast",
    content: '{"high": 24.5, "low": 13.0, "sky": "clear"}',
  };
}

const short = [
  { role: "system", content: "You are a helpful assistant for travellers." },
  { role: "user", content: "Will I need an umbrella in Lisbon this weekend?" },
  call("call00001", "Lisbon"),
  result("call00001"),
  { role: "assistant", content: "No: clear skies, 13 to 24 degrees." },
  { role: "user", content: "Thanks! And how about Porto?" },
];

const paragraph =
  "The old harbour quarter lies west of the river, and its market is open every day but Monday. Trams leave from the " +
  "square at the top of the hill; the ride down takes about ten minutes and is worth it for the view alone.\n";

function long(): object[] {
  const messages: object[] = [{ role: "system", content: "You are a helpful assistant for travellers." }];
  for (let turn = 0; turn < 103; turn++) {
    messages.push({ role: "user", content: `Question ${turn}: ${paragraph.repeat(2)}` });
    messages.push({ role: "assistant", content: `Answer ${turn}: ${paragraph.repeat(3)}` });
  }
  return messages;
}

const variables = { documents: null, add_generation_prompt: true, bos_token: "<s>", eos_token: "</s>" };

export const conversations: Readonly<Record<"short" | "long", Readonly<Record<string, unknown>>>> = {
  short: { messages: short, tools, ...variables },
  long: { messages: long(), tools: null, ...variables },
};
