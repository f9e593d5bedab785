// The special tokens with a structural meaning, by id. They are the same in every gpt-oss vocabulary, so that the
// parsers can switch on constants.

export const startOfTextToken = 199998;
export const endOfTextToken = 199999;
export const returnToken = 200002;
export const constrainToken = 200003;
export const channelToken = 200005;
export const startToken = 200006;
export const endToken = 200007;
export const messageToken = 200008;
export const callToken = 200012;

/** Text of each structural token, as it stands in the vocabulary. */
export const markerTexts: ReadonlyMap<number, string> = new Map([
  [startOfTextToken, "<|startoftext|>"],
  [endOfTextToken, "<|endoftext|>"],
  [returnToken, "<|return|>"],
  [constrainToken, "<|constrain|>"],
  [channelToken, "<|channel|>"],
  [startToken, "<|start|>"],
  [endToken, "<|end|>"],
  [messageToken, "<|message|>"],
  [callToken, "<|call|>"],
]);

/** True for the three tokens that end a message. */
export function isStopToken(id: number): boolean {
  return id === endToken || id === returnToken || id === callToken;
}

/** The first special token. */
export const firstSpecialToken = 199998;
/** The last special token of openai-harmony's table; tiktoken's ends one earlier. */
export const lastReservedToken = 201088;
