// What the main thread and a batch worker say to each other. Texts travel as one string, and IDs as one array in memory
// that both see: many small values would cost more to send than to encode.

/** Texts to encode in one go. */
export interface BatchTask {
  readonly encoding: string;
  /** All texts, one after another. */
  readonly text: string;
  /** The length of each in UTF-16 units. */
  readonly lengths: Uint32Array;
  readonly allowedSpecial: "all" | readonly string[] | undefined;
  readonly disallowedSpecial: "all" | readonly string[] | undefined;
  readonly maxTokens: number | undefined;
}

/** The IDs of all texts, one after another, or the index of the first text that cannot be encoded. */
export type BatchResult =
  | { readonly ids: Uint32Array; readonly lengths: Uint32Array }
  | { readonly failedAt: number };
