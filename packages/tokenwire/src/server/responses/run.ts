// Makes one response: generates, encodes, stores, and only then tells that it is complete.

import {
  type ApiError,
  emptyUsage,
  newId,
  ResponseEncoder,
  type ResponseEvent,
  type ResponseItem,
  type ResponseObject,
  type TokenUsage,
  unixSeconds,
} from "../../protocol/index.ts";
import type { StoredResponse } from "../../store/index.ts";
import { generationFor, readAnswer } from "../answer.ts";
import type { Caller, ServerContext } from "../context.ts";
import { toApiError } from "../errors.ts";
import { generateChoices } from "../generate.ts";
import { planNextRound } from "../tools/next-plan.ts";
import { openRounds } from "../tools/open-rounds.ts";
import { type Round, type RoundSink, ToolLoop } from "../tools/tool-loop.ts";
import type { ResponseDraft } from "./context.ts";
import { ResponseOutput } from "./tools/response-output.ts";
import type { ResponseToolkit } from "./tools/response-toolkit.ts";

/** Where the events of a response go. */
export interface ResponseSink {
  emit(events: readonly ResponseEvent[]): void;
  readonly pressure?: Promise<void> | undefined;
}

export class ResponseRun {
  readonly id: string = newId("resp_");
  readonly encoder: ResponseEncoder;
  readonly #caller: Caller;
  readonly #draft: ResponseDraft;
  #log: readonly ResponseEvent[] | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(context: Caller, draft: ResponseDraft) {
    const { request, model } = draft;
    this.#caller = context;
    this.#draft = draft;
    this.encoder = new ResponseEncoder({
      id: this.id,
      model: model.id,
      createdAt: unixSeconds(),
      tokenizer: model.profile.tokenizer,
      logprobs: request.topLogprobs !== undefined,
      summary: request.reasoningSummary !== undefined,
      obfuscate: request.includeObfuscation,
      ...(request.includeEncryptedReasoning && { seal: (text) => context.server.seal.seal(text) }),
      echo: request.echo,
    });
  }

  get response(): ResponseObject {
    return this.encoder.response;
  }

  get #server(): ServerContext {
    return this.#caller.server;
  }

  /**
   * Generates to the end. Engine failures become events once the response has started, else they are raised; an abort
   * is raised always.
   */
  async run(signal: AbortSignal, sink: ResponseSink): Promise<void> {
    const { encoder } = this;
    const usage = emptyUsage(this.#draft.prompt.tokenIds.length);
    try {
      const { observation } = this.#caller;
      await this.#server.admission.run({ signal, observation }, () => this.#generate(signal, sink, usage));
      sink.emit(encoder.complete(usage));
      this.#keepPages();
      await this.save([encoder.ending]);
      await this.#appendToConversation();
    } catch (error) {
      if (signal.aborted || !encoder.started) throw error;
      const failure = toApiError(error);
      if (failure.status >= 500) {
        this.#server.log.error(
          { requestId: this.#caller.requestId, err: failure.cause ?? failure },
          "response failed",
        );
      }
      await this.fail(failure, sink);
      return;
    } finally {
      // Not awaited: a server that is slow to say goodbye must not hold up the answer.
      void this.#draft.toolkit?.dispose();
    }
    sink.emit(encoder.terminal());
  }

  /** Ends a response that has started as failed, in events and in the store. */
  async fail(error: ApiError, sink: ResponseSink): Promise<void> {
    const events = this.encoder.fail(error);
    // What could not be stored complete may not be storable as failed either; the client learns of the failure anyway.
    await this.save(events).catch((cause: unknown) => {
      this.#server.log.error(
        { requestId: this.#caller.requestId, err: cause },
        "cannot store a failed response",
      );
    });
    sink.emit(events);
  }

  /**
   * Stores a response that is going to be made in the background.
   *
   * @param log where its events are going to be, for those that can be followed again
   */
  async begin(log: readonly ResponseEvent[] | undefined): Promise<void> {
    this.#log = log;
    await this.#server.ownership.begin(this.#caller.tenant, this.#stored([]));
  }

  /**
   * Stores the response as it stands, if it is to be stored.
   *
   * @param events that are still to be emitted
   */
  async save(events: readonly ResponseEvent[] = []): Promise<void> {
    const { tenant } = this.#caller;
    const { store, background } = this.#draft.request;
    const stored = this.#stored(events);
    if (background) {
      // One after the other: what is written last is the end.
      const before = this.#saving;
      this.#saving = before.catch(() => undefined).then(() => this.#server.ownership.update(tenant, stored));
      await this.#saving;
    } else if (store) await this.#server.store.putResponse(tenant, stored);
  }

  #stored(events: readonly ResponseEvent[]): StoredResponse {
    const { request, input } = this.#draft;
    return {
      response: this.response,
      input,
      previousId: request.previousResponseId ?? null,
      ...(this.#log && { events: [...this.#log, ...events] }),
    };
  }

  /** Tells that the engine works on it; of background work other servers are told too. */
  #start(sink: ResponseSink): void {
    const { encoder } = this;
    const isQueued = encoder.isQueued;
    if (encoder.started && !isQueued) return;
    sink.emit(encoder.start());
    if (!isQueued) return;
    this.save().catch((cause: unknown) => {
      this.#server.log.error({ requestId: this.#caller.requestId, err: cause }, "cannot store a response");
    });
  }

  async #appendToConversation(): Promise<void> {
    const { request, input } = this.#draft;
    if (request.conversationId === undefined || !request.store) return;
    const output = this.response.output as unknown as ResponseItem[];
    await this.#server.store.appendItems(this.#caller.tenant, request.conversationId, [...input, ...output]);
  }

  /** The pages that the browser showed, for the cursors of a later turn. */
  #keepPages(): void {
    const { request, toolkit } = this.#draft;
    if (toolkit?.browser && request.store) {
      this.#server.browserStates.keep(this.#caller.tenant, this.id, toolkit.browser);
    }
  }

  #generate(signal: AbortSignal, sink: ResponseSink, usage: TokenUsage): Promise<void> {
    const { prompt, plan, toolkit, conversation } = this.#draft;
    const start = (): void => this.#start(sink);
    if (toolkit !== undefined) return this.#generateWithTools(signal, sink, { usage, toolkit, start });
    const push: RoundSink["push"] = (events) => sink.emit(this.encoder.push(events));
    return this.#round(sink, { prompt, plan, usage, conversation, signal }, { started: start, push });
  }

  #generateWithTools(
    signal: AbortSignal,
    sink: ResponseSink,
    { usage, toolkit, start }: { usage: TokenUsage; toolkit: ResponseToolkit; start: () => void },
  ): Promise<void> {
    const draft = this.#draft;
    const { prompt, plan, conversation, request, model } = draft;
    const emit: ResponseSink["emit"] = (events) => sink.emit(events);
    const output = new ResponseOutput({ encoder: this.encoder, toolkit, emit, start });
    const { tools, settings } = this.#server;
    const loop = new ToolLoop({
      output,
      toolkit,
      usage,
      signal,
      rounds: openRounds({ ...this.#caller, signal }, model, toolkit.names),
      limits: tools,
      maxCalls: Math.min(request.maxToolCalls ?? Number.POSITIVE_INFINITY, tools.maxCalls ?? 64),
      totalTime: settings.timeouts.total,
      observation: this.#caller.observation,
      approved: draft.approved.map((call) => output.approve(call)),
      first: { prompt, plan, conversation },
      plan: (next, sampledTokens) =>
        planNextRound(model, { ...request, conversation: next.conversation }, next.prompt, sampledTokens),
      generate: (round, roundSink) => this.#round(sink, round, roundSink),
    });
    return loop.run();
  }

  /** Asks the engine once. */
  #round(sink: ResponseSink, round: Round, to: RoundSink): Promise<void> {
    const { prompt, plan, usage, conversation, signal } = round;
    const { request, model } = this.#draft;
    const reading = readAnswer(model, { ...request, conversation }, prompt);
    return generateChoices(
      { id: this.id, plans: [plan], usage, ...generationFor({ ...this.#caller, signal }, model, reading) },
      {
        coalesceMs: request.stream ? this.#server.settings.coalesceMs : 0,
        start: () => to.started(),
        push: (_choice, events, tokenIds) => to.push(events, tokenIds),
        get pressure() {
          return sink.pressure;
        },
      },
    );
  }
}
