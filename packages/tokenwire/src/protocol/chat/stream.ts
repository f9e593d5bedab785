// Chat completion chunks as server-sent events. Everything that is the same in all chunks of a stream is serialised
// once; a delta costs one JSON string escape. (A whole JSON.stringify per chunk costs five to ten times that.)

import type { Tokenizer } from "@tokenwire/core/tokenizer";
import type { ApiError } from "../api-error.ts";
import { type TokenSpelling, toWireLogprob } from "../logprobs.ts";
import type { ChoiceEvent } from "../output.ts";
import { paddingFor } from "../padding.ts";
import { type TokenUsage, toChatUsage } from "../usage.ts";
import { type InnerMessage, innerMessagesKey, shownMessages } from "./inner-messages.ts";

/** What identifies a completion, in every chunk and in the whole. */
export interface CompletionIdentity {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  readonly fingerprint: string;
}

/** Which reasoning fields clients get; they read different ones. */
export type ReasoningFields = "both" | "reasoning" | "reasoning_content" | "none";

export interface ChatStreamOptions {
  readonly identity: CompletionIdentity;
  readonly n: number;
  readonly tokenizer: Tokenizer;
  /** Counts as the stream goes on. */
  readonly usage: TokenUsage;
  /** A last chunk with the usage. */
  readonly includeUsage: boolean;
  /** Running usage in every chunk. */
  readonly continuousUsage?: boolean;
  readonly obfuscate: boolean;
  readonly reasoningFields: ReasoningFields;
  /** How log-probabilities spell tokens. Default: by their text. */
  readonly spelling?: TokenSpelling;
  /** False: reasoning goes out in one piece, before what follows it. */
  readonly streamReasoning: boolean;
  /** Echo token ids: these in the first chunk, each choice's own with its deltas. */
  readonly promptTokenIds?: Uint32Array;
  /** What came before the answer, complete when the answer is; sent in a chunk before its end. */
  readonly innerMessages?: readonly InnerMessage[] | undefined;
}

export const doneFrame = "data: [DONE]\n\n";

/** One frame of server-sent events. */
export function dataFrame(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

const plainTail = '},"logprobs":null,"finish_reason":null}]';

/**
 * A string in one piece. A template gives a tree of its parts, and a tree that is a part of every chunk would be walked
 * for every chunk.
 */
function flat(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return parts.flatMap((part, i) => [part, values[i] ?? ""]).join("");
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 126) return false;
  return true;
}

/** What a stream knows of one choice. */
interface ChoiceChunks {
  /** What precedes a delta. */
  readonly deltaHead: string;
  started: boolean;
  /** Reasoning that goes out in one piece. */
  heldReasoning: string;
  /** Finish chunks go out in index order; one that is early waits here. */
  finish: string | undefined;
  /** With `promptTokenIds`: ids that no chunk has carried yet. */
  readonly unsentIds: number[] | undefined;
}

export class ChatStream {
  readonly #options: ChatStreamOptions;
  readonly #choices: readonly ChoiceChunks[];
  /** Of what all chunks begin with. */
  readonly #headLength: number;
  /** What follows a delta where that is the same in all chunks. */
  readonly #deltaTail: string | undefined;
  #nextFinish = 0;
  #promptSent = false;
  readonly #hasAsciiHead: boolean;
  #isAscii = false;

