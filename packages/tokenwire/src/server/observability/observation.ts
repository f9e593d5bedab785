// Everything that is to be known about one request: counted for Prometheus and the limits of its key, summed up in one
// log line, and traced where the program traces.

import type { GenerateRequest } from "../../engines/index.ts";
import type { ChoiceEvent, RequestBody } from "../../protocol/index.ts";
import type { ServerContext } from "../context.ts";
import { inputMessages, OutputContent, systemInstructions } from "./content.ts";
import type { BeginningGeneration, EngineCall, GenerationObserver } from "./observer.ts";
import { errorTypeOf, type RequestSpan } from "./request-span.ts";
import { readTraceContext, traceHeaders } from "./trace-context.ts";
import type { TracedRequest } from "./tracing.ts";

/** Other names of models are no values of a header. */
const isHeaderText = /^[\x21-\x7e]+$/;

export interface ObservedRequest extends TracedRequest {
  readonly tenant: string;
  /** Sets a header of the answer, as long as that is possible. */
  readonly setHeader: (name: string, value: string) => void;
}

export class Observation implements GenerationObserver {
  readonly #server: Pick<ServerContext, "metrics" | "keyLimits">;
  readonly #request: ObservedRequest;
  readonly #span: RequestSpan | undefined;
  readonly #logContent: boolean;
  readonly #traceContent: boolean;
  readonly #output: OutputContent | undefined;
  /** Passed on to engines when nothing is traced here. */
  readonly #passed: Readonly<Record<string, string>> | undefined;
  #isStream = false;
  /** Kept only where content is logged: a body may be large, and an answer take long. */
  #body: RequestBody | undefined;
  #model: string | undefined;
  #queueMs: number | undefined;
  #firstTokenMs: number | undefined;
  #tokenMs: number | undefined;
  #input = 0;
  #generated = 0;
  #cached = 0;
  #reasoning = 0;
  readonly #finishReasons: string[] = [];
  #aborted: string | undefined;
  #errorType: string | undefined;

  constructor(server: ServerContext, request: ObservedRequest) {
    const { tracing, settings } = server;
    this.#server = server;
    this.#request = request;
    this.#span = tracing?.begin(request);
    this.#logContent = settings.logContent;
    this.#traceContent = this.#span !== undefined && tracing?.content === true;
    this.#output = this.#logContent || this.#traceContent ? new OutputContent() : undefined;
    const sent = this.#span ? undefined : readTraceContext(request.headers);
    this.#passed = sent && traceHeaders(sent);
  }

  /** Runs a handler where spans of others become children of the request's. */
  run<T>(task: () => T): T {
    return this.#span ? this.#span.run(task) : task();
  }

