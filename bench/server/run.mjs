// What the server costs, section by section (pipeline.mjs says what each measures). Each has a process of its own: one
// that held a thousand streams, or collected garbage on demand, is slow for ten seconds afterwards.
// Run: npm run build && node bench/server/run.mjs [rounds] [idle|requests|latency|streams|parsers|long|abort …]

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const [rounds = "3", ...chosen] = process.argv.slice(2);
const all = ["idle", "requests", "latency", "streams", "parsers", "long", "abort"];
const pipeline = fileURLToPath(new URL("pipeline.mjs", import.meta.url));

for (const section of chosen.length > 0 ? chosen : all) {
  const { status } = spawnSync(process.execPath, ["--expose-gc", pipeline, rounds, section], {
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}
