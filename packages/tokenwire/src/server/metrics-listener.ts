// `/metrics` on a port of its own, without a key: for a scraper inside a network that clients do not reach.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Metrics } from "./metrics.ts";

export class MetricsListener {
  readonly #server: Server;

  constructor(metrics: Metrics) {
    this.#server = createServer((request, response) => {
      if (request.url?.split("?", 1)[0] !== "/metrics" || !/^(?:GET|HEAD)$/.test(request.method ?? "")) {
        response.writeHead(404, { "content-type": "text/plain" }).end("Only GET /metrics is here.\n");
        return;
      }
      metrics.page().then(
        (page) => response.writeHead(200, { "content-type": metrics.contentType }).end(page),
        () => response.writeHead(500).end(),
      );
    });
  }

  /** Resolves with the port. */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => resolve());
    });
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