  constructor(options: ChatStreamOptions) {
    const { id, created, model, fingerprint } = options.identity;
    this.#options = options;
    const head = flat`data: {"id":"${id}","object":"chat.completion.chunk","created":${created},"model":${JSON.stringify(model)},"service_tier":"default","system_fingerprint":"${fingerprint}","choices":[`;
    this.#headLength = head.length;
    this.#choices = Array.from({ length: options.n }, (_, choice) => ({
      deltaHead: flat`${head}{"index":${choice},"delta":{`,
      started: false,
      heldReasoning: "",
      finish: undefined,
      unsentIds: options.promptTokenIds && [],
    }));
    this.#hasAsciiHead = isAscii(head);
    if (!options.promptTokenIds && !options.continuousUsage && !options.obfuscate)
      this.#deltaTail = options.includeUsage ? `${plainTail},"usage":null}\n\n` : `${plainTail}}\n\n`;
  }

  /** What all chunks begin with. */
  get #head(): string {
    return this.#choices[0]!.deltaHead.slice(0, this.#headLength);
  }

  /** The role chunk of a choice; empty when it was sent already. */
  start(choice: number): string {
    const chunks = this.#choices[choice]!;
    if (chunks.started) return "";
    chunks.started = true;
    return this.#frame(choice, '"role":"assistant","content":"","refusal":null');
  }

  /** Whether the frames of the last `push` are known to hold nothing else: most are, and those are cheaper to send. */
  get isAscii(): boolean {
    return this.#isAscii;
  }

  /** Frames for events of one choice, in order. `tokenIds`: the tokens that led to them. */
  push(choice: number, events: readonly ChoiceEvent[], tokenIds: readonly number[] = []): string {
    this.#isAscii = this.#hasAsciiHead;
    const chunks = this.#choices[choice]!;
    chunks.unsentIds?.push(...tokenIds);
    if (events.length === 0) return "";
    let frames = this.start(choice);
    for (const event of events) {
      if (event.type === "reasoning" && !this.#options.streamReasoning) chunks.heldReasoning += event.text;
      else frames += this.#releaseReasoning(choice) + this.#event(choice, event);
    }
    return frames;
  }

  /** The end of the stream: the usage chunk if asked for, and the terminator. */
  end(): string {
    const { usage, includeUsage } = this.#options;
    if (!includeUsage) return doneFrame;
    return `${this.#head}],"usage":${JSON.stringify(toChatUsage(usage))}}\n\n${doneFrame}`;
  }

  /** The end of a stream that failed: clients raise an object with `error` as an API error. */
  fail(error: ApiError): string {
    return `${dataFrame(error.toBody())}${doneFrame}`;
  }

  #event(choice: number, event: ChoiceEvent): string {
    switch (event.type) {
      case "text":
        return this.#frame(choice, event.text === "" ? "" : `"content":${this.#json(event.text)}`, event);
      case "reasoning":
        return this.#reasoning(choice, event.text);
      case "tool-call":
        this.#isAscii = false;
        return this.#frame(choice, callDelta(event));
      case "tool-arguments": {
        const text = this.#json(event.text);
        const body = event.custom ? `"custom":{"input":${text}}` : `"function":{"arguments":${text}}`;
        return this.#frame(choice, `"tool_calls":[{"index":${event.index},${body}}]`);
      }
      case "tool-end":
        return "";
      case "finish":
        this.#choices[choice]!.finish = `${this.#inner(choice)}${this.#finish(choice, event)}`;
        return this.#releaseFinishes();
    }
  }

  #releaseReasoning(choice: number): string {
    const chunks = this.#choices[choice]!;
    const text = chunks.heldReasoning;
    if (text === "") return "";
    chunks.heldReasoning = "";
    return this.#reasoning(choice, text);
  }

  #reasoning(choice: number, text: string): string {
    const fields = this.#options.reasoningFields;
    if (fields === "none") return "";
    const json = this.#json(text);
    if (fields !== "both") return this.#frame(choice, `"${fields}":${json}`);
    return this.#frame(choice, `"reasoning":${json},"reasoning_content":${json}`);
  }

  #inner(choice: number): string {
    const { innerMessages = [], reasoningFields } = this.#options;
    if (innerMessages.length === 0) return "";
    const shown = shownMessages(innerMessages, reasoningFields !== "none");
    return this.#frame(choice, `"${innerMessagesKey}":${JSON.stringify(shown)}`);
  }

  #finish(choice: number, event: Extract<ChoiceEvent, { type: "finish" }>): string {
    const stop = event.stopReason;
    this.#isAscii = false;
    const matched = stop === null ? "" : `,"matched_stop":${JSON.stringify(stop)}`;
    return this.#close(
      `{"index":${choice},"delta":{},"logprobs":null,"finish_reason":"${event.reason}","stop_reason":${JSON.stringify(stop)}${matched}${this.#tokenIds(choice)}}`,
      8,
    );
  }

  #releaseFinishes(): string {
    let frames = "";
    for (; ; this.#nextFinish++) {
      const frame = this.#choices[this.#nextFinish]?.finish;
      if (frame === undefined) return frames;
      frames += frame;
    }
  }

  #json(text: string): string {
    let isPlain = true;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > 126) {
        this.#isAscii = false;
        return JSON.stringify(text);
      }
      if (code < 32 || code === 34 || code === 92) isPlain = false;
    }
    // Most tokens are their own JSON.
    return isPlain ? `"${text}"` : JSON.stringify(text);
  }

  #frame(choice: number, delta: string, event?: Extract<ChoiceEvent, { type: "text" }>): string {
    const entries = event?.logprobs;
    if (this.#deltaTail !== undefined && entries === undefined)
      return `${this.#choices[choice]!.deltaHead}${delta}${this.#deltaTail}`;
    this.#isAscii = false;
    const logprobs =
      entries && entries.length > 0
        ? JSON.stringify({
            content: entries.map((entry) =>
              toWireLogprob(entry, this.#options.tokenizer, this.#options.spelling),
            ),
            refusal: null,
          })
        : "null";
    return this.#close(
      `{"index":${choice},"delta":{${delta}},"logprobs":${logprobs},"finish_reason":null${this.#tokenIds(choice)}}`,
      delta.length,
    );
  }

  #tokenIds(choice: number): string {
    const ids = this.#choices[choice]!.unsentIds;
    return ids === undefined ? "" : `,"token_ids":${JSON.stringify(ids.splice(0))}`;
  }

  #close(choice: string, length: number): string {
    const { usage, includeUsage, continuousUsage, obfuscate } = this.#options;
    let tail = "]";
    if (this.#options.promptTokenIds && !this.#promptSent) {
      this.#promptSent = true;
      tail += `,"prompt_token_ids":${JSON.stringify([...this.#options.promptTokenIds])}`;
    }
    if (continuousUsage) tail += `,"usage":${JSON.stringify(toChatUsage(usage))}`;
    else if (includeUsage) tail += ',"usage":null';
    if (obfuscate) tail += `,"obfuscation":"${paddingFor(length)}"`;
    return `${this.#head}${choice}${tail}}\n\n`;
  }
}

function callDelta({ index, id, name, custom }: Extract<ChoiceEvent, { type: "tool-call" }>): string {
  const callee = JSON.stringify(name);
  const body = custom
    ? `"type":"custom","custom":{"name":${callee},"input":""}`
    : `"type":"function","function":{"name":${callee},"arguments":""}`;
  return `"tool_calls":[{"index":${index},"id":${JSON.stringify(id)},${body}}]`;
}
