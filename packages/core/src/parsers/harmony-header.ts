// What a harmony message header says: the text between `<|start|>` (or the prompt) and `<|message|>`.

import { MarkerSet } from "./marker-set.ts";
import type { Reader, Task } from "./reader.ts";

export const harmonyTokens = {
  start: "<|start|>",
  channel: "<|channel|>",
  constrain: "<|constrain|>",
  message: "<|message|>",
  end: "<|end|>",
  call: "<|call|>",
  returned: "<|return|>",
} as const;

export interface HarmonyHeader {
  readonly channel: string | undefined;
  /** May precede or follow the channel. */
  readonly recipient: string | undefined;
}

export function harmonyHeader(text: string): HarmonyHeader {
  return {
    channel: /<\|channel\|>\s*([a-z]+)/.exec(text)?.[1],
    recipient: /to=([^\s<]+)/.exec(text)?.[1],
  };
}

const recipient = new MarkerSet(["to="]);
const afterRecipient = new MarkerSet([harmonyTokens.channel, harmonyTokens.constrain, harmonyTokens.message]);

/**
 * Whether the output starts inside a header, `to=RECIPIENT` and a marker: the prompt then ended with
 * `<|start|>assistant`. What was looked at stays captured.
 */
export function* startsWithRecipient(reader: Reader): Task<boolean> {
  yield* reader.space();
  if ((yield* reader.at(recipient)) === undefined) return false;
  yield* reader.while((code) => code !== 60 && code !== 10);
  return (yield* reader.sees(afterRecipient)) !== undefined;
}
