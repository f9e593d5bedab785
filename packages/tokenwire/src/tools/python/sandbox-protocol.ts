// What the sandbox's two threads say to each other.

import type { MessagePort } from "node:worker_threads";

export interface SandboxLimits {
  /** Pages of 64 KiB. */
  readonly memoryPages: number;
  /** Bytes of output per cell. */
  readonly outputBytes: number;
  /** Bytes of all files together. */
  readonly fileBytes: number;
  /** Files and folders together. */
  readonly fileCount: number;
}

export interface SandboxSetup {
  readonly module: WebAssembly.Module;
  readonly limits: SandboxLimits;
  /** Counts commands; the worker sleeps on it. */
  readonly signal: SharedArrayBuffer;
  readonly commands: MessagePort;
  /** Files of `/mnt/data`; undefined: the folder does not exist. */
  readonly files: ReadonlyMap<string, Uint8Array> | undefined;
  /** Fixed randomness and clock. */
  readonly deterministic: boolean;
}

export type SandboxCommand =
  | { readonly type: "run"; readonly source: Uint8Array }
  | { readonly type: "files" };

export type SandboxReport =
  | { readonly type: "ready" }
  | { readonly type: "output"; readonly bytes: Uint8Array }
  | { readonly type: "done" }
  | { readonly type: "files"; readonly files: ReadonlyMap<string, Uint8Array> }
  /** The interpreter ended or the protocol was broken: this sandbox is of no further use. */
  | { readonly type: "ended"; readonly reason: string };
