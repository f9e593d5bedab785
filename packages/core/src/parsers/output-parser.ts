// The pipeline: reasoning stage, then tool stage, one list of events. Both stages are generators that run as far as
// the input reaches; the tool stage tells the reasoning stage when a tag would be inside a call.

import { TokenwireError } from "../errors.ts";
import type { StreamDecoder, Tokenizer } from "../tokenizer/index.ts";
import { Emitter } from "./emitter.ts";
import type { CallIdentity, ToolDefinition, ToolFormat } from "./format.ts";
import { CallTooLong } from "./input.ts";
import { markerPieces } from "./marker-pieces.ts";
import type { OutputEndReason, OutputEvent, OutputParser } from "./output-event.ts";
import type { MarkerPieces, Task } from "./reader.ts";
import type { ReasoningFormat } from "./reasoning-format.ts";
import { ReasoningReader, type RestSink } from "./reasoning-reader.ts";
import { startsInReasoning } from "./reasoning-start.ts";
import { getReasoningFormat, getToolFormat } from "./registry.ts";
import { type Dialect, type Rules, rulesFor } from "./rules.ts";
import { type Stage, TaskStage, TextStage } from "./stages.ts";
import { defaultLimits, type ParserLimits, ToolReader } from "./tool-reader.ts";

export interface ToolParserOptions {
  /** The tools that the request declares. Parsing works without; values are then typed by what they look like. */
  readonly tools?: readonly ToolDefinition[] | undefined;
  /** Whose behaviour to reproduce where implementations disagree. Default: `tokenwire`. */
  readonly compat?: Dialect | undefined;
  /** `eager` (default): a call is announced at the start of its arguments. `closed`: when it is complete and valid. */
  readonly commit?: "eager" | "closed" | undefined;
  /** Emit a `skip` event for every character that became nothing. */
  readonly trace?: boolean | undefined;
  /** Single switches, above those of the dialect and the format. */
  readonly rules?: Partial<Rules> | undefined;
  readonly idFactory?: ((index: number, name: string, nativeId?: string) => string) | undefined;
  /** Tool calls in earlier turns: Kimi K2 numbers its calls through the conversation. */
  readonly historyToolCalls?: number | undefined;
  /** A call to any other tool is text. */
  readonly allowedTools?: ReadonlySet<string> | undefined;
  /** Further calls are dropped, with a diagnostic. */
  readonly maxCalls?: number | undefined;
  /** With `json_array`: the output is the arguments of this tool, because the request forced it by name. */
  readonly namedTool?: string | undefined;
  /** Keep the source of each call for `tool-end`. Default: true. */
  readonly keepRaw?: boolean | undefined;
  readonly minicpmAliases?: boolean | undefined;
  readonly citations?: "strip" | "keep" | undefined;
  readonly limits?: Partial<ParserLimits> | undefined;
}

export interface ReasoningOptions {
  /** The prompt ended inside the reasoning (or did not). Overrides everything below. */
  readonly inReasoningAtStart?: boolean | undefined;
  /** The prompt already contained the opener. */
  readonly thinkStartStripped?: boolean | undefined;
  readonly chatTemplateKwargs?: Readonly<Record<string, unknown>> | undefined;
  /** The beginning of the assistant message that is continued. */
  readonly previousContent?: string | undefined;
  readonly forceReasoning?: boolean | undefined;
  /** False: one event per block. */
  readonly streamReasoning?: boolean | undefined;
  /** False: reasoning stays in the text with its markers. */
  readonly separateReasoning?: boolean | undefined;
  /** If there is neither text nor call, show the reasoning as text too. */
  readonly forceNonemptyContent?: boolean | undefined;
  /** A marker that ends reasoning and belongs to what follows. */
  readonly toolStartMarker?: string | undefined;
  readonly trimAfterClose?: boolean | undefined;
  readonly autoHold?: number | undefined;
}

