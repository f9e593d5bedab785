// Golden transcripts: what goes over the wire to each engine, to the byte, and what its answer means. Each is a file.

import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createEngine, type GenerateEvent, type GenerateRequest } from "../../../src/engines/index.ts";
import { asObject } from "../../../src/engines/remote/json-view.ts";

interface Transcript {
  readonly kind: string;
  readonly request: {
    readonly prompt: readonly number[] | string;
    readonly sampling: GenerateRequest["sampling"];
    readonly stop: readonly number[];
    readonly stopStrings?: readonly string[];
    readonly logprobs?: { readonly top: number };
    readonly constraint?: NonNullable<GenerateRequest["constraint"]>;
  };
  /** Bytes of tokens, where an adapter needs them. */
  readonly bytes?: Readonly<Record<string, readonly number[]>>;
  readonly path: string;
  readonly body: { readonly rid?: string };
  readonly type: string;
  readonly answer: readonly string[];
  readonly ids?: readonly number[];
  /** Null where the server lost it. */
  readonly logprobs?: readonly (number | null)[];
  readonly text?: string;
  readonly finish: object;
}

const folder = new URL("transcripts/", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));

let server: Server | undefined;
afterEach(() => new Promise<void>((done) => (server ? server.close(() => done()) : done())));

/** Answers everything an adapter may ask about a model, and the one request that is expected. */
async function replay({ path, type, answer }: Transcript, seen: unknown[]): Promise<string> {
  server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const body: unknown = text === "" ? {} : JSON.parse(text);
    if (request.url === path && asObject(body)["stream"] === true) {
      seen.push(body);
      response.writeHead(200, { "content-type": type }).end(answer.join("\n"));
    } else {
      const meta = { n_vocab: 1280, n_ctx: 512 };
      const about = {
        data: [{ id: "m", owned_by: "x", meta }],
        models: [{ name: "m" }],
        model_path: "m",
        model_id: "m",
      };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(about));
    }
  });
  await new Promise<void>((done) => (server as Server).listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("transcripts", () => {
  it.each(names)("%s", async (name) => {
    const transcript = JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Transcript;
    const { request, bytes } = transcript;
    const seen: unknown[] = [];
    const decodeBytes = (ids: ArrayLike<number>) =>
      Uint8Array.from(Array.from(ids).flatMap((id) => [...(bytes?.[id] ?? [])]));
    const url = await replay(transcript, seen);
    const engine = createEngine({ kind: transcript.kind, url, ...(bytes && { tokenizer: { decodeBytes } }) });
    await engine.info();
    const events: GenerateEvent[] = [];
    const prompt =
      typeof request.prompt === "string"
        ? { text: request.prompt }
        : { tokenIds: Uint32Array.from(request.prompt) };
    for await (const event of engine.generate({
      requestId: "r",
      prompt,
      sampling: request.sampling,
      stop: { tokenIds: request.stop, ...(request.stopStrings && { strings: request.stopStrings }) },
      ...(request.logprobs && { logprobs: request.logprobs }),
      ...(request.constraint && { constraint: request.constraint }),
    })) {
      events.push(event);
    }
    await engine.close();
    const { body } = transcript;
    // Where ids must not return, an attempt's own is longer.
    const fresh = body.rid !== undefined && { rid: expect.stringMatching(new RegExp(`^${body.rid}-`)) };
    expect(seen).toEqual([{ ...body, ...fresh }]);
    const deltas = events.flatMap((event) => (event.type === "delta" ? [event] : []));
    expect(deltas.flatMap(({ tokenIds }) => tokenIds)).toEqual(transcript.ids ?? []);
    if (transcript.logprobs !== undefined) {
      const found = deltas.flatMap(({ tokenIds, logprobs }) =>
        tokenIds.map((_, at) => logprobs?.[at]?.logprob ?? null),
      );
      expect(found).toEqual(transcript.logprobs);
    }
    expect(events.flatMap((event) => (event.type === "text" ? [event.text] : [])).join("")).toBe(
      transcript.text ?? "",
    );
    expect(events.at(-1)).toEqual({ type: "finish", index: 0, ...transcript.finish });
  });
});
