// The responses that this server makes in the background, as the store knows them. Where several servers share a store,
// each holds leases on its own responses; whoever finds that a lease is over ends the response of the dead server.

import type { Logger } from "pino";
import { newId } from "../../protocol/index.ts";
import type { LeasedResponse, ResponseStore, StoredResponse } from "../../store/index.ts";
import type { ResponseJobs } from "./jobs.ts";

/** Milliseconds between two looks at what others ask for. */
const lookInterval = 1_000;

export interface OwnershipOptions {
  readonly store: ResponseStore;
  readonly jobs: ResponseJobs;
  readonly log: Logger;
}

export class Ownership {
  /** This server, among those that share the store. */
  readonly #id: string = newId("srv_");
  readonly #options: OwnershipOptions;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;

  constructor(options: OwnershipOptions) {
    this.#options = options;
  }

  /** Ends what dead servers left behind, now and from time to time. */
  async start(): Promise<void> {
    const { store } = this.#options;
    if (store.leases === undefined) {
      await this.#failOrphans();
      return;
    }
    await this.#endExpired();
    const interval = Math.min(lookInterval, store.leases.duration / 3);
    this.#timer = setInterval(() => void this.#look(), interval).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Stores a response that begins in the background. */
  async begin(tenant: string, stored: StoredResponse): Promise<void> {
    const { store } = this.#options;
    if (store.leases === undefined) await store.putResponse(tenant, stored);
    else await store.leases.begin(this.#id, tenant, stored);
  }

  /** Stores it as it goes on, or at its end; does nothing when it has become another server's, or was deleted. */
  async update(tenant: string, stored: StoredResponse): Promise<void> {
    const { store, log } = this.#options;
    if (store.leases === undefined) {
      await store.putResponse(tenant, stored);
      return;
    }
    const isHeld = await store.leases.update(this.#id, tenant, stored);
    if (!isHeld) log.info({ response: stored.response.id }, "the response was ended or deleted elsewhere");
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      await this.#renew();
      await this.#endExpired();
    } catch (error) {
      this.#options.log.error({ err: error }, "cannot renew the leases of responses");
    } finally {
      this.#looking = false;
    }
  }

  /** Keeps what is being made here, and stops what others cancelled or deleted. */
  async #renew(): Promise<void> {
    const { jobs, store } = this.#options;
    const running = jobs.stored();
    if (running.length === 0) return;
    const leases = new Map((await store.leases!.renew(this.#id)).map((lease) => [lease.id, lease]));
    for (const [id, job] of running) {
      const lease = leases.get(id);
      if (lease === undefined || lease.cancel) job.cancel();
    }
  }

  async #endExpired(): Promise<void> {
    for (const held of await this.#options.store.leases!.takeExpired(this.#id)) await this.#end(held);
  }

  /** Responses that an earlier process was making when it ended will never be finished by anyone. */
  async #failOrphans(): Promise<void> {
    for (const held of await this.#options.store.listUnfinished())
      await this.#end({ ...held, cancel: false });
  }

  async #end({ tenant, id, cancel }: LeasedResponse): Promise<void> {
    const stored = await this.#options.store.getResponse(tenant, id);
    if (stored === undefined) return;
    const error = {
      code: "server_error",
      message: "The server was restarted while this response was being made.",
    };
    const ending = cancel ? { status: "cancelled" as const } : { status: "failed" as const, error };
    await this.update(tenant, { ...stored, response: { ...stored.response, ...ending } });
  }
}
