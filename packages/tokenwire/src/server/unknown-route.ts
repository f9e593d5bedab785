// Requests that match no route: 405 with `Allow` where the path exists under another method, else 404.

import { ApiError, quote } from "../protocol/index.ts";
import type { Route } from "./context.ts";

interface KnownPath {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/** Turns `/v1/responses/:id` and `/v1/models/*` into patterns of whole paths. */
function toPattern(path: string): RegExp {
  const escaped = path.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replace(/:[A-Za-z]+/g, "[^/]+").replace("*", ".+")}/?$`);
}

export class PathTable {
  readonly #paths: Map<string, KnownPath> = new Map();

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      for (const path of [route.path, ...(route.aliases ?? [])]) {
        const known = this.#paths.get(path) ?? { pattern: toPattern(path), methods: new Set<string>() };
        known.methods.add(route.method);
        if (route.method === "GET") known.methods.add("HEAD");
        this.#paths.set(path, known);
      }
    }
  }

  /** The methods of a path, `OPTIONS` included; empty when the path is unknown. */
  methodsOf(path: string): string[] {
    const methods = new Set<string>();
    for (const { pattern, methods: known } of this.#paths.values()) {
      if (pattern.test(path)) for (const method of known) methods.add(method);
    }
    return methods.size === 0 ? [] : [...methods, "OPTIONS"];
  }

  /** The error for a request that no route took. */
  errorFor(method: string, url: string): ApiError {
    const path = url.split("?", 1)[0]!;
    const allow = this.methodsOf(path).join(", ");
    if (allow === "") {
      return new ApiError(404, `Unknown URL: ${method} ${quote(path, 200)}. The endpoints are below /v1.`, {
        wireCode: "unknown_url",
      });
    }
    return new ApiError(405, `${method} is not allowed on ${quote(path, 200)}. Allowed: ${allow}.`, {
      wireCode: "method_not_allowed",
      headers: { allow },
    });
  }
}
