// Generates, runs the calls of the answer, gives the model their results and generates again, until there is an answer,
// something for the client to do, or a limit. The prompt only grows: what was sampled stays as it was sampled.

import { type HarmonyEncoding, Message, StreamableParser } from "@tokenwire/core/harmony";
import {
  type ApprovedCall,
  type ChoiceEvent,
  emptyUsage,
  type GenerationPlan,
  type Prompt,
  type RecordedCall,
  type ResponseEncoder,
  type ResponseEvent,
  type TokenUsage,
  type ToolOutcome,
  toolListEvents,
} from "../../../protocol/index.ts";
import { toolResultMessage } from "../../../tools/index.ts";
import type { Observation } from "../../observability/observation.ts";
import type { ServerToolOptions } from "./options.ts";
import { runCall } from "./run-call.ts";
import { ToolStream, type WrittenCall } from "./tool-stream.ts";
import type { HostedEntry, Toolkit } from "./toolkit.ts";

/** One engine call of the loop. */
export interface Round {
  readonly prompt: Prompt;
  readonly plan: GenerationPlan;
  readonly usage: TokenUsage;
}

export interface RoundSink {
  started(): void;
  push(events: readonly ChoiceEvent[], tokenIds: readonly number[]): void;
}

export interface ToolLoopOptions {
  readonly encoder: ResponseEncoder;
  readonly encoding: HarmonyEncoding;
  readonly toolkit: Toolkit;
  readonly limits: ServerToolOptions;
  readonly maxToolCalls: number | undefined;
  readonly approved: readonly ApprovedCall[];
  readonly first: { readonly prompt: Prompt; readonly plan: GenerationPlan };
  /** Plans a later round; undefined when nothing more fits the context or the output limit. */
  readonly plan: (prompt: Prompt, sampledTokens: number) => GenerationPlan | undefined;
  /** Runs the engine. */
  readonly generate: (round: Round, sink: RoundSink) => Promise<void>;
  readonly emit: (events: readonly ResponseEvent[]) => void;
  /** Announces the response, once. */
  readonly start: () => void;
  readonly usage: TokenUsage;
  readonly signal: AbortSignal;
  readonly observation: Observation;
}

/** A call and its result, for the prompt. */
interface FinishedCall {
  readonly call: Message;
  readonly recipient: string;
  readonly text: string;
}

export class ToolLoop {
  readonly #options: ToolLoopOptions;
  readonly #maxCalls: number;
  #calls = 0;
  #listed = false;

