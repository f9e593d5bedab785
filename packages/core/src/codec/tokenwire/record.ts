// Vocabulary of the tokenwire stream: our compact format, which carries IDs at about two bytes each and, beside them, what
// Codec frames cannot: several choices, usage, log probabilities, error text and tool-call deltas.
//
//   stream  = "TW" 01 mode, record*, END
//   record  = id | control          control = ESC type length payload
//
// ESC is 00 in mode 0, where an ID is varint(id + 1), and FF in mode 1, where IDs are coded against an adaptive model.

/** 0: plain. 1: adaptive, smaller and slower. */
export type TokenwireMode = 0 | 1;

export const HEADER_BYTES = 4;
export const VERSION = 1;
export const ESCAPE: Readonly<Record<TokenwireMode, number>> = { 0: 0x00, 1: 0xff };

export const CONTROL = {
  end: 0x00,
  choice: 0x01,
  finish: 0x02,
  usage: 0x03,
  error: 0x04,
  toolCall: 0x05,
  logprobs: 0x06,
  meta: 0x07,
  text: 0x08,
  ping: 0x09,
  rawId: 0x0a,
  /** Types from here on must be understood; lower unknown ones are skipped. */
  firstCritical: 0x80,
} as const;

/** Finish codes by name; 0 introduces a reason in words. */
export const FINISH_CODES: Readonly<Record<string, number>> = {
  stop: 1,
  length: 2,
  tool_calls: 3,
  content_filter: 4,
  error: 5,
  abort: 6,
  stop_sequence: 7,
  function_call: 8,
};

export const FINISH_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(FINISH_CODES).map(([name, code]) => [code, name]),
);

/** Token counts. `total` is not on the wire: it is prompt plus completion. */
export interface TokenwireUsage {
  readonly promptTokens?: number;
  readonly completionTokens?: number;
  readonly cachedTokens?: number;
  readonly reasoningTokens?: number;
  readonly acceptedPredictionTokens?: number;
  readonly rejectedPredictionTokens?: number;
  readonly audioPromptTokens?: number;
  readonly audioCompletionTokens?: number;
}

/** Position in this list plus one is the key on the wire. */
export const USAGE_KEYS: readonly (keyof TokenwireUsage)[] = [
  "promptTokens",
  "completionTokens",
  "cachedTokens",
  "reasoningTokens",
  "acceptedPredictionTokens",
  "rejectedPredictionTokens",
  "audioPromptTokens",
  "audioCompletionTokens",
];

/** OpenAI's error object. */
export interface TokenwireErrorBody {
  readonly message: string;
  readonly type: string;
  readonly param?: string;
  readonly code?: string;
}

/** What is new about one tool call. */
export interface TokenwireToolCallDelta {
  readonly index: number;
  readonly id?: string;
  readonly name?: string;
  /** Appended JSON text. */
  readonly arguments?: string;
  /** The last fragment of this call. */
  readonly last?: boolean;
}

export interface TokenwireLogprob {
  readonly logprob: number;
  readonly top?: readonly { readonly id: number; readonly logprob: number }[];
}

/** The stop string or stop token that ended a choice. */
export type TokenwireStop = { readonly tokenId: number } | { readonly text: string };

export type TokenwireEvent =
  | { readonly kind: "ids"; readonly choice: number; readonly ids: readonly number[] }
  | {
      readonly kind: "finish";
      readonly choice: number;
      readonly reason: string;
      readonly stop?: TokenwireStop;
    }
  | ({ readonly kind: "usage" } & TokenwireUsage)
  | { readonly kind: "error"; readonly status: number; readonly error: TokenwireErrorBody }
  | ({ readonly kind: "toolCall"; readonly choice: number } & TokenwireToolCallDelta)
  | { readonly kind: "logprobs"; readonly choice: number; readonly items: readonly TokenwireLogprob[] }
  | { readonly kind: "meta"; readonly meta: Readonly<Record<string, unknown>> }
  | { readonly kind: "text"; readonly choice: number; readonly text: string }
  | { readonly kind: "end" };

export const TOOL_CALL_FLAGS = { id: 1, name: 2, arguments: 4, last: 8 } as const;
