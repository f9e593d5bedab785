// One attempt of a request on one worker. What fails before anything was shown is given back as an error, so that another
// worker can be tried; the worker learns how it did.

import { type Engine, EngineError, type GenerateEvent, type GenerateRequest } from "../engine.ts";
import type { Worker } from "./worker.ts";

export type FinishEvent = GenerateEvent & { readonly type: "finish" };
export type Embed = NonNullable<Engine["embed"]>;
export type EmbedArguments = Parameters<Embed>;

/** Passes events on. Returns the error when nothing was shown yet; throws what is raised later. */
export async function* generateAt(
  worker: Worker,
  request: GenerateRequest,
  signal: AbortSignal | undefined,
  onFinish: (event: FinishEvent) => void,
): AsyncGenerator<GenerateEvent, EngineError | undefined> {
  const end = worker.begin(request);
  let start: GenerateEvent | undefined;
  let shown = false;
  try {
    for await (const event of worker.engine.generate(request, signal)) {
      if (event.type === "start") {
        // Held back: what starts may still fail before it says anything.
        start = event;
        continue;
      }
      if (event.type === "finish") {
        if (event.reason === "error") worker.failed(event.error);
        else worker.succeeded();
        onFinish(event);
        if (event.reason === "error" && !shown) return toError(event.error);
      }
      if (!shown && start !== undefined) yield start;
      shown = true;
      yield event;
    }
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    worker.failed(error);
    if (shown) throw error;
    return toError(error);
  } finally {
    end();
  }
}

/** The vectors, or the error. Throws `unsupported` for a worker that has none. */
export async function embedAt(
  worker: Worker,
  asked: GenerateRequest,
  ...[request, signal]: EmbedArguments
): Promise<Awaited<ReturnType<Embed>> | EngineError> {
  const { engine } = worker;
  if (engine.embed === undefined) {
    throw new EngineError("unsupported", `The engine "${worker.name}" gives no embeddings.`);
  }
  const end = worker.begin(asked);
  try {
    const answer = await engine.embed(request, signal);
    worker.succeeded();
    return answer;
  } catch (error) {
    signal?.throwIfAborted();
    worker.failed(error);
    return toError(error);
  } finally {
    end();
  }
}

function toError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const message = error instanceof Error ? error.message : "The engine failed.";
  return new EngineError("internal", message, { cause: error });
}
