// An engine's HTTP server, in its dialect.

import type { Dialect } from "./dialect.ts";
import { readEvents } from "./event-reader.ts";
import { EngineHttpClient } from "./http-client.ts";
import type { RemoteEngineOptions } from "./options.ts";
import type { Upstream } from "./upstream.ts";

export function createHttpUpstream(dialect: Dialect, options: RemoteEngineOptions): Upstream {
  const { kind, capabilities, abort, load } = dialect;
  const http = new EngineHttpClient(kind, options);
  return {
    kind,
    capabilities,
    ignoresStopIds: dialect.ignoresStopIds === true,
    needsInfo: dialect.needsInfo === true,
    opening: dialect.opening,
    freshIds: dialect.freshIds === true,
    describe: (signal) => dialect.describe(http, options, signal),
    health: (signal) => http.isOk(dialect.health.path, dialect.health.timeout, signal),
    open: async (request, model, signal, info) => {
      const body = dialect.toBody(request, model, info);
      const { requestId, headers } = request;
      return readEvents(kind, await http.open(dialect.generatePath, { body, requestId, headers, signal }));
    },
    createReader: (request, signal, info) => dialect.createReader(request, { http, options, signal, info }),
    ...(abort && { abort: (requestId) => abort(http, requestId) }),
    ...(load && { load: (signal) => load(http, signal) }),
    close: () => http.close(),
  };
}
