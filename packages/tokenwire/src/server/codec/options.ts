// What an operator can decide about binary answers.

import type { SafetyPolicyDescriptor, TokenizerMap } from "@tokenwire/core/codec";
import { BINARY_FORMATS, type BinaryFormat } from "../../protocol/index.ts";

/** A minimum that clients must meet. Advisory until it is enforced. */
export interface VersionPolicyOptions {
  /** For example `0.4`. */
  readonly minimumVersion: string;
  readonly requiredFeatures?: readonly string[];
  readonly docsUrl?: string;
  readonly deploymentId?: string;
  readonly validUntil?: string;
  /** Answer older clients of binary formats with 426. Default: false, the policy is only published. */
  readonly enforce?: boolean;
}

export interface CodecOptions {
  /** Formats offered. Default: all. An empty list turns binary answers off. */
  readonly formats?: readonly BinaryFormat[];
  /** Dialect maps by model id. Default: maps made of the models' encodings, where they have one. */
  readonly maps?: Readonly<Record<string, TokenizerMap>>;
  /** After the first IDs of an answer, send when so many wait or so many milliseconds have passed. Default: 32, 20. */
  readonly coalesce?: { readonly maxIds?: number; readonly maxDelayMs?: number };
  /** Compress streams for clients that accept it, while at most so many are compressed at once. Default: 64; 0: never. */
  readonly compressedStreams?: number;
  /** What an unknown `stream_format` gets: 400 (default), or server-sent events. */
  readonly unknownStreamFormat?: "error" | "sse";
  /** `POST /v1/completions/codec`. Default: true. */
  readonly binaryRequests?: boolean;
  /** Answer `/.well-known/codec/`, `/codec/schema` and `/codec/version` without a key. Default: false. */
  readonly publicDiscovery?: boolean;
  /** Published, and named in responses. tokenwire does not enforce it. */
  readonly safetyPolicy?: SafetyPolicyDescriptor;
  readonly versionPolicy?: VersionPolicyOptions;
}

export interface CodecSettings {
  readonly formats: readonly BinaryFormat[];
  readonly maps: Readonly<Record<string, TokenizerMap>>;
  readonly coalesce: { readonly maxIds: number; readonly maxDelayMs: number };
  readonly compressedStreams: number;
  readonly unknownStreamFormat: "error" | "sse";
  readonly binaryRequests: boolean;
  readonly publicDiscovery: boolean;
  readonly safetyPolicy: SafetyPolicyDescriptor | undefined;
  readonly versionPolicy: VersionPolicyOptions | undefined;
}

export function toCodecSettings(options: CodecOptions = {}): CodecSettings {
  return {
    formats: options.formats ?? BINARY_FORMATS,
    maps: options.maps ?? {},
    coalesce: { maxIds: options.coalesce?.maxIds ?? 32, maxDelayMs: options.coalesce?.maxDelayMs ?? 20 },
    compressedStreams: options.compressedStreams ?? 64,
    unknownStreamFormat: options.unknownStreamFormat ?? "error",
    binaryRequests: options.binaryRequests ?? true,
    publicDiscovery: options.publicDiscovery ?? false,
    safetyPolicy: options.safetyPolicy,
    versionPolicy: options.versionPolicy,
  };
}
