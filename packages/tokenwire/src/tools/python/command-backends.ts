// Python outside the sandbox: in a container, or on the host with no isolation at all. A new interpreter per cell.

import { type ChildProcess, spawn } from "node:child_process";
import type { CellOptions, CellResult, PythonBackend } from "./backend.ts";

export interface CommandBackendOptions {
  /** Seconds per cell. Default 120. */
  readonly timeout?: number;
  /** Bytes of output kept. Default 65,536. */
  readonly maxOutputBytes?: number;
}

export interface ContainerOptions extends CommandBackendOptions {
  /** `docker` or a compatible command such as `podman`. */
  readonly command?: string;
  /** Default `python:3.11`. */
  readonly image?: string;
}

/** Runs cells in containers without network, privileges or a writable system. Not run against a real engine by us. */
export function createContainerBackend(options: ContainerOptions = {}): PythonBackend {
  const { command = "docker", image = "python:3.11" } = options;
  const isolation = [
    ["--network", "none"],
    ["--memory", "512m"],
    ["--pids-limit", "128"],
    ["--cpus", "1"],
    ["--cap-drop", "ALL"],
    ["--security-opt", "no-new-privileges"],
    ["--user", "65534"],
    ["--tmpfs", "/tmp"],
  ].flat();
  const parameters = [
    "run",
    "--rm",
    "--interactive",
    "--read-only",
    ...isolation,
    image,
    "python",
    "-u",
    "-",
  ];
  return new CommandBackend([command, ...parameters], options);
}

/** Runs cells on the host: the code can do whatever this process can. For code you wrote yourself. */
export function createDangerouslyLocalBackend(
  options: CommandBackendOptions & { readonly interpreter?: string } = {},
): PythonBackend {
  return new CommandBackend([options.interpreter ?? "python3", "-u", "-"], options);
}

class CommandBackend implements PythonBackend {
  readonly isStateful = false;
  readonly #command: readonly string[];
  readonly #options: CommandBackendOptions;

  constructor(command: readonly string[], options: CommandBackendOptions) {
    this.#command = command;
    this.#options = options;
  }

  run(source: string, { signal, onOutput }: CellOptions): Promise<CellResult> {
    signal.throwIfAborted();
    const { timeout = 120, maxOutputBytes = 65_536 } = this.#options;
    const [program = "", ...parameters] = this.#command;
    // Its own process group, so that what it starts ends with it.
    const child = spawn(program, parameters, { detached: true, stdio: ["pipe", "pipe", "pipe"] });
    return new Promise((resolve, reject) => {
      const decoder = new TextDecoder();
      let text = "";
      let size = 0;
      let status: CellResult["status"] = "ok";
      const timer = setTimeout(() => {
        status = "timeout";
        kill(child);
      }, timeout * 1000);
      const abort = (): void => kill(child);
      signal.addEventListener("abort", abort, { once: true });
      const take = (bytes: Buffer): void => {
        const kept = bytes.subarray(0, Math.max(0, maxOutputBytes - size));
        size += bytes.length;
        const part = decoder.decode(kept, { stream: true });
        text += part;
        if (part !== "") onOutput?.(part);
      };
      child.stdout.on("data", take);
      child.stderr.on("data", take);
      // A program that ends without reading its input closes the pipe.
      child.stdin.on("error", () => undefined);
      child.stdin.end(source);
      const finish = (detail?: string): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", abort);
        if (signal.aborted) reject(signal.reason as Error);
        if (size > maxOutputBytes) text += `\n[… ${size - maxOutputBytes} bytes omitted …]\n`;
        resolve({ text, status, ...(detail === undefined ? {} : { detail }) });
      };
      child.on("error", (error) => {
        status = "ended";
        finish(`${program} could not be started: ${error.message}`);
      });
      child.on("close", () => finish());
    });
  }

  async close(): Promise<void> {
    // Nothing outlives a cell.
  }
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The group is gone already.
    child.kill("SIGKILL");
  }
}
