// Settings of the server: where they come from, what is refused and how, and that the command line reaches all of them.

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it, vi } from "vitest";
import { banner } from "../../src/cli/commands/serve.ts";
import { applyConfig } from "../../src/cli/config.ts";
import { run } from "../../src/cli/main.ts";
import { addServeOptions, type ServeFlags, toServerOptions } from "../../src/cli/serve-options.ts";
import { policyNames } from "../../src/engines/index.ts";
import { toSettings } from "../../src/server/index.ts";
import { makeCertificate } from "../server/certificate.ts";
import { captureOutput } from "./capture.ts";

const captured = captureOutput();

const folder = mkdtempSync(join(tmpdir(), "tokenwire-settings-"));
let files = 0;
function write(text: string, extension = "json"): string {
  const path = join(folder, `c${files++}.${extension}`);
  writeFileSync(path, text);
  return path;
}

async function flagsOf(...args: string[]): Promise<ServeFlags> {
  const command = new Command("serve").exitOverride().configureOutput({ writeErr: () => undefined });
  new Command().addCommand(command).addCommand(new Command("chat"));
  addServeOptions(command);
  command.parse(args, { from: "user" });
  await applyConfig(command, ["engine"]);
  return command.opts<ServeFlags>();
}

const optionsOf = async (...args: string[]) => toServerOptions(await flagsOf(...args));

describe("the command line", () => {
  it("has every limit and time of the library, with the same defaults", async () => {
    const { limits, timeouts, keepAlive, keyLimits, ...given } = await optionsOf();
    const settings = toSettings({});
    expect(limits).toEqual(settings.limits);
    expect(timeouts).toEqual(settings.timeouts);
    expect(keepAlive).toBe(settings.keepAlive);
    expect(Object.values(keyLimits!)).toEqual([0, 0, 0]);
    expect(toSettings(given)).toEqual(settings);
  });

  it("reaches what it names", async () => {
    const { limits, timeouts, keyLimits, metricsPort, metricsCompat, logContent, tracing, codec } =
      await optionsOf(
        ...["--max-sockets", "7", "--json-depth", "9", "--key-tokens", "1000", "--socket-timeout", "5m"],
        ...["--upload-timeout", "3s", "--stalled-reader-timeout", "0", "--metrics-port", "0"],
        ...["--metrics-compat", "vllm", "--log-content", "--trace-content", "--binary-format", "none"],
      );
    expect(limits).toMatchObject({ sockets: 7, jsonDepth: 9 });
    expect(timeouts).toMatchObject({ socket: 300_000, upload: 3_000, stalledReader: 0 });
    expect(keyLimits).toMatchObject({ tokensPerMinute: 1_000 });
    expect({ metricsPort, metricsCompat, logContent, tracing, codec }).toEqual({
      metricsPort: 0,
      metricsCompat: "vllm",
      logContent: true,
      tracing: { content: true },
      codec: { formats: [], publicDiscovery: false },
    });
  });

  it("decides which of several engines gets a request", async () => {
    expect(await flagsOf("--policy", "least_load", "--pin-fallback")).toMatchObject({
      policy: "least_load",
      pinFallback: true,
    });
    expect((await optionsOf("--routing-headers", "none")).routingHeaders).toBe("none");
    await run(["serve", "--help"]);
    const help = captured.out.replaceAll(/\s+/g, " ");
    for (const name of policyNames) expect(help).toMatch(new RegExp(`[ :]${name}[, ]`));
  });

  it("says when there are not several engines, and which policies there are", async () => {
    expect(await run(["serve", "--policy", "random"])).toBe(2);
    expect(captured.err).toContain(
      '--policy is about several engines, as in balanced:URL,URL; "embedded" is one.',
    );
    expect(await run(["serve", "echo", "--pin-fallback"])).toBe(2);
    expect(captured.err).toContain("--pin-fallback is about several engines");
    expect(await run(["serve", "balanced:echo,echo", "--policy", "round_robbin"])).toBe(1);
    expect(captured.err).toContain('Unknown routing policy "round_robbin". Known policies: prefix,');
    expect(captured.err).toContain('Did you mean "round-robin"?');
  });

  it("reads certificates from files, and says which one it cannot read", async () => {
    const { cert, key } = makeCertificate({ name: "localhost" });
    const [certFile, keyFile] = [write(cert, "pem"), write(key, "pem")];
    const { tls } = await optionsOf(
      "--tls-cert",
      certFile,
      "--tls-key",
      keyFile,
      "--tls-client-ca",
      certFile,
    );
    expect(String(tls!.cert)).toBe(cert);
    expect(String(tls!.clientCa)).toBe(cert);
    await expect(optionsOf("--tls-cert", certFile)).rejects.toThrow("--tls-key: name the private key");
    await expect(optionsOf("--tls-key", keyFile)).rejects.toThrow("--tls-cert: name the certificate");
    await expect(optionsOf("--tls-cert", "/no/such.pem", "--tls-key", keyFile)).rejects.toThrow(
      "--tls-cert: cannot read /no/such.pem: ENOENT",
    );
    await expect(optionsOf("--binary-format", "xml")).rejects.toThrow('unknown format "xml". Known: msgpack');
  });
});

