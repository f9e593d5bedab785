// The profile of models that speak harmony over o200k_harmony, gpt-oss among them. It needs no files: the vocabulary
// and the format are built in.

import { loadHarmonyEncoding } from "@tokenwire/core/harmony";
import { getEncoding } from "@tokenwire/encodings";
import type { ModelProfile, SamplingParameters } from "../protocol/index.ts";

export interface HarmonyProfileOptions {
  /** The name clients use. */
  readonly id: string;
  /** Prompt and output together, in tokens. */
  readonly contextLength: number;
  readonly defaultSampling?: Partial<SamplingParameters>;
  readonly ownedBy?: string;
}

/**
 * A profile with the harmony format.
 *
 * @example createHarmonyProfile({ id: "gpt-oss-20b", contextLength: 131_072 })
 */
export function createHarmonyProfile(options: HarmonyProfileOptions): ModelProfile {
  const tokenizer = getEncoding("o200k_harmony");
  const encoding = loadHarmonyEncoding(tokenizer);
  return {
    id: options.id,
    tokenizer,
    format: { kind: "harmony", encoding },
    stopTokenIds: [...encoding.stopTokensForAssistantActions()],
    contextLength: options.contextLength,
    ...(options.defaultSampling && { defaultSampling: options.defaultSampling }),
    ...(options.ownedBy !== undefined && { ownedBy: options.ownedBy }),
  };
}
