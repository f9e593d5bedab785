import Fastify from "fastify";
import { afterEach, expect, it, vi } from "vitest";
import { installBodyParser } from "../../src/server/body.ts";

afterEach(() => vi.restoreAllMocks());

it("joins, decodes and parses a large body in a turn of the event loop each", async () => {
  const app = Fastify({ bodyLimit: 1 << 24 });
  installBodyParser(app, { maxDepth: 64, onParsed: () => undefined });
  let turn = 0;
  let over = false;
  const count = (): void => {
    turn++;
    if (!over) setImmediate(count);
  };
  const steps: number[] = [];
  const note = <T extends { readonly length?: number } | string>(value: T): T => {
    if ((value.length ?? 0) > 1 << 20) steps.push(turn);
    return value;
  };
  const { concat } = Buffer;
  vi.spyOn(Buffer, "concat").mockImplementation((list, length) => note(concat.call(Buffer, list, length)));
  const { decode } = TextDecoder.prototype;
  vi.spyOn(TextDecoder.prototype, "decode").mockImplementation(function (this: TextDecoder, ...given) {
    return note(decode.apply(this, given));
  });
  app.post("/", async (request) => {
    steps.push(turn);
    return [(request.body as string[])[0]!.length];
  });
  setImmediate(count);
  const answer = await app.inject({
    method: "POST",
    url: "/",
    headers: { "content-type": "application/json" },
    payload: JSON.stringify(["word ".repeat(300_000)]),
  });
  over = true;
  expect(answer.json()).toEqual([1_500_000]);
  const [joined, decoded, parsed] = steps as [number, number, number];
  expect(steps).toHaveLength(3);
  expect(decoded).toBeGreaterThan(joined);
  expect(parsed).toBeGreaterThan(decoded);
});
