// Tokens with everything that is known about them: what Hugging Face calls an encoding.

/** Tokens of a text or a pair of texts. All lists have one entry per token. */
export interface EncodedTokens {
  readonly ids: number[];
  /** Which text a token belongs to, in the model's counting. */
  readonly typeIds: number[];
  /** The range of the text that a token stands for; `[0, 0]` for added special tokens. */
  readonly offsets: (readonly [start: number, end: number])[];
  /** 1 for special tokens that the post-processor added. */
  readonly specialMask: number[];
}

export function emptyEncoded(): EncodedTokens {
  return { ids: [], typeIds: [], offsets: [], specialMask: [] };
}

/** Adds all tokens of `from` to `to` under another type. */
export function appendEncoded(to: EncodedTokens, from: EncodedTokens, typeId?: number): void {
  for (let i = 0; i < from.ids.length; i++) {
    to.ids.push(from.ids[i]!);
    to.typeIds.push(typeId ?? from.typeIds[i]!);
    to.offsets.push(from.offsets[i]!);
    to.specialMask.push(from.specialMask[i]!);
  }
}

export function appendSpecial(to: EncodedTokens, id: number, typeId: number): void {
  to.ids.push(id);
  to.typeIds.push(typeId);
  to.offsets.push([0, 0]);
  to.specialMask.push(1);
}
