// Real engines as processes of a test: found where they are installed, started on a free port, ended at the end.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createServer } from "node:net";

export interface ServerProcess {
  readonly url: string;
  readonly port: number;
  readonly child: ChildProcess;
  kill(): Promise<void>;
}

export interface ServerCommand {
  readonly program: string;
  readonly parameters: (port: number) => readonly string[];
  readonly environment?: (port: number) => Readonly<Record<string, string>>;
  /** Whether the server is ready: a path that answers with success then, or a function. */
  readonly ready: string | ((port: number) => Promise<boolean>);
  /** Seconds until then at most. */
  readonly patience: number;
}

/** The program that a variable names, else the one on the path. */
export function findProgram(variable: string, name: string): string | undefined {
  const named = process.env[variable];
  if (named !== undefined) return named;
  try {
    return execFileSync("which", [name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, "127.0.0.1", done));
  const { port } = probe.address() as { port: number };
  await new Promise((done) => probe.close(done));
  return port;
}

/** Starts a server and waits until it is well. */
export async function startServer(command: ServerCommand): Promise<ServerProcess> {
  const port = await freePort();
  const { program, parameters, environment, ready, patience } = command;
  // A group of its own: some servers are several processes.
  const child = spawn(program, parameters(port), {
    stdio: "ignore",
    detached: true,
    env: { ...process.env, ...environment?.(port) },
  });
  const kill = (): Promise<void> =>
    new Promise((done) => {
      if (child.exitCode !== null || child.signalCode !== null) return done();
      child.once("exit", () => done());
      process.kill(-child.pid!, "SIGKILL");
    });
  const url = `http://127.0.0.1:${port}`;
  const answers = (path: string): Promise<boolean> =>
    fetch(`${url}${path}`).then(
      ({ ok }) => ok,
      () => false,
    );
  const end = Date.now() + patience * 1000;
  for (;;) {
    if (await (typeof ready === "string" ? answers(ready) : ready(port))) return { url, port, child, kill };
    if (Date.now() > end || child.exitCode !== null) {
      await kill();
      throw new Error(`${program} did not start`);
    }
    await new Promise((done) => setTimeout(done, 100));
  }
}
