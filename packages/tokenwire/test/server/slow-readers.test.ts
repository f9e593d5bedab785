// Many readers that read nothing, while the model would have more to say than the machine has memory to spare: the
// engine waits for each of them, so that what is held back is bounded. The server is a process of its own, whose memory
// is measured.

import type { ChildProcess } from "node:child_process";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { bundle, run } from "../store/kill.ts";

const routes = fileURLToPath(new URL("../../src/server/routes/", import.meta.url));
/** 200 take 10 s of processor time, most of which is to fill the buffers of the system. */
const readers = Number(process.env["TOKENWIRE_SLOW_READERS"] ?? 50);
/** 60 MB for 200 of them: what is held back for each, and what the process varies by anyway. */
const limit = readers * 250_000 + 10_000_000;
/** At a request; more letters than the buffers of the system hold (some 4 MB for each). */
const tokens = 1_000;

/** Tokens of 10,000 letters. Five times a second it says how it is; it ends before it takes the whole machine. */
const program = `
  import { setFlagsFromString } from "node:v8";
  import { runInNewContext } from "node:vm";
  import { compileTemplate } from "@tokenwire/core/template";
  import { createEncoding } from "@tokenwire/core/tokenizer";
  import { createScriptedEngine } from "../../src/engines/index.ts";
  import { createServer } from "../../src/server/index.ts";
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc");
  const bytes = Array.from({ length: 256 }, (_, id) => ({ bytes: Uint8Array.of(id), id }));
  const ranks = [...bytes, { bytes: new Uint8Array(10000).fill(97), id: 256 }];
  const tokenizer = createEncoding({ name: "long", pattern: "[\\\\s\\\\S]", ranks, specialTokens: new Map([["<end>", 257]]) });
  const template = compileTemplate("{% for m in messages %}{{ m.content }}{% endfor %}");
  const profile = { id: "m", tokenizer, stopTokenIds: [257], contextLength: 100000,
    format: { kind: "template", template, specialTokens: {}, contentFormat: "string" } };
  const plain = createScriptedEngine();
  let [given, live] = [0, 0];
  const engine = { ...plain, id: "wordy", info: () => plain.info(), health: async () => ({ ok: true }), close: async () => {},
    async *generate(request, signal) {
      live++;
      try {
        yield { type: "start" };
        for (let n = 0; n < ${tokens} && !signal?.aborted; n++) {
          given++;
          yield { type: "delta", index: 0, tokenIds: [256] };
        }
        yield { type: "finish", index: 0, reason: "length" };
      } finally {
        live--;
      }
    } };
  const server = await createServer({ port: 0, models: [{ engine, profile }], limits: { running: 1000 },
    timeouts: { stalledReader: 0, betweenTokens: 0 } });
  const url = await server.listen();
  setInterval(() => {
    collectGarbage();
    const rss = process.memoryUsage.rss();
    process.stdout.write(JSON.stringify({ url, given, live, rss }) + "\\n");
    if (rss > 600e6) process.exit(1);
  }, 200);`;

interface State {
  readonly url: string;
  /** Tokens that the engine has given. */
  readonly given: number;
  /** Requests that are being answered. */
  readonly live: number;
  /** Bytes. */
  readonly rss: number;
}

/** The process and how it is. */
class Measured {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(code: string) {
    this.child = run(code, [], routes);
    this.#lines = createInterface(this.child.stdout!)[Symbol.asyncIterator]();
  }

  async next(): Promise<State> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the server ended");
    return JSON.parse(value as string) as State;
  }

  /** Its state once the engine has given nothing more for some time. */
  async settled(): Promise<State> {
    let [state, same] = [await this.next(), 0];
    while (same < 4) {
      const next = await this.next();
      same = next.given === state.given && next.live === state.live ? same + 1 : 0;
      state = next;
    }
    return state;
  }
}

const sockets: Socket[] = [];
let measured: Measured | undefined;
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  measured?.child.kill("SIGKILL");
});

/** Asks for a stream and reads nothing of it; resolves once it was asked. */
function ask(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const body = JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content: "x" }] });
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        () => resolve(socket),
      );
    });
    socket.once("error", reject);
    socket.pause();
    sockets.push(socket);
  });
}

describe("readers that read nothing", () => {
  it(`take less than ${limit / 1e6} MB, ${readers} of them, and the engine waits for each`, async () => {
    measured = new Measured(await bundle(program));
    const { url } = await measured.next();
    // What a server needs once it has worked.
    for (let n = 0; n < 5; n++) (await ask(url)).resume();
    while ((await measured.next()).given < 5 * tokens);
    const before = await measured.settled();
    const paused = await Promise.all(Array.from({ length: readers }, () => ask(url)));
    while ((await measured.next()).given === before.given);
    const after = await measured.settled();
    expect([before.live, after.live]).toEqual([0, readers]);
    expect(after.rss - before.rss).toBeLessThan(limit);
    // And each is gone with its reader.
    for (const socket of paused) socket.destroy();
    while ((await measured.next()).live > 0);
    expect((await measured.settled()).given).toBe(after.given);
  }, 120_000);
});
