// A hub on this machine, for tests: it lists models, redirects large files to a store of its own origin, publishes
// checksums in the headers that the real one uses, honours Range, and can cut a download short.

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface HubFile {
  readonly content: Buffer;
  /** Large files are redirected to the store and have SHA-256 checksums. */
  readonly large?: boolean;
}

export class LocalHub {
  readonly files = new Map<string, HubFile>();
  commit = "a".repeat(40);
  /** Requests as `METHOD path range`, in order. */
  readonly log: string[] = [];
  /** Authorization headers that the store received: none may arrive there. */
  readonly storeAuthorizations: string[] = [];
  /** Bytes after which the next file answer is cut off. */
  cutAfter: number | undefined;
  /** Sends other bytes than the checksum says. */
  corrupt = false;
  token: string | undefined;
  private readonly hub: Server;
  private readonly store: Server;

  constructor() {
    this.hub = createServer((request, response) => this.answer(request, response));
    this.store = createServer((request, response) => {
      if (request.headers.authorization) this.storeAuthorizations.push(request.headers.authorization);
      this.log.push(`store ${request.headers.range ?? ""}`.trim());
      this.send(request, response, this.files.get(decodeURIComponent(request.url!.slice(1)))!, {});
    });
  }

  async start(): Promise<string> {
    for (const server of [this.hub, this.store]) {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    }
    return origin(this.hub);
  }

  async stop(): Promise<void> {
    for (const server of [this.hub, this.store]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? "/";
    this.log.push(`${path} ${request.headers.range ?? ""}`.trim());
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`) {
      response.writeHead(401).end();
      return;
    }
    const listing = /^\/api\/models\/(.+)\/revision\/(.+)$/.exec(path);
    if (listing) {
      this.list(response, listing[1]!);
      return;
    }
    const found = /^\/[^/]+\/[^/]+\/resolve\/([^/]+)\/(.+)$/.exec(path);
    const name = decodeURIComponent(found?.[2] ?? "");
    const file = this.files.get(name);
    if (file === undefined || found?.[1] !== this.commit) {
      response.writeHead(404).end();
      return;
    }
    if (file.large !== true) {
      this.send(request, response, file, { etag: `"${gitObjectName(file.content)}"` });
      return;
    }
    const sha256 = createHash("sha256").update(file.content).digest("hex");
    response.writeHead(302, {
      location: `${origin(this.store)}/${encodeURIComponent(name)}`,
      "x-linked-etag": `"${sha256}"`,
      etag: '"some-other-tag"',
    });
    response.end();
  }

  private list(response: ServerResponse, model: string): void {
    if (model !== "acme/tiny") {
      response.writeHead(404).end();
      return;
    }
    const siblings = [...this.files.keys()].map((rfilename) => ({ rfilename }));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ id: model, sha: this.commit, siblings }));
  }

  private send(
    request: IncomingMessage,
    response: ServerResponse,
    file: HubFile,
    headers: Record<string, string>,
  ): void {
    const { content } = file;
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    if (start > 0 && start >= content.length) {
      response.writeHead(416, { ...headers, "content-range": `bytes */${content.length}` }).end();
      return;
    }
    const range =
      start > 0 ? { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` } : {};
    const body = this.corrupt ? Buffer.alloc(content.length - start, 0x78) : content.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, { ...headers, ...range, "content-length": body.length });
    if (this.cutAfter === undefined) {
      response.end(body);
      return;
    }
    response.write(body.subarray(0, this.cutAfter), () => setTimeout(() => response.destroy(), 20));
    this.cutAfter = undefined;
  }
}

function origin(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function gitObjectName(content: Buffer): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}
