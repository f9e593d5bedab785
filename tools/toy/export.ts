// `npm run export-model`: writes the GGUF file of a training run's last checkpoint.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readCheckpointValues } from "./checkpoint.ts";
import type { TrainingConfig } from "./config.ts";
import { exportModel } from "./export-model.ts";
import { countWeights, layOutTensors } from "./shape.ts";
import type { Row } from "./vocabulary.ts";
import type { StoredType } from "./write-gguf.ts";

const { values } = parseArgs({
  options: {
    run: { type: "string", default: "tools/toy/out" },
    type: { type: "string", default: "Q8_0" },
    out: { type: "string", default: "packages/tokenwire/data/toy-harmony.q8_0.gguf" },
  },
});
const { config, rows } = JSON.parse(readFileSync(join(values.run, "model.json"), "utf8")) as {
  config: TrainingConfig;
  rows: Row[];
};
const count = countWeights(layOutTensors(config.shape));
const weights = readCheckpointValues(join(values.run, "checkpoint.bin")).subarray(1, 1 + count);
const file = exportModel(config, rows, weights, values.type as StoredType);
writeFileSync(values.out, file);
console.log(`${values.out}: ${file.length} bytes`);