export interface OutputParserOptions extends ToolParserOptions, ReasoningOptions {
  /** Name of a tool-call format, or a format of one's own. Default: no calls are looked for. */
  readonly tool?: string | ToolFormat | undefined;
  /** Name of a reasoning format. Default: no reasoning is looked for. */
  readonly reasoning?: string | ReasoningFormat | undefined;
  /** Needed for `pushIds`: special tokens are told apart from text that looks like them. */
  readonly tokenizer?: Tokenizer | undefined;
}

/**
 * Splits a model's output into text, reasoning and tool calls, as it arrives.
 *
 * @throws TokenwireError UNKNOWN_PARSER for an unknown name. Model output never throws.
 * @example
 * const parser = createOutputParser({ tool: "hermes", reasoning: "qwen3" });
 * parser.push('<tool_call>{"name": "now", "arguments": {}}</tool_call>');
 * // [{ type: "tool-call", index: 0, id: "call_…", name: "now" },
 * //  { type: "tool-arguments", index: 0, text: "{}" }, { type: "tool-end", index: 0, status: "ok", raw: "…" }]
 */
export function createOutputParser(options: OutputParserOptions = {}): OutputParser {
  return new Pipeline(options);
}

class Pipeline implements OutputParser {
  readonly #emit: Emitter;
  readonly #first: Stage;
  readonly #last: Stage;
  readonly #reasoning: ReasoningReader | undefined;
  readonly #tool: ToolReader | undefined;
  readonly #tokenizer: Tokenizer | undefined;
  #decoder: StreamDecoder | undefined;
  #ended = false;

  constructor(options: OutputParserOptions) {
    this.#tokenizer = options.tokenizer;
    const pieces = markerPieces(options.tokenizer);
    const named =
      typeof options.tool === "string" ? getToolFormat(options.tool, options.compat) : options.tool;
    const format = named?.name === "passthrough" ? undefined : named;
    this.#emit = new Emitter(options.trace === true, format !== undefined);
    if (format === undefined) {
      this.#last = new TextStage(this.#emit);
    } else {
      this.#tool = toolReader(this.#emit, format, options, pieces);
      this.#last = new TaskStage(this.#tool, toolTask(this.#tool, format));
    }
    const reasoning =
      typeof options.reasoning === "string"
        ? getReasoningFormat(options.reasoning, options.compat)
        : options.reasoning;
    if (reasoning === undefined || reasoning.name === "passthrough") {
      this.#first = this.#last;
    } else {
      this.#reasoning = this.#reasoningReader(reasoning, options, pieces);
      this.#first = new TaskStage(this.#reasoning, reasoning.read(this.#reasoning));
    }
  }

