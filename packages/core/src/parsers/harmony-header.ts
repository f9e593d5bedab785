// What a harmony message header says: the text between `<|start|>` (or the prompt) and `<|message|>`.

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
