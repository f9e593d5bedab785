// The source of a server process over a store, for tests that kill it or start several: bytes are its tokens.

export interface StoreProgram {
  /** The function of the store layer that opens the address given as the first argument. */
  readonly open: string;
  /** Milliseconds that a server's hold on its background work lasts. */
  readonly leaseDuration: number;
  /** Statements that yield the tokens before the end, given `request`, `signal`, `tokenizer` and `delay`. */
  readonly tokens: string;
}

/** Prints its address, ends well on SIGTERM. */
export function storeProgram({ open, leaseDuration, tokens }: StoreProgram): string {
  return `
  import { setTimeout as delay } from "node:timers/promises";
  import { compileTemplate } from "@tokenwire/core/template";
  import { createEncoding } from "@tokenwire/core/tokenizer";
  import { createScriptedEngine } from "../../src/engines/index.ts";
  import { createServer } from "../../src/server/index.ts";
  import { ${open} } from "../../src/store/index.ts";
  const ranks = Array.from({ length: 256 }, (_, id) => ({ bytes: Uint8Array.of(id), id }));
  const tokenizer = createEncoding({ name: "bytes", pattern: "[\\\\s\\\\S]", ranks, specialTokens: new Map([["<end>", 256]]) });
  const template = compileTemplate("{% for m in messages %}{{ m.content }}{% endfor %}");
  const profile = { id: "m", tokenizer, stopTokenIds: [256], contextLength: 100000,
    format: { kind: "template", template, specialTokens: {}, contentFormat: "string" } };
  const plain = createScriptedEngine();
  const engine = { ...plain, id: "slow", info: () => plain.info(), health: async () => ({ ok: true }), close: async () => {},
    async *generate(request, signal) {
      yield { type: "start" };
      ${tokens}
      yield { type: "delta", index: 0, tokenIds: [256] };
      yield { type: "finish", index: 0, reason: "stop", matched: 256 };
    } };
  const store = await ${open}(process.argv[2], { leaseDuration: ${leaseDuration} });
  const server = await createServer({ port: 0, models: [{ engine, profile }], store });
  process.stdout.write((await server.listen()) + "\\n");
  process.once("SIGTERM", () => server.close().then(() => process.exit(0)));`;
}
