// What a generation tells about itself. Who runs generations knows only this; metrics, log lines, rate limits and traces
// stand behind it.

import type { GenerateRequest } from "../../engines/index.ts";
import type { ChoiceEvent, GenerationPlan, TokenUsage } from "../../protocol/index.ts";
import type { ServedModel } from "../models.ts";

/** A generation that is about to begin. */
export interface BeginningGeneration {
  readonly id: string;
  readonly model: ServedModel;
  readonly plans: readonly GenerationPlan[];
  readonly usage: TokenUsage;
}

/** One call of an engine. */
export interface EngineCall {
  /** Headers for an engine behind HTTP, so that its traces join ours. */
  readonly headers: Readonly<Record<string, string>>;
  /** Called when the first token came. */
  firstToken(milliseconds: number): void;
  /** Called once, with what the engine raised if it failed. */
  end(outcome: { readonly reason?: string; readonly tokens: number; readonly error?: unknown }): void;
}

export interface GenerationObserver {
  /** Called before an engine is; raises what refuses the generation. */
  begin?(generation: BeginningGeneration): void;
  call?(generation: BeginningGeneration, request: GenerateRequest): EngineCall | undefined;
  /** What a choice says; only where content is kept. */
  readonly content?: ((choice: number, events: readonly ChoiceEvent[]) => void) | undefined;
  firstToken(model: string, milliseconds: number): void;
  /** A choice ended, having generated `tokens` in `afterFirst` milliseconds after the first one. */
  finished(model: string, reason: string, tokens: number, milliseconds: number, afterFirst: number): void;
  tokens(model: string, prompt: number, generated: number, cached: number, reasoning: number): void;
  aborted(cause: string): void;
  /** A parser had to make something of malformed output. */
  repaired(parser: string, kind: string): void;
}
