import { describe, expect, it } from "vitest";
import { createEngine, listEngineKinds, packagedModel } from "../../src/engines/index.ts";

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
