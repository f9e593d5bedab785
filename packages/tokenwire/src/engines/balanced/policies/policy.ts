// What a routing policy is. Adding one: a file that exports its kind, and its name and line in `registry.ts`.

import type { GenerateRequest } from "../../engine.ts";
import type { Worker } from "../worker.ts";

/**
 * Why a request went where it went: its client named the worker (`pinned`), its session was there (`sticky`), its
 * prompt's beginning was there (`prefix`), it belongs there on a ring (`ring`), the worker was the least busy (`load`),
 * it was the worker's turn (`turn`) or chance (`random`); `fallback`: all were too busy, and it stayed where it belongs.
 */
export type ChoiceReason = "pinned" | "sticky" | "prefix" | "ring" | "load" | "turn" | "random" | "fallback";

export interface Choice {
  readonly worker: Worker;
  readonly reason: ChoiceReason;
}

/** What policies are made from. */
export interface Fleet {
  readonly workers: readonly Worker[];
  /** A number from 0 up to 1. */
  readonly random: () => number;
  /** Tokens at the start of a prompt that decide where it goes. */
  readonly affinityTokens: number;
  /** Tokens that a worker reads a second, where loads are compared in time. */
  readonly throughput: number;
}

export interface Policy {
  /** Chooses among workers that can take the request; there is at least one. */
  choose(request: GenerateRequest, candidates: readonly Worker[]): Choice;
  /** Told where a request went that was not chosen here: its session or its client said where. */
  learn?(request: GenerateRequest, worker: Worker): void;
}

export interface PolicyKind {
  /** Workers have to be asked for their load now and then. */
  readonly comparesLoads?: true;
  /** The policy itself sends a session to one worker, so that nobody has to remember which. */
  readonly placesSessions?: true;
  create(fleet: Fleet): Policy;
}
