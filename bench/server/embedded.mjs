// The embedded model behind the real server, as a client on the same machine sees it: time to the first token of a
// short chat, and tokens per second. Goals: 300 ms and 200/s on two cores.
// Run: npm run build && node bench/server/embedded.mjs

import { cpus } from "node:os";
import { getEncoding } from "@tokenwire/encodings";
import { createEngine, serve } from "tokenwire";
import { median, readEvents } from "./client.mjs";

const engine = createEngine({ kind: "embedded", tokenizer: getEncoding("o200k_harmony") });
const started = performance.now();
const server = await serve(engine, { port: 0 });
const model = server.models[0].id;
console.log(
  `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, server up in ${Math.round(performance.now() - started)} ms`,
);

const first = [];
const rates = [];
for (let round = 0; round < 12; round++) {
  const begin = performance.now();
  let firstAt = 0;
  let usage;
  for await (const { data, at } of readEvents(`${server.url}/v1/chat/completions`, {
    model,
    stream: true,
    stream_options: { include_usage: true },
    temperature: 0,
    messages: [{ role: "user", content: `Tell me a story about a fox. ${round}` }],
  })) {
    const delta = data.choices[0]?.delta;
    if (firstAt === 0 && (delta?.content || delta?.reasoning)) firstAt = at;
    usage = data.usage ?? usage;
  }
  first.push(firstAt - begin);
  rates.push((usage.completion_tokens - 1) / ((performance.now() - firstAt) / 1000));
}
console.log(
  `first token   cold ${first[0].toFixed(0)} ms   warm median ${median(first.slice(1)).toFixed(0)} ms   (goal 300)`,
);
console.log(
  `tokens/s      median ${median(rates).toFixed(0)}   worst ${Math.min(...rates).toFixed(0)}   (goal 200)`,
);
await server.close();
await engine.close();
