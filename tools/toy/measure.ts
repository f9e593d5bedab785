// `node tools/toy/run.mjs measure`: how well a model file does what it is for.

import { parseArgs } from "node:util";
import { loadHarmonyEncoding } from "@tokenwire/core/harmony";
import { loadEncoding } from "@tokenwire/encodings";
import { openEmbeddedEngine } from "../../packages/tokenwire/src/engines/index.ts";
import { Interviewer } from "./quality/ask.ts";
import { measureQuality } from "./quality/bars.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "packages/tokenwire/data/toy-harmony.q8_0.gguf" },
    share: { type: "string", default: "1" },
    failures: { type: "boolean", default: false },
  },
});
const tokenizer = await loadEncoding("o200k_harmony");
const engine = openEmbeddedEngine({ path: values.model, tokenizer });
const bars = await measureQuality(
  new Interviewer(engine, loadHarmonyEncoding(tokenizer)),
  Number(values.share),
);
for (const { name, target, passed, total, failures } of bars) {
  const share = ((100 * passed) / total).toFixed(1);
  console.log(`${name.padEnd(34)} ${passed}/${total}  ${share} %  (bar ${100 * target} %)`);
  if (values.failures) for (const failure of failures) console.log(`    ${failure}`);
}
