// The endpoints that only Codec has: binary requests, the schema, the version, and the documents of discovery.

import { CODEC_CLIENT_VERSION, CODEC_PROTO, WELL_KNOWN_BASE } from "@tokenwire/core/codec";
import { ApiError, type RequestBody, toCompletionBody } from "../../protocol/index.ts";
import type { PublishedMap } from "../codec/model-maps.ts";
import { BINARY_REQUEST_PATH, binaryBody } from "../codec/request-body.ts";
import type { Route, RouteContext } from "../context.ts";
import { completions } from "./completions.ts";

/** The model that a binary request is for: it has no field for one. */
function modelName({ server, request }: RouteContext): string {
  const { model } = request.query as { model?: unknown };
  return typeof model === "string" ? model : server.models.list()[0]!.id;
}

/** The same as `POST /v1/completions`, with a body that holds the prompt's ids and no JSON. */
export const binaryCompletions: Route = {
  method: "POST",
  path: BINARY_REQUEST_PATH,
  handle: (context) => {
    const { settings } = context.server.codec;
    if (!settings.binaryRequests)
      throw new ApiError(404, "Binary requests are turned off. Use POST /v1/completions.");
    const { bytes, format } = binaryBody(context.request);
    const body: RequestBody = toCompletionBody(bytes, format, modelName(context));
    return completions.handle({ ...context, body: () => body });
  },
};

export const codecSchema: Route = {
  method: "GET",
  path: "/codec/schema",
  open: "discovery",
  handle: ({ reply }) => {
    void reply.type("text/plain; charset=utf-8");
    return CODEC_PROTO;
  },
};

export const codecVersion: Route = {
  method: "GET",
  path: "/codec/version",
  open: "discovery",
  handle: ({ server }) => ({
    version: CODEC_CLIENT_VERSION,
    stream_formats: ["json", ...server.codec.settings.formats],
    delta_varint: false,
  }),
};

/** Where this server is for its client. */
function originOf({ request }: RouteContext): string {
  const forwarded = request.headers["x-forwarded-proto"];
  const scheme = forwarded === "https" || forwarded === "http" ? forwarded : request.protocol;
  return `${scheme}://${request.host}`;
}

function pointerTo(context: RouteContext, map: PublishedMap): object {
  const url = `${originOf(context)}${WELL_KNOWN_BASE}/maps/sha256/${map.hash.slice("sha256:".length)}.json`;
  return { id: map.id, url, hash: map.hash };
}

/** A document by its path below `/.well-known/codec/`; undefined for 404. */
function findDocument(context: RouteContext, path: string): object | Uint8Array | undefined {
  const { codec, models } = context.server;
  const { versionPolicy } = codec.settings;
  if (path === "version-policy.json") {
    return (
      versionPolicy && {
        minimum_version: versionPolicy.minimumVersion,
        required_features: versionPolicy.requiredFeatures ?? [],
        ...(versionPolicy.deploymentId !== undefined && { deployment_id: versionPolicy.deploymentId }),
        ...(versionPolicy.docsUrl !== undefined && { docs_url: versionPolicy.docsUrl }),
        ...(versionPolicy.validUntil !== undefined && { valid_until: versionPolicy.validUntil }),
      }
    );
  }
  if (path.startsWith("policies/")) {
    const { policy } = codec;
    const names = policy && [`policies/${policy.id}.json`, `policies/sha256/${policy.hash.slice(7)}.json`];
    return names?.includes(path) ? policy?.bytes : undefined;
  }
  if (path !== "index.json" && !path.startsWith("maps/")) return undefined;
  const maps = codec.maps.all(models.list());
  if (path === "index.json")
    return { codec_version: "0.2", maps: maps.map((map) => pointerTo(context, map)) };
  const byHash = maps.find((map) => path === `maps/sha256/${map.hash.slice(7)}.json`);
  if (byHash) return byHash.bytes;
  const byId = maps.find((map) => path === `maps/${map.id}.json`);
  return byId && pointerTo(context, byId);
}

export const wellKnownCodec: Route = {
  method: "GET",
  path: `${WELL_KNOWN_BASE}/*`,
  open: "discovery",
  handle: (context) => {
    const path = (context.request.params as { "*": string })["*"];
    const document = findDocument(context, path);
    if (document === undefined) {
      throw new ApiError(404, `${WELL_KNOWN_BASE}/${path.slice(0, 120)} is not published here.`, {
        headers: { "access-control-allow-origin": "*" },
      });
    }
    void context.reply.type("application/json").headers({
      "access-control-allow-origin": "*",
      "cache-control": "public, max-age=300, stale-while-revalidate=86400",
    });
    return document instanceof Uint8Array
      ? Buffer.from(document.buffer, document.byteOffset, document.length)
      : document;
  },
};
