// What can be wrong with a safety-policy descriptor.

import { CodecError } from "../codec-error.ts";

export class SafetyPolicyValidationError extends CodecError {
  constructor(message: string) {
    super("CODEC_BAD_POLICY", `SafetyPolicyDescriptor validation failed: ${message}`);
  }
}

/** The received bytes do not have the announced hash. The other two hashes are for diagnosis; neither makes it pass. */
export class SafetyPolicyHashMismatchError extends CodecError {
  readonly expected: string;
  readonly actual: string;
  /** Hash under the rule "as given", if the document could be read. */
  readonly asGivenHash: string | undefined;
  /** Hash under the rule "fixed", if the document is valid. */
  readonly fixedHash: string | undefined;
  constructor(
    expected: string,
    actual: string,
    hashes: { readonly asGiven?: string; readonly fixed?: string } = {},
  ) {
    super("CODEC_HASH_MISMATCH", `Safety policy has hash ${actual}, not ${expected}. It was not used.`);
    this.expected = expected;
    this.actual = actual;
    this.asGivenHash = hashes.asGiven;
    this.fixedHash = hashes.fixed;
  }
}

export class SafetyPolicyDiscoveryError extends CodecError {
  constructor(
    message: string,
    options: { readonly cause?: unknown; readonly code?: "CODEC_FETCH_FAILED" | "CODEC_NOT_FOUND" } = {},
  ) {
    super(options.code ?? "CODEC_FETCH_FAILED", message, options);
  }
}

export class SafetyPolicyDiscoveryNotFoundError extends SafetyPolicyDiscoveryError {
  constructor(message: string) {
    super(message, { code: "CODEC_NOT_FOUND" });
  }
}
