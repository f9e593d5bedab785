// Options of rendering, their spellings and their defaults.

import type { AnalysisPolicy } from "./analysis-policy.ts";
import type { HeaderStyle } from "./render-message.ts";

/** A named set of habits; see the guide for what differs. */
export type RenderProfile = "harmony-0.0.8" | "channel-first" | "hf-template";

export interface RenderConfig {
  /** Which earlier reasoning is left out. Default `upstream`; `spec` with the profile `hf-template`. */
  readonly analysis?: AnalysisPolicy | undefined;
  /** openai-harmony's switch: true means `upstream`, false means `none`. `analysis` wins over it. */
  readonly autoDropAnalysis?: boolean | undefined;
  readonly auto_drop_analysis?: boolean | null | undefined;
  /** Default `harmony-0.0.8`. */
  readonly profile?: RenderProfile | undefined;
  readonly headerOrder?: HeaderStyle["headerOrder"] | undefined;
  readonly callContentType?: HeaderStyle["callContentType"] | undefined;
  /** How messages that a model sampled are written; see `history.ts`. Default `exact`. */
  readonly history?: HistoryMode | undefined;
  /** Schemas with `$ref`, `anyOf`, `const` … as real types instead of `any`. Default false: as the models saw them. */
  readonly extendedSchemas?: boolean | undefined;
}

/**
 * - `exact`: the ids that were sampled, everything between the messages included, so that an engine's prefix cache hits.
 * - `clean`: the ids of each message, without tokens that belong to no message.
 * - `canonical`: written anew from the fields.
 */
export type HistoryMode = "exact" | "clean" | "canonical";

export interface RenderMessageOptions extends RenderConfig {
  /** Adds the sentence about function calls to a system message. Default false. */
  readonly conversationHasFunctionTools?: boolean | undefined;
  readonly conversation_has_function_tools?: boolean | undefined;
}

export interface ResolvedRenderConfig {
  readonly analysis: AnalysisPolicy;
  readonly profile: RenderProfile;
  readonly style: HeaderStyle;
  readonly history: HistoryMode;
  readonly extendedSchemas: boolean;
}

const profileStyles: Readonly<Record<RenderProfile, HeaderStyle>> = {
  "harmony-0.0.8": { headerOrder: "recipient-first", callContentType: "as-given" },
  "channel-first": { headerOrder: "channel-first", callContentType: "as-given" },
  "hf-template": { headerOrder: "recipient-first", callContentType: "json" },
};

/**
 * Fills in the defaults. Without a config, earlier reasoning is dropped, as in openai-harmony's Python binding; its
 * Rust and wasm forms drop nothing in that case.
 */
export function resolveRenderConfig(config: RenderConfig = {}): ResolvedRenderConfig {
  const profile = config.profile ?? "harmony-0.0.8";
  const style = profileStyles[profile];
  const autoDrop = config.autoDropAnalysis ?? config.auto_drop_analysis ?? true;
  return {
    analysis: config.analysis ?? (autoDrop ? (profile === "hf-template" ? "spec" : "upstream") : "none"),
    profile,
    style: {
      headerOrder: config.headerOrder ?? style.headerOrder,
      callContentType: config.callContentType ?? style.callContentType,
    },
    history: config.history ?? "exact",
    extendedSchemas: config.extendedSchemas ?? false,
  };
}
