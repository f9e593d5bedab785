// Runs a handler with an answer that belongs to no connection. Fastify makes it as it makes every other one, in an
// instance of its own that has no hooks and listens nowhere.

import Fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import type { Recording } from "./recording.ts";

type Task = (reply: FastifyReply) => unknown;

export class DetachedAnswers {
  readonly #app: FastifyInstance = Fastify();
  readonly #tasks: Map<string, Task> = new Map();
  #next = 0;

  constructor() {
    this.#app.all("*", async (request, reply) => {
      const result = await this.#tasks.get(request.headers["x-task"] as string)!(reply);
      return reply.sent || reply.raw.headersSent ? reply : result;
    });
  }

  /** Runs a handler and records what it answers, or raises. */
  async run(url: string, recording: Recording, task: Task): Promise<void> {
    const id = String(this.#next++);
    this.#tasks.set(id, async (reply) => {
      try {
        return await task(reply);
      } catch (error) {
        recording.fail(error);
        return reply.code(500).send();
      }
    });
    try {
      const answer = await this.#app.inject({ url, headers: { "x-task": id }, payloadAsStream: true });
      if (recording.ended) return;
      recording.begin(answer.statusCode, answer.headers);
      for await (const chunk of answer.stream()) recording.add(chunk as Buffer);
      recording.end();
    } catch (error) {
      recording.fail(error);
    } finally {
      this.#tasks.delete(id);
    }
  }
}
