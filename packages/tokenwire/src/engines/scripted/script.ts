// What a scripted engine is told to do: scripts of steps, and which requests they answer.

import type { EngineError, FinishReason, TokenId, TokenLogprob, Usage } from "../engine.ts";

/** Emit ids; `chunk` gives the sizes of the deltas (its last size repeats), default one id per delta. */
export interface TokensStep {
  readonly tokens: readonly TokenId[];
  readonly chunk?: readonly number[];
  readonly logprobs?: readonly TokenLogprob[];
}

/** One step. Exactly one of the keys says what happens. */
export type ScriptStep =
  | TokensStep
  /** Let time pass on the engine's clock. */
  | { readonly waitMs: number }
  /** Wait until the test calls `release(name)`. */
  | { readonly waitFor: string }
  /** Emit text, as an engine without token output does. */
  | { readonly text: string }
  /** End here. Without such a step the script ends as its last id, or the token limit, says. */
  | {
      readonly finish: {
        readonly reason: FinishReason;
        readonly matched?: TokenId | string;
        readonly usage?: Usage;
      };
    }
  /** Fail before `start`; must be the first step. */
  | { readonly throwBeforeStart: EngineError }
  /** End with `finish error` once this many deltas were sent. */
  | { readonly failAfter: number; readonly error?: EngineError }
  /** Never go on, until aborted. */
  | { readonly hang: true };

/** Which requests a script answers; everything given must fit. Without `match` it answers any. */
export interface ScriptMatch {
  /** The prompt begins with these ids. */
  readonly promptIds?: readonly TokenId[];
  readonly requestIdPrefix?: string;
  /** The how-manieth request this is, from 1. */
  readonly call?: number;
}

export interface Script {
  /** For requests that ask for it by name in `opaque["x-scripted-response"]`. */
  readonly name?: string;
  readonly match?: ScriptMatch;
  readonly steps: readonly ScriptStep[];
}

/** The first script that fits, in order; a name asked for beats everything. */
export function chooseScript(
  scripts: readonly Script[],
  request: {
    readonly id: string;
    readonly ids: ArrayLike<number>;
    readonly call: number;
    readonly name?: string;
  },
): Script | undefined {
  if (request.name !== undefined) return scripts.find((script) => script.name === request.name);
  return scripts.find(({ match = {} }) => {
    if (match.call !== undefined && match.call !== request.call) return false;
    if (match.requestIdPrefix !== undefined && !request.id.startsWith(match.requestIdPrefix)) return false;
    return match.promptIds?.every((id, index) => request.ids[index] === id) ?? true;
  });
}
