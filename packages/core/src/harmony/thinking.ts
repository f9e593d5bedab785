// Where reasoning opens and which continuations close it, as token ids, for engines that bound its length.

import type { HarmonyEncoding } from "./harmony-encoding.ts";

export interface ThinkingMarkers {
  /** Reasoning has begun. The channel marker alone is no sign of it. */
  readonly open: Uint32Array;
  /** Forces reasoning to close. */
  readonly close: Uint32Array;
  /** What can follow reasoning and is none; the first is the plain answer. */
  readonly continuations: readonly Uint32Array[];
}

const next = "<|end|><|start|>assistant";

export function thinkingMarkers(encoding: HarmonyEncoding): ThinkingMarkers {
  const ids = (text: string) => encoding.encode(text, { allowedSpecial: "all" });
  return {
    open: ids("<|channel|>analysis<|message|>"),
    close: ids("<|end|>"),
    continuations: [
      ids(`${next}<|channel|>final<|message|>`),
      ids(`${next}<|channel|>final <|constrain|>json<|message|>`),
      ids(`${next}<|channel|>final<|constrain|>json<|message|>`),
      ids(`${next}<|channel|>final json<|message|>`),
      ids(`${next}<|channel|>commentary<|message|>`),
      ids(`${next}<|message|>`),
    ],
  };
}
