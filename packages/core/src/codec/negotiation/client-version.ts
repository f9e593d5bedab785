// Version signalling: which version a client speaks, and a server's demand for a newer one.

import { CodecError } from "../codec-error.ts";
import { FetchFailure, type FetchOptions, fetchBytes } from "../discovery/fetch-bytes.ts";
import { parseDocument } from "../discovery/pointer.ts";
import { wellKnownVersionPolicyUrl } from "../discovery/well-known.ts";

/** The version of the protocol that this client and server speak. */
export const CODEC_CLIENT_VERSION = "0.5";
export const CODEC_CLIENT_VERSION_HEADER = "codec-client-version";
export const CODEC_MIN_VERSION_HEADER = "codec-min-version";
export const CODEC_REQUIRED_FEATURES_HEADER = "codec-required-features";

/** Versions from which on clients know a response header. */
const HEADER_FLOORS: Readonly<Record<string, string>> = {
  "codec-tokenizer-map": "0.2",
  "codec-zstd-dict": "0.2",
  "codec-latent-map": "0.3",
  "codec-map": "0.3",
  "codec-safety-policy": "0.4",
  "codec-safety-policy-hash": "0.4",
  "codec-session": "0.6",
};

/** Major and minor of `0.5` or `0.5.1`; undefined when malformed, which counts as absent. */
export function parseCodecVersion(text: string | undefined | null): readonly [number, number] | undefined {
  const match = /^(\d+)\.(\d+)(\.\d+)?$/.exec(text ?? "");
  return match === null ? undefined : [Number(match[1]), Number(match[2])];
}

/** Negative, zero or positive as `left` is older than, equal to or newer than `right`. */
export function compareCodecVersions(
  left: readonly [number, number],
  right: readonly [number, number],
): number {
  return left[0] - right[0] || left[1] - right[1];
}

/** A client of this version (absent: 0.2) knows this response header. */
export function clientKnowsHeader(clientVersion: string | undefined, header: string): boolean {
  const floor = parseCodecVersion(HEADER_FLOORS[header.toLowerCase()]);
  return floor === undefined || compareCodecVersions(parseCodecVersion(clientVersion) ?? [0, 2], floor) >= 0;
}

/** A client of this version (absent: 0.0) satisfies a demanded minimum. */
export function meetsMinimum(clientVersion: string | undefined, minimum: string): boolean {
  const floor = parseCodecVersion(minimum);
  return floor === undefined || compareCodecVersions(parseCodecVersion(clientVersion) ?? [0, 0], floor) >= 0;
}

type HeaderList = readonly (readonly [string, string])[];
type HeaderSource =
  | Readonly<Record<string, string>>
  | HeaderList
  | { forEach(callback: (value: string, name: string) => void): void };

function headerEntries(source: HeaderSource | undefined): [string, string][] {
  if (source === undefined) return [];
  if (Array.isArray(source)) return (source as HeaderList).map(([name, value]) => [name, value]);
  if (typeof (source as { forEach?: unknown }).forEach === "function") {
    const entries: [string, string][] = [];
    (source as { forEach(callback: (value: string, name: string) => void): void }).forEach((value, name) => {
      entries.push([name, value]);
    });
    return entries;
  }
  return Object.entries(source as Readonly<Record<string, string>>);
}

/**
 * A copy of fetch's `init` that says which version the client speaks, unless it already does.
 *
 * @example
 * const response = await fetch(url, withCodecClientVersion({ method: "POST", body }));
 */
export function withCodecClientVersion<T extends { readonly headers?: HeaderSource }>(
  init?: T,
  override?: string,
): Omit<T, "headers"> & { headers: Record<string, string> } {
  const headers: Record<string, string> = {};
  for (const [name, value] of headerEntries(init?.headers)) headers[name] = value;
  const present = Object.keys(headers).some((name) => name.toLowerCase() === CODEC_CLIENT_VERSION_HEADER);
  if (!present) headers[CODEC_CLIENT_VERSION_HEADER] = override ?? CODEC_CLIENT_VERSION;
  return { ...(init as T), headers };
}

/** The server demands a newer version or features. Never retry it unchanged. */
export class CodecVersionRequiredError extends CodecError {
  readonly minimumVersion: string;
  readonly requiredFeatures: readonly string[];
  readonly clientVersion: string | undefined;
  readonly docsUrl: string | undefined;
  readonly deploymentId: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(body: Readonly<Record<string, unknown>>) {
    const minimum = String(body["minimum_version"]);
    const features = Array.isArray(body["required_features"]) ? body["required_features"].map(String) : [];
    const needs = features.length === 0 ? "" : ` and ${features.join(", ")}`;
    super("CODEC_VERSION_REQUIRED", `The server requires Codec ${minimum}${needs}. Upgrade the client.`);
    this.minimumVersion = minimum;
    this.requiredFeatures = features;
    this.clientVersion = typeof body["client_version"] === "string" ? body["client_version"] : undefined;
    this.docsUrl = typeof body["docs_url"] === "string" ? body["docs_url"] : undefined;
    this.deploymentId = typeof body["deployment_id"] === "string" ? body["deployment_id"] : undefined;
    this.body = body;
  }
}

/** The error of a 426 response, null for any other status. Reads the body once. */
export async function parseVersionRequired(response: {
  readonly status: number;
  text(): Promise<string>;
}): Promise<Error | null> {
  if (response.status !== 426) return null;
  const text = await response.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    return new Error(`426 with an unexpected body: ${text.slice(0, 200)}`, { cause });
  }
  const fields = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const valid = fields["error"] === "codec_version_required" && typeof fields["minimum_version"] === "string";
  return valid
    ? new CodecVersionRequiredError(fields)
    : new Error(`426 with an unexpected body: ${text.slice(0, 200)}`);
}

/** What a deployment demands of its clients. */
export interface VersionPolicy {
  readonly minimum_version: string;
  readonly required_features: readonly string[];
  readonly deployment_id?: string;
  readonly docs_url?: string;
  readonly valid_until?: string;
}

/** The policy that an origin publishes; null when it publishes none. */
export async function discoverVersionPolicy(
  options: FetchOptions & { readonly origin: string },
): Promise<VersionPolicy | null> {
  const url = wellKnownVersionPolicyUrl(options.origin);
  try {
    const document = parseDocument(
      await fetchBytes(url, 65_536, options, { [CODEC_CLIENT_VERSION_HEADER]: CODEC_CLIENT_VERSION }),
    );
    if (typeof document === "string" || typeof document["minimum_version"] !== "string") {
      throw new FetchFailure(`${url} is not a version policy.`, undefined);
    }
    const features = document["required_features"];
    return {
      ...document,
      minimum_version: document["minimum_version"],
      required_features: Array.isArray(features) ? features.map(String) : [],
    };
  } catch (error) {
    if (error instanceof FetchFailure && error.status === 404) return null;
    throw error;
  }
}
