// Which compression a response gets. Quality values count: `;q=0` forbids, `identity;q=0` and `*;q=0` are honoured.

export type ContentEncoding = "zstd" | "gzip" | "br" | "identity";

/** Quality of each coding named; those not named are not in the map. */
export function parseAcceptEncoding(header: string | undefined | null): Map<string, number> {
  const accepted = new Map<string, number>();
  for (const part of (header ?? "").split(",")) {
    const [name = "", ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase());
    if (name === "") continue;
    const quality = parameters.find((parameter) => /^q\s*=/.test(parameter))?.replace(/^q\s*=\s*/, "");
    const value = quality === undefined ? 1 : Number(quality);
    accepted.set(
      name === "x-gzip" ? "gzip" : name,
      Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0,
    );
  }
  return accepted;
}

/** Quality of one coding: its own, else that of `*`, else 0 (identity: acceptable unless forbidden). */
export function qualityOf(accepted: ReadonlyMap<string, number>, encoding: ContentEncoding): number {
  const own = accepted.get(encoding) ?? accepted.get("*");
  return own ?? (encoding === "identity" ? 1e-3 : 0);
}

/** An `Accept-Encoding` value. By default gzip, then br; zstd only on request, because it needs a dictionary. */
export function buildAcceptEncoding(options: { readonly zstd?: boolean } = {}): string {
  return `${options.zstd === true ? "zstd;q=1.0, " : ""}gzip;q=1.0, br;q=0.5`;
}

/** How an encoding fares on some engine: size against identity, and delay of the first token against identity. */
export interface EncodingProfile {
  readonly ratio: number;
  readonly ttftRatio?: number;
}

export type CompressionProfile = Readonly<Partial<Record<ContentEncoding, EncodingProfile>>>;

const PROFILES: Readonly<Record<string, CompressionProfile>> = {
  sglang: {
    gzip: { ratio: 0.023 },
    br: { ratio: 0.733, ttftRatio: 1 },
    zstd: { ratio: 0.017, ttftRatio: 334 },
  },
  default: { gzip: { ratio: 0.05 }, br: { ratio: 0.5 }, zstd: { ratio: 0.05, ttftRatio: 100 } },
};

/** A published profile by name; the default one for unknown names. */
export function profileFor(name: string): CompressionProfile {
  return (Object.hasOwn(PROFILES, name) ? PROFILES[name] : undefined) ?? PROFILES["default"]!;
}

/** Bits per byte, 0 to 8. */
export function shannonEntropyBitsPerByte(sample: Uint8Array): number {
  if (sample.length === 0) return 0;
  const counts = new Uint32Array(256);
  for (const byte of sample) counts[byte]!++;
  let bits = 0;
  for (const count of counts)
    if (count > 0) bits -= (count / sample.length) * Math.log2(count / sample.length);
  return bits;
}

export interface PickEncodingOptions {
  readonly acceptEncoding?: string | undefined;
  readonly serverSupports?: readonly ContentEncoding[];
  /** A dictionary for the response format is loaded on both sides. Default: false. */
  readonly zstdHasDict?: boolean;
  readonly zstdEnabled?: boolean;
  readonly profile?: CompressionProfile;
  readonly sample?: Uint8Array;
  readonly estimatedSize?: number;
  /** A stream of small flushes of this format, where compression may not pay. */
  readonly interactive?: boolean;
  readonly format?: "sse" | "msgpack" | "protobuf" | "tokenwire";
}

export interface PickedEncoding {
  readonly encoding: ContentEncoding;
  /** Name of the rule that decided. */
  readonly reason: string;
}

const SUPPORTED: readonly ContentEncoding[] = ["gzip", "br", "identity"];
const MAX_TTFT_RATIO = 5;
const LOW_ENTROPY = 3;
const SMALL_BODY = 256;

/**
 * Chooses the encoding of a response. Streams of protobuf and tokenwire are not compressed when identity is acceptable:
 * flushed compression of so small pieces gains nothing.
 */
export function pickEncoding(options: PickEncodingOptions): PickedEncoding {
  const accepted = parseAcceptEncoding(options.acceptEncoding);
  const supported = options.serverSupports ?? SUPPORTED;
  const usable = (encoding: ContentEncoding): boolean =>
    supported.includes(encoding) && accepted.size > 0 && qualityOf(accepted, encoding) > 0;
  const identity = accepted.size === 0 || qualityOf(accepted, "identity") > 0;
  if (accepted.size === 0) return { encoding: "identity", reason: "no-accept-encoding" };
  const plainWins =
    options.interactive === true && (options.format === "protobuf" || options.format === "tokenwire");
  if (identity && plainWins) return { encoding: "identity", reason: "format-does-not-compress" };
  if (identity && (options.estimatedSize ?? SMALL_BODY) < SMALL_BODY)
    return { encoding: "identity", reason: "small-body" };
  const candidates = (["zstd", "gzip", "br"] as const).filter(
    (encoding) => usable(encoding) && isViable(encoding, options),
  );
  if (candidates.length === 0) return { encoding: "identity", reason: "no-common-encoding" };
  if (options.sample !== undefined && candidates.includes("br") && candidates.includes("zstd")) {
    if (shannonEntropyBitsPerByte(options.sample) < LOW_ENTROPY)
      return { encoding: "br", reason: "low-entropy" };
  }
  return { encoding: candidates[0]!, reason: "preference" };
}

function isViable(encoding: "zstd" | "gzip" | "br", options: PickEncodingOptions): boolean {
  if (encoding === "zstd" && (options.zstdHasDict !== true || options.zstdEnabled === false)) return false;
  return (options.profile?.[encoding]?.ttftRatio ?? 0) <= MAX_TTFT_RATIO;
}

/** Alias of {@link pickEncoding}. */
export const pick: typeof pickEncoding = pickEncoding;

const RULES: Readonly<Record<string, string>> = {
  "no-accept-encoding": "The client named no encoding, which means identity.",
  "format-does-not-compress": "Flushed pieces of this format do not get smaller.",
  "small-body": "The body is too small to gain from compression.",
  "no-common-encoding": "No encoding is accepted, supported and viable.",
  "low-entropy": "The sample repeats itself so much that br beats zstd.",
  preference: "The first of zstd, gzip, br that is accepted, supported and viable.",
};

/** What a reason of {@link pickEncoding} means. */
export function describeRule(reason: string): string {
  return (
    (Object.hasOwn(RULES, reason) ? RULES[reason] : undefined) ?? `Unknown rule ${JSON.stringify(reason)}.`
  );
}
