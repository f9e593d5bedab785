// Candidates in other languages: programs that are looked up or built at run time, and left out where that fails.
//
// tiktoken   Python, TOKENWIRE_PYTHON or python3, with tiktoken installed
// bpe-openai a small Rust program around the crate, built with cargo (TOKENWIRE_CARGO, else in the PATH or in
//            ~/.cargo/bin) in the folder for temporary files, where the next run finds it again

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serialiseTiktoken } from "@tokenwire/core/tokenizer";
import { getEncoding } from "@tokenwire/encodings";
import type { EncodingUnderTest, Job } from "../job.ts";

/** How to start a candidate, given a job. */
export interface NativePeer {
  readonly command: string;
  arguments(job: Job): readonly string[];
}

/** Makes a candidate ready; throws if that is not possible here. `folder` is for files that it needs. */
type Preparation = (encoding: EncodingUnderTest, folder: string) => NativePeer;

function fileOf(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

function prepareTiktoken(encoding: EncodingUnderTest, folder: string): NativePeer {
  const python = process.env["TOKENWIRE_PYTHON"] ?? "python3";
  execFileSync(python, ["-c", "import tiktoken"], { stdio: "ignore" });
  // Written from ours, which a test proves to be the published one: nothing is downloaded.
  const ranks = join(folder, `${encoding}.tiktoken`);
  writeFileSync(ranks, serialiseTiktoken(getEncoding(encoding)));
  return {
    command: python,
    arguments: ({ regime, files }) => [fileOf("tiktoken_peer.py"), encoding, ranks, regime, ...files],
  };
}

function prepareBpeOpenai(encoding: EncodingUnderTest): NativePeer {
  const folder = join(tmpdir(), "tokenwire-bench-bpe-openai");
  mkdirSync(folder, { recursive: true });
  for (const file of ["Cargo.toml", "main.rs"])
    copyFileSync(fileOf(`bpe-openai/${file}`), join(folder, file));
  const PATH = `${process.env["PATH"]}:${join(homedir(), ".cargo/bin")}`;
  execFileSync(process.env["TOKENWIRE_CARGO"] ?? "cargo", ["build", "--release", "--quiet"], {
    cwd: folder,
    env: { ...process.env, PATH },
    stdio: "ignore",
  });
  return {
    command: join(folder, "target/release/bpe-openai-peer"),
    arguments: ({ regime, files }) => [encoding, regime, ...files],
  };
}

const preparations: Readonly<Record<string, Preparation>> = {
  "tiktoken (native)": prepareTiktoken,
  "bpe-openai (native)": prepareBpeOpenai,
};

export const nativePeerNames: readonly string[] = Object.keys(preparations);

/** The native candidate of this name; undefined, and a line about it, if this machine cannot run it. */
export function prepareNativePeer(
  name: string,
  encoding: EncodingUnderTest,
  folder: string,
): NativePeer | undefined {
  try {
    return preparations[name]!(encoding, folder);
  } catch (error) {
    console.log(`${name}: left out (${(error as Error).message.split("\n")[0]})`);
    return undefined;
  }
}
