// Connections that outlive a response. One is lent to one conversation at a time, so that the state a server keeps per
// connection never meets another's; when it comes back it waits for the next of the same tenant.

import { Waiters } from "../tools/index.ts";
import {
  connectMcp,
  type LiveMcpConnection,
  type McpConnection,
  type McpServerConfig,
} from "./connection.ts";

export interface McpPoolOptions {
  /** Connections at once, lent and waiting; who needs one more waits. Default 100. */
  readonly maxConnections?: number;
  /** Milliseconds after which a connection that nobody uses is closed. Default 5 minutes. */
  readonly idleTimeout?: number;
  /** Milliseconds after which the list of tools is asked for anew. Default 5 minutes. */
  readonly toolAge?: number;
}

interface Resting {
  readonly connection: LiveMcpConnection;
  readonly timer: NodeJS.Timeout;
}

/** Unused for less than this, in milliseconds, a connection is taken to be alive. */
const trustedRest = 1_000;

export class McpPool {
  readonly #options: McpPoolOptions;
  /** By server, credentials and tenant, the most recently used last; the keys likewise. */
  readonly #resting = new Map<string, (Resting & { readonly since: number })[]>();
  readonly #waiters: Waiters = new Waiters();
  #size = 0;
  #closed = false;

  constructor(options: McpPoolOptions = {}) {
    this.#options = options;
  }

  /** Connections, lent and waiting. */
  get size(): number {
    return this.#size;
  }

  /** Those of them that wait for their next use. */
  get resting(): number {
    return [...this.#resting.values()].reduce((sum, list) => sum + list.length, 0);
  }

  /**
   * Lends a connection; closing it gives it back. One that breaks is replaced at the next call.
   *
   * @param tenant Whose conversation it is for: tenants never share a connection.
   */
  async connect(config: McpServerConfig, tenant: string, signal?: AbortSignal): Promise<McpConnection> {
    const key = JSON.stringify([tenant, config]);
    return new LentConnection(await this.#take(key, config, signal), {
      replace: (broken) => this.#replace(broken, config, signal),
      giveBack: (connection, isBroken) => this.#giveBack(key, connection, config, isBroken),
    });
  }

  /** Closes everything that waits; what is lent is closed when it comes back. */
  async close(): Promise<void> {
    this.#closed = true;
    const all = [...this.#resting.values()].flat();
    this.#resting.clear();
    await Promise.all(all.map((resting) => this.#drop(resting)));
  }

  async #take(
    key: string,
    config: McpServerConfig,
    signal: AbortSignal | undefined,
  ): Promise<LiveMcpConnection> {
    for (;;) {
      signal?.throwIfAborted();
      const resting = this.#resting.get(key)?.pop();
      if (resting !== undefined) {
        clearTimeout(resting.timer);
        if (await this.#isGood(resting.connection, resting.since)) return resting.connection;
        await this.#drop(resting);
      } else if (this.#size < (this.#options.maxConnections ?? 100)) {
        this.#size += 1;
        return await this.#open(config, signal);
      } else {
        const oldest = this.#oldest();
        if (oldest === undefined) await this.#waiters.wait(signal);
        else await this.#drop(oldest);
      }
    }
  }

  async #open(config: McpServerConfig, signal: AbortSignal | undefined): Promise<LiveMcpConnection> {
    try {
      return await connectMcp(config, signal);
    } catch (error) {
      this.#freed();
      throw error;
    }
  }

  async #isGood(connection: LiveMcpConnection, since: number): Promise<boolean> {
    if (Date.now() - since > trustedRest && !(await connection.isAlive())) return false;
    try {
      await connection.refresh(this.#options.toolAge ?? 300_000);
      return true;
    } catch {
      // Whatever it is that the server does now, a new connection shows it.
      return false;
    }
  }

  async #replace(
    broken: LiveMcpConnection,
    config: McpServerConfig,
    signal: AbortSignal | undefined,
  ): Promise<LiveMcpConnection> {
    await broken.close().catch(() => undefined);
    return connectMcp(config, signal);
  }

  async #giveBack(
    key: string,
    connection: LiveMcpConnection,
    config: McpServerConfig,
    isBroken: boolean,
  ): Promise<void> {
    const { idleTimeout = 300_000 } = this.#options;
    const mayRest = !isBroken && !this.#closed && config.reuse !== false;
    if (!mayRest) {
      this.#freed();
      await connection.close();
      return;
    }
    const list = this.#resting.get(key) ?? [];
    const timer = setTimeout(() => {
      list.splice(list.indexOf(resting), 1);
      if (list.length === 0) this.#resting.delete(key);
      void this.#drop(resting);
    }, idleTimeout).unref();
    const resting = { connection, timer, since: Date.now() };
    list.push(resting);
    this.#resting.delete(key);
    this.#resting.set(key, list);
    this.#waiters.wake();
  }

  /** Takes out the connection of the key that was used longest ago. */
  #oldest(): Resting | undefined {
    for (const [key, list] of this.#resting) {
      const resting = list.shift();
      if (list.length === 0) this.#resting.delete(key);
      if (resting !== undefined) return resting;
    }
    return undefined;
  }

  async #drop({ connection, timer }: Resting): Promise<void> {
    clearTimeout(timer);
    this.#freed();
    await connection.close().catch(() => undefined);
  }

  #freed(): void {
    this.#size -= 1;
    this.#waiters.wake();
  }
}

interface Lender {
  replace(broken: LiveMcpConnection): Promise<LiveMcpConnection>;
  giveBack(connection: LiveMcpConnection, isBroken: boolean): Promise<void>;
}

class LentConnection implements McpConnection {
  #connection: LiveMcpConnection;
  readonly #lender: Lender;
  #isBroken = false;
  #replacing: Promise<void> | undefined;
  #returned = false;

  constructor(connection: LiveMcpConnection, lender: Lender) {
    this.#connection = connection;
    this.#lender = lender;
  }

  get label(): string {
    return this.#connection.label;
  }

  get serverName(): string {
    return this.#connection.serverName;
  }

  get instructions(): string | undefined {
    return this.#connection.instructions;
  }

  get tools(): McpConnection["tools"] {
    return this.#connection.tools;
  }

  async call(...parameters: Parameters<McpConnection["call"]>): ReturnType<McpConnection["call"]> {
    if (this.#returned) throw new Error(`The connection to "${this.label}" was given back.`);
    if (this.#isBroken) {
      this.#replacing ??= this.#replace();
      await this.#replacing;
    }
    const connection = this.#connection;
    try {
      return await connection.call(...parameters);
    } catch (error) {
      // The failed call is not repeated: it may have done its work. The next one gets a connection that works.
      const stopped = parameters[2]?.aborted === true;
      if (connection === this.#connection && (stopped || !(await connection.isAlive())))
        this.#isBroken = true;
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#returned) return;
    this.#returned = true;
    await this.#replacing?.catch(() => undefined);
    await this.#lender.giveBack(this.#connection, this.#isBroken);
  }

  async #replace(): Promise<void> {
    try {
      this.#connection = await this.#lender.replace(this.#connection);
      this.#isBroken = false;
    } finally {
      this.#replacing = undefined;
    }
  }
}