  push(text: string): OutputEvent[] {
    this.#live();
    if (text !== "") {
      if (this.#decoder !== undefined) this.#flushDecoder();
      this.#text(text);
    }
    return this.#emit.drain();
  }

  goOn(id: number): string | undefined {
    this.#live();
    if (this.#tokenizer?.isSpecialToken(id) !== false) return undefined;
    const text = this.#decoder?.textOf?.(id);
    return text !== undefined && this.#first.goOn(text) ? text : undefined;
  }

  pushIds(ids: ArrayLike<number>): OutputEvent[] {
    this.#live();
    const tokenizer = this.#tokenizer;
    if (tokenizer === undefined) {
      throw new TokenwireError(
        "INVALID_ARGUMENT",
        "pushIds needs a tokenizer: create the parser with the option `tokenizer`, or push text.",
      );
    }
    this.#decoder ??= tokenizer.createDecoder();
    this.#setTokenAware();
    let from = 0;
    for (let at = 0; at < ids.length; at++) {
      const id = ids[at] as number;
      if (!tokenizer.isSpecialToken(id)) continue;
      this.#ordinary(ids, from, at);
      this.#flushDecoder();
      this.#first.special(tokenizer.decode([id]));
      from = at + 1;
    }
    this.#ordinary(ids, from, ids.length);
    return this.#emit.drain();
  }

  end(reason?: OutputEndReason): OutputEvent[] {
    this.#live();
    this.#ended = true;
    if (this.#decoder !== undefined) this.#flushDecoder();
    this.#first.end();
    if (this.#first !== this.#last) this.#last.end();
    this.#emit.settle();
    const reasoning = this.#reasoning;
    const empty = !this.#emit.sawText && (this.#tool?.started ?? 0) === 0;
    if (reasoning !== undefined && empty && reasoning.allReasoning !== "" && reason !== "error") {
      this.#emit.add({ type: "text", text: reasoning.allReasoning, promoted: true });
    }
    return this.#emit.drain();
  }

  #live(): void {
    if (this.#ended) {
      throw new TokenwireError("PARSER_ENDED", "This output parser has ended. Create a new one per output.");
    }
  }

  #ordinary(ids: ArrayLike<number>, from: number, to: number): void {
    if (from >= to) return;
    const part = to - from === ids.length ? ids : Array.prototype.slice.call(ids, from, to);
    const text = this.#decoder?.push(part) ?? "";
    if (text !== "") this.#text(text);
  }

  #flushDecoder(): void {
    const text = this.#decoder?.end() ?? "";
    if (text !== "") this.#text(text);
  }

  #text(text: string): void {
    if (this.#first.goOn(text)) this.#emit.goOn(text);
    else this.#first.text(text);
  }

  #setTokenAware(): void {
    if (this.#reasoning !== undefined) this.#reasoning.input.tokenAware = true;
    if (this.#tool !== undefined) this.#tool.input.tokenAware = true;
  }

  #reasoningReader(
    format: ReasoningFormat,
    options: OutputParserOptions,
    pieces: MarkerPieces,
  ): ReasoningReader {
    const dialect = options.compat ?? "tokenwire";
    const last = this.#last;
    const tool = this.#tool;
    const rest: RestSink = {
      text: (text) => last.whole(text),
      goOn: (text) => last.goOn(text),
      special: (text) => last.special(text),
      barrier: () => {
        if (tool?.protects !== true) last.barrier();
      },
      get protects() {
        return tool?.protects === true;
      },
    };
    const kwargs = options.chatTemplateKwargs;
    return new ReasoningReader(
      this.#emit,
      rest,
      {
        dialect,
        startsInReasoning: startsInReasoning(format, dialect, options),
        stream: options.streamReasoning !== false,
        separate: options.separateReasoning !== false,
        trimAfterClose: options.trimAfterClose ?? dialect === "sglang",
        implicitEnd: options.toolStartMarker,
        autoHold: options.autoHold ?? 16_384,
        citations: options.citations ?? "strip",
        forceNonempty: options.forceNonemptyContent ?? kwargs?.["force_nonempty_content"] === true,
      },
      pieces,
    );
  }
}

function toolReader(
  emit: Emitter,
  format: ToolFormat,
  options: ToolParserOptions,
  pieces: MarkerPieces,
): ToolReader {
  const { idFactory } = options;
  return new ToolReader(emit, {
    rules: rulesFor(options.compat ?? "tokenwire", format.rules, options.rules),
    tools: options.tools ?? [],
    commit: format.commit ?? options.commit ?? "eager",
    keepRaw: options.keepRaw !== false,
    limits: { ...defaultLimits, ...options.limits },
    id:
      idFactory === undefined
        ? format.id
        : ({ index, name, nativeId }: CallIdentity) => idFactory(index, name, nativeId),
    discard: format.discard ?? [],
    historyToolCalls: options.historyToolCalls ?? 0,
    allowedTools: options.allowedTools,
    maxCalls: options.maxCalls,
    namedTool: options.namedTool,
    citations: options.citations ?? "strip",
    minicpmAliases: options.minicpmAliases !== false,
    pieces,
  });
}

/** Runs a format; a call that is too long ends as invalid and reading starts anew behind it. */
function* toolTask(reader: ToolReader, format: ToolFormat): Task {
  for (;;) {
    try {
      yield* format.read(reader);
      break;
    } catch (error) {
      if (!(error instanceof CallTooLong)) throw error;
      reader.fail("limit");
    }
  }
  reader.flush();
}
