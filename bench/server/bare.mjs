// What the same answers cost without a pipeline: Fastify with a handler of one line, and node:http that writes chunks
// of the same bytes, made beforehand, in the same steps.

import { createServer } from "node:http";
import Fastify from "fastify";
import { nextStep } from "./replay-engine.mjs";

/** A Fastify server that parses the body and sends a completion. */
export async function startBareFastify(completion) {
  const app = Fastify();
  const calls = [];
  app.post("/", async () => {
    calls.push(performance.timeOrigin + performance.now());
    return completion;
  });
  return { url: `${await app.listen({ port: 0, host: "127.0.0.1" })}/`, calls, close: () => app.close() };
}

/**
 * A node:http server that streams `tokens` chunks, `perWrite` of them in a write; with `straight` to its socket, framed
 * beforehand: the least that a write can cost.
 */
export async function startBareStream(frame, tokens) {
  const state = { perWrite: 1, straight: false };
  const server = createServer((request, response) => {
    request.resume().on("end", async () => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const { perWrite, straight } = state;
      const piece = frame.repeat(perWrite);
      const target = straight ? response.socket : response;
      const bytes = straight ? `${piece.length.toString(16)}\r\n${piece}\r\n` : piece;
      if (straight) {
        response.flushHeaders();
        target.setNoDelay(true);
      }
      for (let at = 0; at < tokens; at += perWrite) {
        await nextStep();
        if (!target.write(bytes, "latin1")) await new Promise((resolve) => target.once("drain", resolve));
      }
      response.end("data: [DONE]\n\n");
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    state,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
