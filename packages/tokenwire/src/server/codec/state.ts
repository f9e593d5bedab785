// What binary answers share within one server.

import { sha256Hex } from "@tokenwire/core/bytes";
import { safetyPolicyCanonicalBytes } from "@tokenwire/core/codec";
import { ModelMaps } from "./model-maps.ts";
import type { CodecSettings } from "./options.ts";

/** A policy with the bytes that are served. */
export interface PublishedPolicy {
  readonly id: string;
  readonly hash: string;
  readonly bytes: Uint8Array;
}

export class CodecState {
  readonly settings: CodecSettings;
  readonly maps: ModelMaps;
  readonly policy: PublishedPolicy | undefined;
  /** Streams being compressed. */
  compressing = 0;

  /** Raises when the safety policy is not publishable: it must not be found out by a client. */
  constructor(settings: CodecSettings) {
    this.settings = settings;
    this.maps = new ModelMaps(settings.maps);
    const policy = settings.safetyPolicy;
    if (policy === undefined) return;
    const bytes = safetyPolicyCanonicalBytes(policy);
    this.policy = { id: policy.id, hash: `sha256:${sha256Hex(bytes)}`, bytes };
  }
}
