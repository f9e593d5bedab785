// Python outside the sandbox: in a container, or on the host with no isolation at all. A new interpreter per cell.

import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
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

/**
 * Runs cells in containers without network, privileges or a writable system. A new container per cell; one that runs
 * too long is killed by its name, because ending the client does not end it.
 */
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
  return new CommandBackend(options, () => {
    const name = `tokenwire-python-${randomUUID()}`;
    const parameters = ["run", "--rm", "--interactive", "--read-only", "--name", name, ...isolation];
    return {
      command: [command, ...parameters, image, "python", "-I", "-u", "-"],
      stop: [command, "kill", name],
      // Podman's monitor leaves a file where it was started when a container runs out of memory.
      folder: tmpdir(),
    };
  });
}

/**
 * Address space, in KiB, and processes of a cell under bubblewrap. One limit a command, and the second under both of its
 * letters: shells differ. The system does not hold root to the number of processes.
 */
const bubblewrapLimits = "ulimit -v 1048576; ulimit -u 128 2>/dev/null || ulimit -p 128 2>/dev/null";

/**
 * Runs cells with the system's Python under bubblewrap (Linux): own namespaces without network, a read-only system, a
 * temporary folder in memory, an empty environment.
 */
export function createBubblewrapBackend(options: CommandBackendOptions = {}): PythonBackend {
  const isolation = [
    ["--unshare-all", "--die-with-parent", "--new-session", "--clearenv"],
    ["--ro-bind", "/usr", "/usr"],
    ["--ro-bind-try", "/lib", "/lib"],
    ["--ro-bind-try", "/lib64", "/lib64"],
    ["--ro-bind-try", "/bin", "/bin"],
    ["--proc", "/proc"],
    ["--dev", "/dev"],
    ["--tmpfs", "/tmp"],
    ["--chdir", "/tmp"],
    ["--setenv", "PATH", "/usr/bin:/bin"],
  ].flat();
  const script = `${bubblewrapLimits}; exec python3 -I -u -`;
  return new CommandBackend(options, () => ({ command: ["bwrap", ...isolation, "sh", "-c", script] }));
}

/** Runs cells on the host: the code can do whatever this process can. For code you wrote yourself. */
export function createDangerouslyLocalBackend(
  options: CommandBackendOptions & { readonly interpreter?: string } = {},
): PythonBackend {
  return new CommandBackend(options, () => ({ command: [options.interpreter ?? "python3", "-u", "-"] }));
}

/** How one cell is started. */
interface CellCommand {
  readonly command: readonly string[];
  /** Run when the cell has to end and ending the program is not enough. */
  readonly stop?: readonly string[];
  /** Where it is started. Default: where this process is. */
  readonly folder?: string;
}

class CommandBackend implements PythonBackend {
  readonly isStateful = false;
  readonly #options: CommandBackendOptions;
  readonly #start: () => CellCommand;

  constructor(options: CommandBackendOptions, start: () => CellCommand) {
    this.#options = options;
    this.#start = start;
  }

  run(source: string, { signal, onOutput }: CellOptions): Promise<CellResult> {
    signal.throwIfAborted();
    const { timeout = 120, maxOutputBytes = 65_536 } = this.#options;
    const { command, stop, folder } = this.#start();
    const [program = "", ...parameters] = command;
    // Its own process group, so that what it starts ends with it.
    const child = spawn(program, parameters, {
      cwd: folder,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    return new Promise((resolve, reject) => {
      const decoder = new TextDecoder();
      let text = "";
      let size = 0;
      let status: CellResult["status"] = "ok";
      const abort = (): void => {
        if (stop !== undefined) runQuietly(stop);
        kill(child);
      };
      const timer = setTimeout(() => {
        status = "timeout";
        abort();
      }, timeout * 1000);
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
        if (signal.aborted) {
          reject(signal.reason as Error);
          return;
        }
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

/** Whether it works or not: the cell's result does not depend on it. */
function runQuietly([program = "", ...parameters]: readonly string[]): void {
  spawn(program, parameters, { stdio: "ignore" })
    .on("error", () => undefined)
    .unref();
}