  constructor(options: ToolLoopOptions) {
    this.#options = options;
    this.#maxCalls = Math.min(
      options.maxToolCalls ?? Number.POSITIVE_INFINITY,
      options.limits.maxCalls ?? 64,
    );
  }

  async run(): Promise<void> {
    const { first, approved, encoder, usage } = this.#options;
    usage.promptTokens = 0;
    let round: { prompt: Prompt; plan: GenerationPlan } | undefined = first;
    if (approved.length > 0) {
      this.#start();
      round = await this.#runApproved(approved);
    }
    while (round !== undefined && !encoder.stopped) round = await this.#round(round);
  }

  /** One answer with its calls; the next round, if there is to be one. */
  async #round(round: { prompt: Prompt; plan: GenerationPlan }): Promise<typeof round | undefined> {
    const { encoder, toolkit, emit, encoding } = this.#options;
    const ids: number[] = [...round.prompt.answerPrefix];
    const usage = emptyUsage(round.prompt.tokenIds.length);
    let headers: CallHeaders | undefined;
    const stream = new ToolStream({
      encoder,
      toolkit,
      mayCall: () => this.#calls < this.#maxCalls,
      header: (name) => {
        headers ??= new CallHeaders(encoding, ids);
        return headers.next(name);
      },
    });
    try {
      await this.#options.generate(
        { ...round, usage },
        {
          started: () => this.#start(),
          push: (events, tokenIds) => {
            ids.push(...tokenIds);
            emit(stream.push(events));
          },
        },
      );
    } finally {
      this.#count(usage);
    }
    headers ??= new CallHeaders(encoding, ids);
    if (stream.pending === undefined) emit(stream.resume());
    const finished: FinishedCall[] = [];
    while (stream.pending !== undefined && !encoder.stopped) {
      finished.push(await this.#runCall(stream.pending, headers));
      emit(stream.resume());
    }
    if (stream.returned || finished.length === 0 || encoder.stopped) return undefined;
    const sampled = ids.slice(round.prompt.answerPrefix.length);
    // Some engines keep the token that ended the call to themselves.
    const call = encoding.isSpecialToken(sampled.at(-1) ?? 0) ? [] : callEnd(encoding);
    return this.#next([...round.prompt.tokenIds, ...sampled, ...call], finished.map(resultOf));
  }

  async #runCall(call: WrittenCall, headers: CallHeaders): Promise<FinishedCall> {
    const header = headers.next(call.name);
    const { entry, item, route } = call;
    this.#calls++;
    const recipient = route?.recipient ?? header.recipient;
    const message = callMessage({ ...header, recipient, arguments: call.arguments });
    if (entry === undefined || item === undefined || route === undefined) {
      return { call: message, recipient, text: call.message ?? "" };
    }
    const outcome = await this.#run(entry, route.function, call.arguments);
    const record = { ...header, recipient, arguments: call.arguments, output: outcome.text };
    const { encoder, emit } = this.#options;
    emit([
      ...encoder.tool(item.ended(outcome)),
      ...encoder.endTool(item.done(call.arguments, outcome, record)),
    ]);
    return { call: message, recipient, text: outcome.text };
  }

  #run(entry: HostedEntry, functionName: string, text: string): Promise<ToolOutcome> {
    const { signal, limits, observation } = this.#options;
    const end = observation.tool(functionName, entry.label === undefined ? "function" : "mcp");
    const outcome = runCall(entry.tool, { function: functionName, arguments: text }, signal, {
      timeout: limits.callTimeout ?? 150_000,
      maxLength: limits.maxResultLength ?? 65_536,
    });
    outcome.then(
      ({ failed }) => end(failed === true),
      () => end(true),
    );
    return outcome;
  }

  /** Calls that an earlier response asked about and the client now allows: run before anything is generated. */
  async #runApproved(
    approved: readonly ApprovedCall[],
  ): Promise<{ prompt: Prompt; plan: GenerationPlan } | undefined> {
    const { encoder, emit, first, encoding, toolkit } = this.#options;
    const messages: Message[] = [];
    for (const { call, name, label, requestId } of approved) {
      if (this.#calls++ >= this.#maxCalls) {
        encoder.stop("max_tool_calls");
        return undefined;
      }
      const entry = toolkit.entries.find((candidate) => candidate.label === label)!;
      const item = entry.createItem(name, requestId);
      const text = call.arguments;
      emit(encoder.beginTool(item.added, item.started));
      if (item.delta !== undefined && text !== "") emit(encoder.tool([[item.delta, { delta: text }]]));
      emit(encoder.tool(item.called(text)));
      const outcome = await this.#run(entry, name, text);
      const record = { ...call, output: outcome.text };
      emit([...encoder.tool(item.ended(outcome)), ...encoder.endTool(item.done(text, outcome, record))]);
      const message = callMessage(call);
      messages.push(message, toolResultMessage(message, call.recipient, outcome.text));
    }
    // The prompt ends with the beginning of an answer, which the first call's message brings along itself.
    const { tokenIds, answerPrefix } = first.prompt;
    const opening = assistantStart(encoding).length + answerPrefix.length;
    return this.#next([...tokenIds.subarray(0, tokenIds.length - opening)], messages);
  }

  /** The prompt with these messages at its end, and its plan. */
  #next(ids: number[], messages: readonly Message[]): { prompt: Prompt; plan: GenerationPlan } | undefined {
    const { encoding, plan, usage, encoder } = this.#options;
    for (const message of messages) encoding.renderInto(message, ids);
    const tokenIds = Uint32Array.from([...ids, ...assistantStart(encoding)]);
    const prompt: Prompt = { tokenIds, answerPrefix: [], inReasoning: false };
    const planned = plan(prompt, usage.completionTokens);
    if (planned === undefined) {
      encoder.stop("max_output_tokens");
      return undefined;
    }
    return { prompt, plan: planned };
  }

  #start(): void {
    const { start, emit, encoder, toolkit } = this.#options;
    start();
    if (this.#listed) return;
    this.#listed = true;
    for (const list of toolkit.lists) {
      emit([...encoder.beginTool({ ...list, tools: [] }, toolListEvents(list)), ...encoder.endTool(list)]);
    }
  }

  #count(round: TokenUsage): void {
    const { usage } = this.#options;
    usage.promptTokens += round.promptTokens;
    usage.completionTokens += round.completionTokens;
    usage.cachedTokens += round.cachedTokens;
    usage.reasoningTokens += round.reasoningTokens;
  }
}

const resultOf = ({ call, recipient, text }: FinishedCall): Message =>
  toolResultMessage(call, recipient, text);

function assistantStart(encoding: HarmonyEncoding): Uint32Array {
  return encoding.encode("<|start|>assistant", { allowedSpecial: "all" });
}

function callEnd(encoding: HarmonyEncoding): Uint32Array {
  return encoding.encode("<|call|>", { allowedSpecial: "all" });
}

function callMessage(call: RecordedCall): Message {
  return new Message({
    role: "assistant",
    content: call.arguments,
    recipient: call.recipient,
    channel: call.channel,
    contentType: call.content_type,
  });
}

/** How the calls of an answer were addressed, in order. */
class CallHeaders {
  readonly #messages: Message[];

  constructor(encoding: HarmonyEncoding, ids: readonly number[]) {
    const parser = new StreamableParser(encoding, { role: "assistant", mode: "recover" });
    parser.push(ids);
    parser.end({});
    this.#messages = parser.messages.filter(({ recipient }) => recipient !== undefined);
  }

  /** The header of the next call of this name. */
  next(name: string): Omit<RecordedCall, "arguments" | "output"> {
    const at = this.#messages.findIndex(({ recipient }) => recipient!.replace(/^functions\./, "") === name);
    const [message] = at < 0 ? [] : this.#messages.splice(at, 1);
    const channel = message?.channel?.startsWith("commentary") ? "commentary" : "analysis";
    const type = message?.contentType;
    return {
      recipient: message?.recipient ?? name,
      channel,
      ...(type !== undefined && { content_type: type }),
    };
  }
}
