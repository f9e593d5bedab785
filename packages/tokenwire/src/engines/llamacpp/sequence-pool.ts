// The sequences of one llama.cpp context. An idle one still holds the tokens of its last request: the next prompt goes
// to the one it has most in common with.

import type { TokenId } from "../engine.ts";
import type { BindingSequence } from "./binding.ts";

export interface Slot {
  readonly sequence: BindingSequence;
  /** Whose state it holds; states of different salts are never shared. */
  salt: string | undefined;
}

export class SequencePool {
  readonly #idle: Slot[];

  constructor(sequences: readonly BindingSequence[]) {
    this.#idle = sequences.map((sequence) => ({ sequence, salt: undefined }));
  }

  /** An idle slot; the caller has made sure that there is one. */
  take(prompt: readonly TokenId[], salt: string | undefined): Slot {
    const common = (slot: Slot): number =>
      slot.salt === salt ? slot.sequence.compareContextTokens(prompt).firstDifferentIndex : 0;
    let best = 0;
    let most = -1;
    for (const [index, slot] of this.#idle.entries()) {
      const length = common(slot);
      if (length > most) [best, most] = [index, length];
    }
    return this.#idle.splice(best, 1)[0] as Slot;
  }

  /** Gives a slot back; the most recently used is chosen last among equals. */
  release(slot: Slot): void {
    this.#idle.push(slot);
  }
}

/**
 * Cuts a slot's state to what it shares with the prompt, never covering its last token: that one is evaluated to get
 * logits.
 *
 * @returns how many tokens of the prompt need no evaluation.
 */
export async function reusePrefix(
  slot: Slot,
  prompt: readonly TokenId[],
  salt: string | undefined,
): Promise<number> {
  const { sequence } = slot;
  if (slot.salt !== salt || prompt.length === 1) await sequence.clearHistory();
  else await sequence.adaptStateToTokens(prompt.slice(0, -1), false);
  slot.salt = salt;
  return sequence.nextTokenIndex;
}
