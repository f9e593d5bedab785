import { describe, expect, it } from "vitest";
import { createEngine, isBalancedEngine, listEngineKinds, packagedModel } from "../../src/engines/index.ts";

describe("createEngine", () => {
  it("creates every kind by name; others need an address or a file", async () => {
    const local = ["embedded", "toy", "scripted", "echo", "render-only"];
    expect(listEngineKinds()).toEqual(expect.arrayContaining(local));
    for (const kind of listEngineKinds()) {
      if (local.includes(kind)) {
        const info = await createEngine(kind).info();
        expect(info.servedNames.length).toBeGreaterThan(0);
      } else {
        expect(() => createEngine(kind)).toThrow(/needs (the address|a model file)/);
        const place = /llama-?cpp/.test(kind) ? "model.gguf" : "http://127.0.0.1:9";
        expect(createEngine(`${kind}:${place}`).id).toBeTruthy();
      }
    }
  });

  it("takes a model file from a URL or options", async () => {
    for (const engine of [`embedded:${packagedModel}`, { kind: "toy", path: packagedModel, id: "one" }]) {
      expect((await createEngine(engine).info()).model).toBe("tokenwire-toy");
    }
    expect(createEngine({ kind: "toy", id: "one" }).id).toBe("one");
  });

  it("makes one engine of several", async () => {
    const engine = createEngine("balanced:embedded, embedded", { id: "both" });
    expect(engine.id).toBe("both");
    expect(await engine.health()).toEqual({ ok: true, detail: "2 of 2 engines are well" });
    expect((await engine.info()).model).toBe("tokenwire-toy");
    const named = createEngine({ kind: "balanced", urls: ["echo", "echo", "echo"], policy: "random" });
    expect(await named.health()).toMatchObject({ detail: "3 of 3 engines are well" });
    await Promise.all([engine.close(), named.close()]);
  });

  it("names the engines behind one by their addresses, without what is secret in them", async () => {
    const options = { policy: "least_load", pinFallback: true } as const;
    const engine = createEngine(
      "balanced:vllm:http://me:secret@127.0.0.1:1/v1,http://127.0.0.1:2,echo",
      options,
    );
    if (!isBalancedEngine(engine)) throw new Error("it is not several");
    const { policy, workers } = engine.statistics();
    expect(policy).toBe("least-load");
    expect(workers.map(({ name }) => name)).toEqual([
      "vllm:http://127.0.0.1:1/v1",
      "http://127.0.0.1:2",
      "echo",
    ]);
    expect(isBalancedEngine(createEngine("echo"))).toBe(false);
    await engine.close();
  });

  it("names the known kinds and the closest", () => {
    expect(() => createEngine("embeded")).toThrow(
      /Unknown engine "embeded"\. Known engines: embedded, .*Did you mean "embedded"\?/,
    );
    expect(() => createEngine("gopher://localhost")).toThrow(
      /Unknown engine "gopher"\. Known engines: [^?]*$/,
    );
  });

  it("says which model file cannot be read", () => {
    expect(() => createEngine("embedded:/nowhere/model.gguf")).toThrow("/nowhere/model.gguf");
  });
});
