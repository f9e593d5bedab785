// The load generator of pipeline.mjs, in a process of its own. Reads answers without parsing them.

import { Agent, request } from "node:http";

const agent = new Agent({ keepAlive: true, maxSockets: 2_000 });
let held = [];

function send(url, body, onResponse) {
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: "POST",
        agent,
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(text) },
      },
      (response) => {
        if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
        onResponse?.(response);
        response.on("data", () => {}).on("end", resolve);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(text);
  });
}

process.on("message", async ({ url, body, requests, concurrency, stamps, open, close }) => {
  if (close) {
    for (const response of held) response.destroy();
    held = [];
    process.send({});
    return;
  }
  if (open) {
    await Promise.all(
      Array.from(
        { length: open },
        () =>
          new Promise((resolve) => {
            send(url, body, (response) => {
              held.push(response);
              resolve();
            }).catch(() => {});
          }),
      ),
    );
    process.send({});
    return;
  }
  const sent = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < requests) {
        next++;
        if (stamps) sent.push(performance.now() + performance.timeOrigin);
        await send(url, body);
      }
    }),
  );
  process.send({ sent });
});
