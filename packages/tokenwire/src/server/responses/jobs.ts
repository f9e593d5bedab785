// Responses that are being made: so that another request can cancel one, or follow its events.

import type { ResponseEvent, ResponseObject } from "../../protocol/index.ts";
import { ChangeSignal } from "../change-signal.ts";

/** One response in the making. */
export class ResponseJob {
  readonly tenant: string;
  readonly background: boolean;
  readonly abort: AbortController = new AbortController();
  /** Every event so far, where others may follow. */
  readonly events: ResponseEvent[] = [];
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
  readonly #lockedConversations: Set<string> = new Set();

  get(tenant: string, id: string): ResponseJob | undefined {
    const job = this.#jobs.get(id);
    return job?.tenant === tenant ? job : undefined;
  }

  add(id: string, job: ResponseJob): void {
    this.#jobs.set(id, job);
  }

  remove(id: string): void {
    this.#jobs.delete(id);
  }

  /** Reserves a conversation; false when another response is being made in it. */
  lockConversation(tenant: string, id: string): boolean {
    const key = `${tenant}\n${id}`;
    if (this.#lockedConversations.has(key)) return false;
    this.#lockedConversations.add(key);
    return true;
  }

  unlockConversation(tenant: string, id: string): void {
    this.#lockedConversations.delete(`${tenant}\n${id}`);
  }
}