describe("a configuration file", () => {
  it("sets options of every kind, below a section of the command", async () => {
    const file = write(
      JSON.stringify({
        apiKey: ["a", "b"],
        corsOrigin: "https://x.example",
        strict: true,
        bodyLimit: "1MiB",
        maxRunning: 2,
        serve: { maxRunning: 3 },
        chat: { whatever: 1 },
      }),
    );
    expect(await flagsOf("--config", file)).toMatchObject({
      apiKey: ["a", "b"],
      corsOrigin: ["https://x.example"],
      strict: true,
      bodyLimit: 1_048_576,
      maxRunning: 3,
    });
  });

  it("may be a module, and TypeScript where Node reads it", async () => {
    const module = write("export default { maxRunning: 5 };", "mjs");
    expect((await flagsOf("--config", module)).maxRunning).toBe(5);
    const typed = write("const n: number = 6;\nexport default { maxRunning: n };", "ts");
    const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
    if (major > 22 || (major === 22 && minor >= 18)) {
      expect((await flagsOf("--config", typed)).maxRunning).toBe(6);
    }
  });

  it.each([
    ['{"maxRuning": 1}', 'unknown setting "maxRuning". Did you mean "maxRunning"?'],
    ['{"limits": {"running": 1}}', 'unknown setting "limits"'],
    ['{"maxRunning": 0}', '"maxRunning": Expected an integer between 1 and 100000.'],
    ['{"maxRunning": [1]}', '"maxRunning" must be a string or a number (it sets --max-running <n>)'],
    ['{"strict": "yes"}', '"strict" must be true or false (it sets --strict)'],
    ['{"apiKey": [1]}', '"apiKey" must be a string or a list of strings'],
    ['{"logLevel": "loud"}', '"logLevel": Allowed choices are silent'],
    ['{"keepAlive": "soon"}', '"keepAlive": Expected a duration'],
  ])("%s is refused by name", async (text, message) => {
    await expect(flagsOf("--config", write(text))).rejects.toThrow(message);
  });
});

describe("variables", () => {
  it.each([
    ["true", true],
    ["1", true],
    ["false", undefined],
    ["0", undefined],
    ["", undefined],
  ])("TOKENWIRE_STRICT=%s is %s", async (text, strict) => {
    vi.stubEnv("TOKENWIRE_STRICT", text);
    expect((await flagsOf()).strict).toBe(strict);
  });

  it("that are neither yes nor no, or not a value of the option, are refused by name", async () => {
    vi.stubEnv("TOKENWIRE_STRICT", "maybe");
    await expect(flagsOf()).rejects.toThrow('TOKENWIRE_STRICT: expected true or false, got "maybe"');
    vi.unstubAllEnvs();
    vi.stubEnv("TOKENWIRE_MAX_SOCKETS", "many");
    await expect(flagsOf()).rejects.toThrow("'TOKENWIRE_MAX_SOCKETS'");
  });

  it("and the file name the engine where the command does not", async () => {
    const file = write('{"engine": "scripted"}');
    const shown = async (...args: string[]): Promise<unknown> => {
      captured.out = "";
      expect(await run(["serve", "--config", file, "--print-config", ...args])).toBe(0);
      return (JSON.parse(captured.out) as { engine: unknown }).engine;
    };
    expect(await shown()).toEqual({ value: "scripted", source: "file" });
    vi.stubEnv("TOKENWIRE_ENGINE", "http://127.0.0.1:1");
    expect(await shown()).toEqual({ value: "http://127.0.0.1:1", source: "environment" });
    expect(await shown("embedded")).toEqual({ value: "embedded", source: "argument" });
  });
});

describe("help", () => {
  it("names every option once, in groups, without a wall of variables", async () => {
    await run(["serve", "--help"]);
    for (const group of ["Network:", "Model:", "Limits:", "Times", "Tools in", "Answers and output:"]) {
      expect(captured.out).toContain(`\n${group}`);
    }
    expect(captured.out).toContain("(--max-running: TOKENWIRE_MAX_RUNNING)");
    expect(captured.out.match(/TOKENWIRE_/g)!.length).toBeLessThan(6);
    const names = [...captured.out.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map((match) => match[1]);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(45);
  });
});

describe("what a start prints", () => {
  it("is something to paste, also when the server listens on every address", () => {
    for (const [url, here] of [
      ["http://0.0.0.0:8000", "http://127.0.0.1:8000"],
      ["https://[::]:8000", "https://[::1]:8000"],
      ["http://10.0.0.1:8000", "http://10.0.0.1:8000"],
    ] as const) {
      const printed = banner(url, "m", "vllm", false);
      expect(printed).toContain(`${url}/v1\n`);
      expect(printed).toContain(`curl -N ${here}/v1/chat/completions`);
      expect(printed).toContain(`baseURL: "${here}/v1"`);
    }
  });
});