  /** The body was read. */
  read(body: RequestBody): void {
    this.#isStream = body["stream"] === true;
    if (this.#logContent) this.#body = body;
    const span = this.#span;
    if (span === undefined) return;
    const { conversation, stream } = body;
    const format = (body["response_format"] ?? (body["text"] as RequestBody | undefined)?.["format"]) as
      | RequestBody
      | undefined;
    span.set({
      "gen_ai.request.stream": stream === true,
      "gen_ai.conversation.id": typeof conversation === "string" ? conversation : undefined,
      "gen_ai.output.type": String(format?.["type"] ?? "text").startsWith("json") ? "json" : "text",
    });
    if (!this.#traceContent) return;
    const instructions = systemInstructions(body);
    span.set({
      "gen_ai.input.messages": JSON.stringify(inputMessages(body)),
      ...(instructions.length > 0 && { "gen_ai.system_instructions": JSON.stringify(instructions) }),
    });
  }

  /** The request got its slot, after a wait. */
  admitted(milliseconds: number): void {
    this.#queueMs = milliseconds;
    this.#server.metrics.admitted(milliseconds);
  }

  begin(generation: BeginningGeneration): void {
    const { tenant, setHeader } = this.#request;
    this.#serve(generation.model.id);
    this.#span?.begin(generation);
    this.#server.keyLimits.takePrompt(tenant, generation.usage.promptTokens, setHeader);
  }

  /** The same for an input that is only embedded. */
  embed(model: BeginningGeneration["model"], tokens: number, encodingFormat: string): void {
    const { tenant, setHeader } = this.#request;
    this.#serve(model.id);
    this.#span?.embed(model, encodingFormat);
    this.#server.keyLimits.takePrompt(tenant, tokens, setHeader);
    this.#input += tokens;
    this.#server.metrics.tokens(model.id, tokens, 0, 0, 0);
  }

  /** The model answers: under its own name, whichever alias was asked for. */
  #serve(model: string): void {
    if (this.#model === undefined && isHeaderText.test(model)) this.#request.setHeader("openai-model", model);
    this.#model = model;
  }

  call(generation: BeginningGeneration, request: GenerateRequest): EngineCall | undefined {
    if (this.#span) return this.#span.call(generation, request);
    const passed = this.#passed;
    return passed && { headers: passed, firstToken: () => undefined, end: () => undefined };
  }

  get content(): ((choice: number, events: readonly ChoiceEvent[]) => void) | undefined {
    const output = this.#output;
    return output && ((choice, events) => output.push(choice, events));
  }

  /** A tool of the server runs; call the result at its end. */
  tool(name: string, type: string): (failed: boolean) => void {
    const started = performance.now();
    const end = this.#span?.tool(name, type);
    return (failed) => {
      end?.(failed);
      this.#server.metrics.tool(type, failed, performance.now() - started);
    };
  }

  firstToken(model: string, milliseconds: number): void {
    this.#firstTokenMs ??= milliseconds;
    this.#server.metrics.firstToken(model, milliseconds);
  }

  finished(model: string, reason: string, tokens: number, milliseconds: number, afterFirst: number): void {
    this.#finishReasons.push(reason);
    if (tokens > 1) this.#tokenMs = afterFirst / (tokens - 1);
    this.#server.metrics.finished(model, reason, tokens, milliseconds, afterFirst);
  }

  tokens(model: string, prompt: number, generated: number, cached: number, reasoning: number): void {
    const { keyLimits, metrics } = this.#server;
    this.#input += prompt;
    this.#generated += generated;
    this.#cached += cached;
    this.#reasoning += reasoning;
    keyLimits.takeAnswer(this.#request.tenant, generated);
    metrics.tokens(model, prompt, generated, cached, reasoning);
  }

  aborted(cause: string): void {
    this.#aborted = cause;
    this.#server.metrics.aborted(cause);
  }

  repaired(parser: string, kind: string): void {
    this.#server.metrics.repaired(parser, kind);
  }

  /** Whether a generation failed or was stopped, also where the answer had begun well. */
  get wasCutShort(): boolean {
    return this.#aborted !== undefined;
  }

  failed(error: unknown): void {
    this.#errorType = errorTypeOf(error);
  }

  /** Ends the span; the facts for the log line, which leaves out those that are undefined. */
  end(status: number, milliseconds: number): Readonly<Record<string, unknown>> {
    const span = this.#span;
    if (this.#traceContent && this.#output) {
      span?.set({ "gen_ai.output.messages": JSON.stringify(this.#output.messages) });
    }
    span?.end({
      status,
      seconds: milliseconds / 1000,
      errorType: this.#errorType ?? (status >= 400 ? String(status) : undefined),
      inputTokens: this.#input,
      outputTokens: this.#generated,
      cachedTokens: this.#cached,
      reasoningTokens: this.#reasoning,
      firstTokenMs: this.#firstTokenMs,
      tokenMs: this.#tokenMs,
      finishReasons: this.#finishReasons,
    });
    const body = this.#body;
    const counted = this.#input > 0;
    return {
      queueMs: rounded(this.#queueMs),
      model: this.#model,
      stream: this.#model === undefined ? undefined : this.#isStream,
      inputTokens: counted ? this.#input : undefined,
      outputTokens: counted ? this.#generated : undefined,
      cachedTokens: counted ? this.#cached : undefined,
      reasoningTokens: counted ? this.#reasoning : undefined,
      firstTokenMs: rounded(this.#firstTokenMs),
      finishReasons: this.#finishReasons.length > 0 ? this.#finishReasons : undefined,
      aborted: this.#aborted,
      error: this.#errorType,
      input: body && inputMessages(body),
      instructions: body && systemInstructions(body),
      output: body && this.#output?.messages,
    };
  }
}

function rounded(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.round(milliseconds);
}
