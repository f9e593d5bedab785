// Where generation stops: the EOS tokens that files name, and the token with which the chat template ends a turn.

import type { Tokenizer } from "@tokenwire/core/tokenizer";
import type { Derivations } from "./resolved-profile.ts";

/** Tokens that end a turn, in the formats that are in use. One counts if the template writes it. */
const turnEnds = [
  "<|im_end|>",
  "<|eot_id|>",
  "<|eom_id|>",
  "<|eot|>",
  "<end_of_turn>",
  "<turn|>",
  "<|end|>",
  "<|end_of_text|>",
  "<|endoftext|>",
  "<｜end▁of▁sentence｜>",
  "<|END_OF_TURN_TOKEN|>",
  "<|end_of_turn|>",
  "<|end_of_role|>",
  "<|user_end|>",
  "[EOS]",
  "[|endofturn|]",
  "</s>",
];

/** IDs that a file names, and where. */
export interface NamedStops {
  readonly ids: readonly number[];
  readonly from: string;
}

/** All stop tokens, each once, those that files name first. */
export function collectStopTokens(
  tokenizer: Tokenizer,
  named: readonly NamedStops[],
  templateText: string | undefined,
  derivations: Derivations,
): number[] {
  const stops = new Map<number, string>();
  for (const { ids, from } of named) for (const id of ids) if (!stops.has(id)) stops.set(id, from);
  for (const token of turnEnds) {
    const id = tokenizer.specialTokens.get(token);
    const written = templateText?.includes(token) === true;
    if (id !== undefined && written && !stops.has(id)) stops.set(id, "ends a turn in the chat template");
  }
  for (const [id, from] of stops) derivations.note("stop token", id, from, `${id} ${tokenizer.decode([id])}`);
  return [...stops.keys()];
}
