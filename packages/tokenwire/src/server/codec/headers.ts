// Headers of binary answers, and what a request's headers demand of them.

import { CODEC_CLIENT_VERSION, clientKnowsHeader, meetsMinimum, normalizeHash } from "@tokenwire/core/codec";
import { ApiError, type BinaryFormat, contentTypeOf, invalidRequest } from "../../protocol/index.ts";
import type { RouteContext } from "../context.ts";
import type { ServedModel } from "../models.ts";
import type { PublishedMap } from "./model-maps.ts";

function headerOf({ request }: RouteContext, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : value?.[0];
}

/** 426 for clients that do not meet an enforced version policy. */
export function checkClientVersion(context: RouteContext): void {
  const policy = context.server.codec.settings.versionPolicy;
  const version = headerOf(context, "codec-client-version");
  if (policy?.enforce !== true || meetsMinimum(version, policy.minimumVersion)) return;
  const features = policy.requiredFeatures ?? [];
  context.reply.code(426).headers({
    "codec-min-version": policy.minimumVersion,
    ...(features.length > 0 && { "codec-required-features": features.join(", ") }),
  });
  throw new VersionRequired({
    error: "codec_version_required",
    minimum_version: policy.minimumVersion,
    required_features: [...features],
    client_version: version ?? null,
    ...(policy.docsUrl !== undefined && { docs_url: policy.docsUrl }),
    ...(policy.deploymentId !== undefined && { deployment_id: policy.deploymentId }),
  });
}

/** The 426 body has a shape of its own, which clients of the protocol read. */
export class VersionRequired extends ApiError {
  readonly #body: Readonly<Record<string, unknown>>;

  constructor(body: Readonly<Record<string, unknown>>) {
    super(426, "A newer Codec version is required.");
    this.#body = body;
  }

  override toBody(): ReturnType<ApiError["toBody"]> {
    return this.#body as unknown as ReturnType<ApiError["toBody"]>;
  }
}

/** 409 when the client pinned a map other than the model's. */
export function checkPinnedMap(context: RouteContext, model: ServedModel): void {
  const pinned = headerOf(context, "x-codec-map") ?? headerOf(context, "codec-map");
  if (pinned === undefined) return;
  let expected: string;
  try {
    expected = normalizeHash(pinned);
  } catch (cause) {
    throw invalidRequest("X-Codec-Map", (cause as Error).message);
  }
  const map = context.server.codec.maps.of(model);
  if (map === undefined || map.hash === expected) return;
  throw new ApiError(
    409,
    `Model ${model.id} uses the map ${map.hash}, not ${expected}. Load the map again.`,
    {
      wireCode: "codec_map_mismatch",
      headers: { "codec-tokenizer-map": map.hash },
    },
  );
}

/** Headers of a binary answer, without its length and encoding. */
export function answerHeaders(
  context: RouteContext,
  format: BinaryFormat,
  map: PublishedMap | undefined,
): Record<string, string> {
  const { policy } = context.server.codec;
  const version = headerOf(context, "codec-client-version");
  const optional: Record<string, string> = {
    ...(map && { "codec-tokenizer-map": map.hash }),
    ...(policy && { "codec-safety-policy": policy.id, "codec-safety-policy-hash": policy.hash }),
  };
  return {
    "content-type": contentTypeOf(format),
    vary: "Accept-Encoding, Accept, Codec-Client-Version",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
    "codec-server-version": CODEC_CLIENT_VERSION,
    "access-control-expose-headers":
      "Codec-Tokenizer-Map, Codec-Safety-Policy, Codec-Safety-Policy-Hash, Codec-Server-Version, Codec-Min-Version, Codec-Required-Features, Content-Encoding",
    ...Object.fromEntries(Object.entries(optional).filter(([name]) => clientKnowsHeader(version, name))),
  };
}
