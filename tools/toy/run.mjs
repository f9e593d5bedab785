// Runs the toy tools: compiles the AssemblyScript kernels, bundles the TypeScript entry, starts it. Needs only this
// workspace's development dependencies.
//
//   node tools/toy/run.mjs kernels          write the engine's kernel into the package
//   node tools/toy/run.mjs train [options]  train; checkpoints go to tools/toy/out
//   node tools/toy/run.mjs export [options] write the model file of the last checkpoint
//   node tools/toy/run.mjs measure          how well the model does

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileKernels } from "./compile-kernels.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const out = join(here, "out");
const commands = ["kernels", "train", "export", "measure"];

async function writeEngineKernel() {
  const file = join(out, "matrix.wasm");
  await compileKernels("inference.ts", file, false);
  const base64 = readFileSync(file).toString("base64");
  const target = join(root, "packages/tokenwire/src/engines/embedded/generated/matrix-kernel.ts");
  writeFileSync(
    target,
    "// Made by `node tools/toy/run.mjs kernels` from tools/toy/assembly/inference.ts. Do not edit.\n\n" +
      `/** WebAssembly module, base64. */\nexport const matrixKernel: string =\n  "${base64}";\n`,
  );
  console.log(`${target}: ${base64.length} characters`);
}

async function bundle(entry) {
  const { build } = await import("esbuild");
  const outfile = join(out, `${entry}.mjs`);
  await build({
    entryPoints: [join(here, `${entry}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@tokenwire/source"],
    logLevel: "warning",
  });
  return outfile;
}

const usage = `Usage: node tools/toy/run.mjs <command> [options]

  kernels                      write the engine's kernel into the package
  train   --steps 3000 --workers 2 --out tools/toy/out --resume
  export  --run tools/toy/out --type Q8_0|F16|F32 --out FILE
  measure --model FILE --share 1 --failures

Defaults are those of the shipped model.`;

async function main([command, ...options]) {
  const help = command === "--help" || options.includes("--help");
  if (help || !commands.includes(command)) {
    console[help ? "log" : "error"](usage);
    process.exit(help ? 0 : 2);
  }
  mkdirSync(out, { recursive: true });
  if (command === "kernels") return writeEngineKernel();
  if (command === "train") await compileKernels("index.ts", join(out, "kernels.wasm"), true);
  const file = await bundle(command);
  const { status } = spawnSync(process.execPath, [file, ...options], { stdio: "inherit", cwd: root });
  process.exit(status ?? 1);
}

await main(process.argv.slice(2));
