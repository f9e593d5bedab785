// The pages that responses have opened, so that cursors in a later turn still name them. Bounded; a turn whose pages
// were forgotten starts with an empty browser.

import type { BrowserTool } from "../../../tools/index.ts";

type BrowserState = ReturnType<BrowserTool["session"]["exportState"]>;

const maxStates = 64;
const maxPages = 100;

export class BrowserStates {
  readonly #states: Map<string, BrowserState> = new Map();

  /** Keeps the pages of a response. */
  keep(tenant: string, responseId: string, browser: BrowserTool): void {
    const state = browser.session.exportState();
    if (state.pages.length === 0 || state.pages.length > maxPages) return;
    this.#states.set(key(tenant, responseId), state);
    const [oldest] = this.#states.keys();
    if (this.#states.size > maxStates && oldest !== undefined) this.#states.delete(oldest);
  }

  /** Gives a browser the pages of an earlier response. */
  restore(tenant: string, responseId: string, browser: BrowserTool): void {
    const state = this.#states.get(key(tenant, responseId));
    if (state !== undefined) browser.session.importState(state);
  }
}

const key = (tenant: string, responseId: string): string => `${tenant}\n${responseId}`;
