// The thread that runs CPython. It has no environment and hands the interpreter nothing but three descriptors and
// folders in memory. It may be terminated at any moment.

import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { type Directory, Fd, File, PreopenDirectory, WASI } from "@bjorn3/browser_wasi_shim";
import { pythonDriver } from "./driver.ts";
import { OutputWindow } from "./output-window.ts";
import type { SandboxCommand, SandboxReport, SandboxSetup } from "./sandbox-protocol.ts";
import { enforceQuota, listFiles } from "./wasi-files.ts";

const setup = workerData as SandboxSetup;
const report = (message: SandboxReport): void => parentPort?.postMessage(message);

const sizeBytes = 4;
/** WASI preview 1 clock identifiers. */
const realtime = 0;

const signal = new Int32Array(setup.signal);
const sleeper = new Int32Array(new SharedArrayBuffer(4));
const data = setup.files === undefined ? undefined : new PreopenDirectory("/mnt/data", folderOf(setup.files));
const temporary = new PreopenDirectory("/tmp", new Map());
const output = new OutputWindow(setup.limits.outputBytes);

function folderOf(files: ReadonlyMap<string, Uint8Array>): Map<string, Directory | File> {
  return new Map([...files].map(([name, bytes]) => [name, new File(bytes)]));
}

function nextCommand(): SandboxCommand {
  for (;;) {
    const seen = Atomics.load(signal, 0);
    const message = receiveMessageOnPort(setup.commands) as { message: SandboxCommand } | undefined;
    if (message !== undefined) return message.message;
    Atomics.wait(signal, 0, seen);
  }
}

/** Descriptor 0: cells for the driver. While a cell runs it is at its end, so user code cannot eat the next one. */
class CommandFd extends Fd {
  #pending: Uint8Array = new Uint8Array();
  running = false;

  override fd_read(size: number): { ret: number; data: Uint8Array } {
    if (this.#pending.length === 0) {
      if (this.running) return { ret: 0, data: new Uint8Array() };
      this.#pending = this.#awaitCell();
    }
    const bytes = this.#pending.slice(0, size);
    this.#pending = this.#pending.subarray(bytes.length);
    this.running = this.#pending.length === 0;
    return { ret: 0, data: bytes };
  }

  #awaitCell(): Uint8Array {
    report({ type: "ready" });
    for (;;) {
      const command = nextCommand();
      if (command.type === "files") {
        report({ type: "files", files: data === undefined ? new Map() : listFiles(data.dir) });
        continue;
      }
      const cell = new Uint8Array(sizeBytes + command.source.length);
      new DataView(cell.buffer).setUint32(0, command.source.length, true);
      cell.set(command.source, sizeBytes);
      return cell;
    }
  }
}

/** Descriptor 1: what user code prints. */
class OutputFd extends Fd {
  override fd_write(bytes: Uint8Array): { ret: number; nwritten: number } {
    const shown = output.push(bytes);
    if (shown.length > 0) report({ type: "output", bytes: shown.slice() });
    return { ret: 0, nwritten: bytes.byteLength };
  }
}

/** Descriptor 2: one record per cell. Anything else is user code writing where it should not. */
class RecordFd extends Fd {
  #cells = 0;
  readonly #commands: CommandFd;

  constructor(commands: CommandFd) {
    super();
    this.#commands = commands;
  }

  override fd_write(bytes: Uint8Array): { ret: number; nwritten: number } {
    this.#cells += 1;
    const record = new TextDecoder().decode(bytes);
    if (!this.#commands.running || record !== `done ${this.#cells}\n`) {
      report({ type: "ended", reason: "The code wrote to the sandbox's own channel." });
      // The interpreter is in an unknown state; the other side ends this thread.
      Atomics.wait(sleeper, 0, 0);
    }
    this.#commands.running = false;
    report({ type: "output", bytes: output.end() });
    report({ type: "done" });
    return { ret: 0, nwritten: bytes.byteLength };
  }
}

const commands = new CommandFd();
const descriptors = [
  commands,
  new OutputFd(),
  new RecordFd(commands),
  temporary,
  ...(data === undefined ? [] : [data]),
];
const roots = [temporary.dir, ...(data === undefined ? [] : [data.dir])];
enforceQuota(roots, { bytes: setup.limits.fileBytes, entries: setup.limits.fileCount });
const wasi = new WASI(["python", "-I", "-u", "-c", pythonDriver], [], descriptors, { debug: false });

let instance: WebAssembly.Instance;
const memory = (): DataView => new DataView((instance.exports["memory"] as WebAssembly.Memory).buffer);
const fixedStart = 1_700_000_000_000;
const clock = (id: number): bigint => {
  const milliseconds = id === realtime ? (setup.deterministic ? fixedStart : Date.now()) : performance.now();
  return BigInt(Math.round(milliseconds * 1e6));
};

const imports: Record<string, WebAssembly.ImportValue> = {
  ...(wasi.wasiImport as Record<string, WebAssembly.ImportValue>),
  // The shim's version spins, and takes absolute deadlines for relative ones. Layout: WASI preview 1 `subscription`.
  poll_oneoff(subscriptions: number, events: number, count: number, result: number): number {
    const view = memory();
    if (count !== 1 || view.getUint8(subscriptions + 8) !== 0) return 58;
    const timeout = view.getBigUint64(subscriptions + 24, true);
    const isAbsolute = (view.getUint16(subscriptions + 40, true) & 1) === 1;
    const wait = isAbsolute ? timeout - clock(view.getUint32(subscriptions + 16, true)) : timeout;
    if (wait > 0n) Atomics.wait(sleeper, 0, 0, Number(wait) / 1e6);
    view.setBigUint64(events, view.getBigUint64(subscriptions, true), true);
    view.setUint16(events + 8, 0, true);
    view.setUint8(events + 10, 0);
    view.setUint32(result, 1, true);
    return 0;
  },
  sched_yield: () => 0,
  ...(setup.deterministic && {
    random_get(pointer: number, length: number): number {
      const view = memory();
      for (let index = 0; index < length; index += 1)
        view.setUint8(pointer + index, (index * 197 + 89) & 0xff);
      return 0;
    },
    clock_time_get(id: number, _precision: bigint, pointer: number): number {
      memory().setBigUint64(pointer, clock(id), true);
      return 0;
    },
  }),
};

try {
  instance = await WebAssembly.instantiate(setup.module, {
    wasi_snapshot_preview1: imports,
  });
  const code = wasi.start(instance as unknown as Parameters<WASI["start"]>[0]);
  report({ type: "ended", reason: `The interpreter ended with exit code ${code}.` });
} catch (error) {
  report({ type: "ended", reason: `The interpreter stopped: ${(error as Error).message}` });
}
