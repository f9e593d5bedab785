// Responses that are being made: so that another request can cancel one, or follow its events.

import { ApiError, type ResponseEvent, type ResponseObject } from "../../protocol/index.ts";
import { ChangeSignal } from "../change-signal.ts";

/** One response in the making. */
export class ResponseJob {
  readonly tenant: string;
  readonly background: boolean;
  readonly abort: AbortController = new AbortController();
  /** Every event so far, where others may follow. */
  readonly events: ResponseEvent[] = [];
  /** Whether the store knows of it. */
  isStored = false;
  readonly #response: () => ResponseObject;
  #finished = false;
  readonly #changed: ChangeSignal = new ChangeSignal();

  constructor(tenant: string, background: boolean, response: () => ResponseObject) {
    this.tenant = tenant;
    this.background = background;
    this.#response = response;
  }

  get response(): ResponseObject {
    return this.#response();
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** Resolves when there are more events, or the job is finished. */
  get changed(): Promise<void> {
    return this.#changed.next;
  }

  cancel(): void {
    this.abort.abort(new ApiError(499, "The response was cancelled."));
  }

  /** Resolves once it is finished. */
  async ended(): Promise<void> {
    while (!this.#finished) await this.changed;
  }

  add(events: readonly ResponseEvent[]): void {
    this.events.push(...events);
    this.#changed.notify();
  }

  finish(): void {
    this.#finished = true;
    this.#changed.notify();
  }
}

export class ResponseJobs {
  readonly #jobs: Map<string, ResponseJob> = new Map();
  readonly #ended: ChangeSignal = new ChangeSignal();

  get(tenant: string, id: string): ResponseJob | undefined {
    const job = this.#jobs.get(id);
    return job?.tenant === tenant ? job : undefined;
  }

  add(id: string, job: ResponseJob): void {
    this.#jobs.set(id, job);
  }

  remove(id: string): void {
    this.#jobs.delete(id);
    if (this.#jobs.size === 0) this.#ended.notify();
  }

  /** What is being made and is in the store already. */
  stored(): readonly (readonly [id: string, job: ResponseJob])[] {
    return [...this.#jobs].filter(([, job]) => job.isStored);
  }

  /** Resolves when nothing is being made. */
  async settled(): Promise<void> {
    while (this.#jobs.size > 0) await this.#ended.next;
  }
}
