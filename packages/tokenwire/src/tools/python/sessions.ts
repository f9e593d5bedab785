// Interpreter sessions that outlive a response: kept by key for the next turn, bounded in number and in idle time.

import { Waiters } from "../waiters.ts";
import type { CellOptions, CellResult, PythonBackend } from "./backend.ts";
import { PythonSandbox, type SandboxOptions } from "./sandbox.ts";

export interface PythonSessionsOptions extends SandboxOptions {
  /** Interpreters alive at once; who needs one more waits. Default 4; each takes some 150 to 200 MB. */
  readonly maxSessions?: number;
  /** Milliseconds after which a session that nobody holds ends. Default 10 minutes; 0 ends it at once. */
  readonly idleTimeout?: number;
  /** Makes an interpreter. Default: the WASI sandbox. */
  readonly createBackend?: () => PythonBackend;
}

export interface OpenSessionOptions {
  /** The key is of an earlier turn: when its session is gone, the first result says so. */
  readonly resumed?: boolean;
}

interface Session {
  readonly key: string;
  readonly backend: PythonBackend;
  holders: number;
  timer: NodeJS.Timeout | undefined;
}

const lost = "[WARN] The earlier Python session has ended; its variables and files are gone.\n";

/**
 * Sessions by key. A key is a capability: make it unguessable, and put the tenant into it.
 *
 * @example
 * const sessions = new PythonSessions({ maxSessions: 8 });
 * const python = createPythonTool({ backend: sessions.open("tenant/cntr_1") });
 * await python.dispose?.(); // the variables stay for the next open("tenant/cntr_1")
 */
export class PythonSessions {
  readonly #options: PythonSessionsOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #waiters: Waiters = new Waiters();
  #closed = false;

  constructor(options: PythonSessionsOptions = {}) {
    this.#options = options;
  }

  /** Interpreters alive. */
  get size(): number {
    return this.#sessions.size;
  }

  /** A backend over the session of this key, which starts with the first cell. Closing it lets the session rest. */
  open(key: string, { resumed = false }: OpenSessionOptions = {}): PythonBackend {
    let held: Promise<{ session: Session; isNew: boolean }> | undefined;
    let notice = resumed;
    const run = async (source: string, options: CellOptions): Promise<CellResult> => {
      if (this.#closed) throw new Error("The Python sessions were closed.");
      held ??= this.#hold(key, options.signal);
      const { session, isNew } = await held.catch((error: unknown) => {
        held = undefined;
        throw error;
      });
      const prefix = notice && isNew ? lost : "";
      notice = false;
      if (prefix !== "") options.onOutput?.(prefix);
      const result = await session.backend.run(source, options);
      return { ...result, text: prefix + result.text };
    };
    const close = async (): Promise<void> => {
      const last = held;
      held = undefined;
      if (last !== undefined) await last.then(({ session }) => this.#release(session));
    };
    return { isStateful: true, run, close };
  }

  /** Files of `/mnt/data` in the session of this key, by path; none when there is no such session. */
  async files(key: string): Promise<ReadonlyMap<string, Uint8Array>> {
    return (await this.#sessions.get(key)?.backend.files?.()) ?? new Map();
  }

  /** Ends every session. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#sessions.values()].map((session) => this.#end(session)));
  }

  async #hold(key: string, signal: AbortSignal): Promise<{ session: Session; isNew: boolean }> {
    for (;;) {
      const known = this.#sessions.get(key);
      if (known !== undefined) {
        clearTimeout(known.timer);
        known.holders += 1;
        // The map's order is that of use: the first is the one that rested longest.
        this.#sessions.delete(key);
        this.#sessions.set(key, known);
        return { session: known, isNew: false };
      }
      if (this.#sessions.size < (this.#options.maxSessions ?? 4)) {
        const { createBackend = () => new PythonSandbox(this.#options) } = this.#options;
        const session: Session = { key, backend: createBackend(), holders: 1, timer: undefined };
        this.#sessions.set(key, session);
        return { session, isNew: true };
      }
      const resting = [...this.#sessions.values()].find(({ holders }) => holders === 0);
      if (resting === undefined) await this.#waiters.wait(signal);
      else await this.#end(resting);
    }
  }

  #release(session: Session): void {
    session.holders -= 1;
    if (session.holders > 0 || this.#sessions.get(session.key) !== session) return;
    const { idleTimeout = 600_000 } = this.#options;
    session.timer = setTimeout(() => void this.#end(session), idleTimeout).unref();
    this.#waiters.wake();
  }

  async #end(session: Session): Promise<void> {
    clearTimeout(session.timer);
    if (this.#sessions.get(session.key) === session) this.#sessions.delete(session.key);
    this.#waiters.wake();
    await session.backend.close();
  }
}
