// A process that changes a store and says what is done, killed in the middle of it, again and again.

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { expect } from "vitest";
import type { ResponseStore } from "../../src/store/index.ts";
import { expected, found } from "./operations.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Rounds of a test: a few always, as many as one likes on demand. */
export const killRounds: number = Number(process.env["TOKENWIRE_KILLS"] ?? 20);

/** Only what is ours is bundled; packages are found where the program runs. */
const ours: Plugin = {
  name: "ours",
  setup({ onResolve }) {
    onResolve({ filter: /^[^.]/ }, ({ path, kind }) =>
      kind === "entry-point" || path.startsWith("@tokenwire/") ? undefined : { path, external: true },
    );
  },
};

/** JavaScript of a program: older versions of Node do not run TypeScript. */
export async function bundle(source: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: here, loader: "ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@tokenwire/source"],
    plugins: [ours],
    write: false,
  });
  return outputFiles[0]!.text;
}

/** Runs a program as if it were a module in this folder. */
export function run(code: string, args: readonly string[], folder: string = here): ChildProcess {
  const child = spawn(process.execPath, ["--input-type=module", "-", ...args], {
    cwd: folder,
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(code);
  child.stdout.setEncoding("utf8");
  return child;
}

const lanes = ["x", "y", "z"];

function writer(open: string): string {
  return `
    import { ${open} } from "../../src/store/index.ts";
    import { apply, operation, prepare } from "./operations.ts";
    const [address, round] = process.argv.slice(2);
    const store = await ${open}(address);
    await Promise.all(${JSON.stringify(lanes)}.map(async (name) => {
      const lane = round + name;
      await prepare(store, lane);
      for (let n = 0; ; n++) {
        process.stdout.write(name + " " + n + "\\n");
        await apply(store, lane, operation(lane, n));
      }
    }));`;
}

/** Kills a writer after so many changes; returns how many each lane had begun. */
async function killAfter(
  code: string,
  address: string,
  round: string,
  count: number,
): Promise<Map<string, number>> {
  const child = run(code, [address, round]);
  const begun = new Map<string, number>();
  let lines = 0;
  let rest = "";
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  child.stdout!.on("data", (chunk: string) => {
    const complete = (rest + chunk).split("\n");
    rest = complete.pop()!;
    for (const line of complete) {
      const [lane, n] = line.split(" ");
      begun.set(lane!, Number(n));
      if (++lines === count) child.kill("SIGKILL");
    }
  });
  expect(await ended, "the writer was killed, and did not fail").toBeNull();
  return begun;
}

/**
 * Everything that was acknowledged in any round is there; of the change that was under way all or nothing. (A database
 * server may still finish what it was sent after its client was killed, so that one may also come later.)
 */
export async function checkKills(
  open: "openPostgresStore" | "openSqliteStore",
  address: string,
  reopen: () => Promise<ResponseStore>,
): Promise<void> {
  const code = await bundle(writer(open));
  const begun = new Map<string, number>();
  const check = async (store: ResponseStore, lane: string): Promise<void> => {
    const n = begun.get(lane)!;
    expect([expected(lane, n), expected(lane, n + 1)]).toContainEqual(await found(store, lane));
  };
  for (let round = 0; round < killRounds; round++) {
    const killed = await killAfter(code, address, `r${round}`, 4 + ((round * 37) % 90));
    const store = await reopen();
    for (const [name, n] of killed) {
      begun.set(`r${round}${name}`, n);
      await check(store, `r${round}${name}`);
    }
    await store.close();
  }
  expect(begun.size).toBeGreaterThan(killRounds);
  const store = await reopen();
  for (const lane of begun.keys()) await check(store, lane);
  await store.close();
}
