// Rates and sizes of the wire codec:
//   node scripts/run-typescript.mjs bench/codec/run.ts [rates | sizes]
// Times are CPU seconds of this process, best of several rounds (wall time means little on a shared machine). Sizes are
// exact. Server-sent events are compressed and flushed under the same policy as every other format.

import { cpus, loadavg } from "node:os";
import { rates } from "./rates.ts";
import { sizes } from "./sizes.ts";

const only = process.argv[2];
const { model } = cpus()[0] ?? { model: "unknown" };
console.log(`${model}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}\n`);
if (only === undefined || only === "rates") await rates();
if (only === undefined || only === "sizes") await sizes();
