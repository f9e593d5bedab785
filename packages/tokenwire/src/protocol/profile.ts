// What a protocol must know about a model to talk to it: how text becomes tokens, how a conversation becomes a
// prompt, how output becomes events, and where generation stops. Profiles are data; `profiles/` builds them.

import type { HarmonyEncoding, RenderProfile } from "@tokenwire/core/harmony";
import type { OutputParserOptions } from "@tokenwire/core/parsers";
import type { Template } from "@tokenwire/core/template";
import type { Tokenizer } from "@tokenwire/core/tokenizer";
import type { SamplingParameters } from "./generation.ts";

/** Conversations in the harmony format: rendering and parsing are built in, no parser names apply. */
export interface HarmonyFormat {
  readonly kind: "harmony";
  readonly encoding: HarmonyEncoding;
  /** How messages of earlier turns are written. Default: as openai-harmony writes them. */
  readonly renderProfile?: RenderProfile;
}

/** Conversations through a Jinja chat template; output through the profile's named parsers. */
export interface TemplateFormat {
  readonly kind: "template";
  /** Compiled when the profile is loaded, so that a malformed template stops the start. */
  readonly template: Template;
  /** Used instead when a request has tools: the template named `tool_use` in the model's files. */
  readonly toolTemplate?: Template;
  /** Every entry of `tokenizer_config.json` a template may read: `bos_token`, `eos_token`, and the like. */
  readonly specialTokens: Readonly<Record<string, string>>;
  /** What the template expects as `content`; see `detectContentFormat`. */
  readonly contentFormat: "string" | "parts";
  /** What the template expects as `function.arguments`. Default: `"object"`. */
  readonly argumentsFormat?: "object" | "string";
}

/** A model without a chat format: text completions, embeddings and tokenizing only. */
export interface PlainFormat {
  readonly kind: "plain";
  /** `last-message`: chat continues the text of the last message, and knows no other. Default: chat is refused. */
  readonly chat?: "last-message";
}

export type ChatFormat = HarmonyFormat | TemplateFormat | PlainFormat;

/** One model as the server sees it. */
export interface ModelProfile {
  /** The name clients use, for example `gpt-oss-20b` or `org/model`. */
  readonly id: string;
  readonly tokenizer: Tokenizer;
  readonly format: ChatFormat;
  /** IDs that end generation: the model's EOS ids and those of the format. */
  readonly stopTokenIds: readonly number[];
  /** Name of the tool-call parser (template format); absent: calls stay text. */
  readonly toolParser?: string;
  /** Name of the reasoning parser (template format); absent: no reasoning is separated. */
  readonly reasoningParser?: string;
  /** How outputs are parsed where implementations disagree, and when a call is told. Default: see `ToolParserOptions`. */
  readonly parsing?: Pick<OutputParserOptions, "compat" | "commit" | "rules">;
  /** Put before text prompts of `/v1/completions`; chat formats write their own. */
  readonly bosTokenId?: number;
  /** Prompt and output together, in tokens. */
  readonly contextLength: number;
  /** Used where a request leaves a sampling parameter out, from `generation_config.json` and the like. */
  readonly defaultSampling?: Partial<SamplingParameters>;
  /** Who made the model, for `/v1/models`. Default: `tokenwire`. */
  readonly ownedBy?: string;
}
