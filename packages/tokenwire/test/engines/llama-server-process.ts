// The real llama-server, where there is one: on the path, or where TOKENWIRE_LLAMA_SERVER says.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createServer } from "node:net";

export function findLlamaServer(): string | undefined {
  const named = process.env["TOKENWIRE_LLAMA_SERVER"];
  if (named !== undefined) return named;
  try {
    return execFileSync("which", ["llama-server"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return undefined;
  }
}

export interface LlamaServerProcess {
  readonly url: string;
  readonly child: ChildProcess;
  kill(): Promise<void>;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, "127.0.0.1", done));
  const { port } = probe.address() as { port: number };
  await new Promise((done) => probe.close(done));
  return port;
}

/** Starts a server over a model file, in full precision and with one thread, and waits until it is well. */
export async function startLlamaServer(
  binary: string,
  model: string,
  slots = 4,
): Promise<LlamaServerProcess> {
  const port = await freePort();
  const precise = ["-fa", "off", "-ctk", "f32", "-ctv", "f32"];
  const child = spawn(
    binary,
    ["-m", model, "--host", "127.0.0.1", "--port", `${port}`, "-c", `${512 * slots}`, "-np", `${slots}`]
      .concat(["-t", "1", "-tb", "1", "--slots", "--props", "--no-webui", "--alias", "toy"])
      .concat(precise),
    { stdio: "ignore" },
  );
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; ; attempt++) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok) break;
    if (attempt > 200 || child.exitCode !== null) throw new Error("llama-server did not start");
    await new Promise((done) => setTimeout(done, 100));
  }
  const kill = (): Promise<void> =>
    new Promise((done) => {
      if (child.exitCode !== null || child.signalCode !== null) return done();
      child.once("exit", () => done());
      child.kill("SIGKILL");
    });
  return { url, child, kill };
}
