// The one union that everything downstream of a model's output speaks: parsers produce it, protocols encode it.

/** Why a call could not be read; the `code` of diagnostics and the `reason` of a call that ended badly. */
export type CallFault =
  | "bad-json"
  | "bad-syntax"
  | "missing-name"
  | "bad-id"
  | "schema"
  | "limit"
  | "truncated"
  | "unknown-tool";

/** A piece of a model's output, in order. The concatenation of events never depends on how the output was cut. */
export type OutputEvent =
  /** Visible text. `promoted`: reasoning shown again as text because the output had none (`forceNonemptyContent`). */
  | { readonly type: "text"; readonly text: string; readonly promoted?: boolean }
  | { readonly type: "reasoning"; readonly text: string }
  /** A call starts; its full name is known. `index` counts the calls of one output from 0. */
  | {
      readonly type: "tool-call";
      readonly index: number;
      readonly id: string;
      readonly name: string;
      /** The id that the model wrote itself, where its format has one. */
      readonly nativeId?: string;
    }
  /** JSON text appended to the arguments of call `index`; never empty. */
  | { readonly type: "tool-arguments"; readonly index: number; readonly text: string }
  | {
      readonly type: "tool-end";
      readonly index: number;
      /** `invalid`: the arguments are not JSON; `truncated`: the output ended inside the call. Absent means ok. */
      readonly status?: "ok" | "invalid" | "truncated";
      /** Verbatim source of the call, markers included. */
      readonly raw?: string;
      /** Why the call is not ok. */
      readonly reason?: CallFault;
      /** Calls inside the same outer markers share this number. */
      readonly section?: number;
    }
  /** Something was repaired or could not be read; `text` is the source concerned. Never shown to end users. */
  | { readonly type: "diagnostic"; readonly code: string; readonly text: string }
  /** Source that became nothing: only with `trace: true`. */
  | {
      readonly type: "skip";
      readonly text: string;
      readonly why: "marker" | "whitespace" | "noise" | "discard";
      readonly section?: number;
    };

/** Why an engine stopped, as far as a parser needs to know. */
export type OutputEndReason = "stop" | "length" | "error";

/** Turns a model's output into events. Synchronous; single use; never throws on model output. */
export interface OutputParser {
  push(text: string): OutputEvent[];
  /** The same by token IDs: markers are recognised by special-token ID. Only with a tokenizer. */
  pushIds(ids: ArrayLike<number>): OutputEvent[];
  /**
   * Reads one token if it does nothing but go on with the text of the latest event, as most do: then this is the text of
   * the event that `pushIds` would have given. Undefined: nothing was read.
   */
  goOn?(id: number): string | undefined;
  end(reason?: OutputEndReason): OutputEvent[];
}
