// The load generator, in a process of its own so that only the server's CPU is counted. Reads answers without parsing
// them. Told by messages what to do; answers each with times in milliseconds.

import { Agent, request } from "node:http";

const agent = new Agent({ keepAlive: true, maxSockets: 2_000 });
/** A text to be sent later, so that handing it over does not disturb what is measured then. */
let kept = "";
const now = () => performance.timeOrigin + performance.now();
let held = [];

/** Sends a request; resolves with when it was sent, when its first bytes came, and when it was over. */
function send(url, text, onResponse) {
  return new Promise((resolve, reject) => {
    const times = { sent: now(), first: 0, done: 0 };
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const outgoing = request(url, { method: "POST", agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      onResponse?.(response);
      response.once("data", () => {
        times.first = now();
      });
      response
        .on("data", () => {})
        .on("end", () => {
          times.done = now();
          resolve(times);
        });
    });
    outgoing.on("error", reject);
    outgoing.end(text);
  });
}

const tasks = {
  /** So many requests, so many at a time; the first of them `apart` milliseconds from each other. */
  async closed({ url, text, requests, concurrency, apart = 0 }) {
    const times = [];
    let next = 0;
    await Promise.all(
      Array.from({ length: concurrency }, async (_, lane) => {
        if (apart > 0) await new Promise((resolve) => setTimeout(resolve, lane * apart));
        while (next++ < requests) times.push(await send(url, text));
      }),
    );
    return times;
  },

  /** So many requests per second, whether or not earlier ones were answered. */
  async open({ url, text, requests, rate }) {
    const started = performance.now();
    const sent = [];
    while (sent.length < requests) {
      const due = Math.min(requests, Math.floor(((performance.now() - started) / 1000) * rate));
      while (sent.length < due) sent.push(send(url, text));
      await new Promise((resolve) => setImmediate(resolve));
    }
    return Promise.all(sent);
  },

  /** Opens streams and leaves them open. */
  async hold({ url, text, streams }) {
    await Promise.all(
      Array.from(
        { length: streams },
        () =>
          new Promise((resolve) => {
            send(url, text, (response) => {
              held.push(response);
              response.once("data", resolve);
            }).catch(() => {});
          }),
      ),
    );
    return [];
  },

  /** Keeps a text for `post`. */
  async keep({ text }) {
    kept = text;
    return [];
  },

  async post({ url }) {
    return [await send(url, kept)];
  },

  /** One request after another, each left after its first bytes or so many milliseconds; when they were left. */
  async leave({ url, text, requests, after }) {
    const left = [];
    for (let i = 0; i < requests; i++) {
      await new Promise((resolve) => {
        const leave = () => {
          left.push(now());
          outgoing.destroy();
          setTimeout(resolve, 10);
        };
        const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
        const outgoing = request(url, { method: "POST", headers }, (response) => {
          response.on("error", () => {}).once("data", after === undefined ? leave : () => {});
        });
        outgoing.on("error", () => {}).end(text);
        if (after !== undefined) setTimeout(leave, after);
      });
    }
    return left;
  },

  async release() {
    for (const response of held) response.destroy();
    held = [];
    return [];
  },
};

process.on("message", async ({ task, ...parameters }) => {
  try {
    process.send({ times: await tasks[task](parameters) });
  } catch (error) {
    process.send({ error: String(error) });
  }
});
