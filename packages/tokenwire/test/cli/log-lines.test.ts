import { describe, expect, it } from "vitest";
import { logDestination, readableLine } from "../../src/cli/log-lines.ts";

const plain = { isTTY: false } as NodeJS.WriteStream;

describe("log lines", () => {
  it("are short for people: when, how bad, what, and the facts", () => {
    const request = {
      level: 30,
      time: 0,
      pid: 1,
      hostname: "h",
      requestId: "req_1",
      method: "POST",
      route: "/v1/chat/completions",
      status: 200,
      finishReasons: ["stop"],
      msg: "request",
    };
    expect(readableLine(JSON.stringify(request), plain)).toBe(
      '00:00:00 info  POST /v1/chat/completions 200 requestId=req_1 finishReasons=["stop"]\n',
    );
    const failure = { level: 50, time: 1_000, msg: "request failed", err: { stack: "Error: x\n    at y" } };
    expect(readableLine(JSON.stringify(failure), plain)).toBe(
      "00:00:01 error request failed\nError: x\n    at y\n",
    );
    expect(readableLine("not JSON\n", plain)).toBe("not JSON\n");
  });

  it("show control characters instead of obeying them", () => {
    const line = JSON.stringify({ level: 40, time: 0, msg: "a\u001b[31mb\r\nforged", route: undefined });
    const shown = readableLine(line, plain);
    expect(shown.trim().split("\n")).toHaveLength(1);
    for (const character of ["\u001b", "\r"]) expect(shown).not.toContain(character);
  });

  it("stay JSON where no terminal is", () => {
    const written: string[] = [];
    const stream = (isTTY: boolean) =>
      ({ isTTY, write: (text: string) => written.push(text) }) as unknown as NodeJS.WriteStream;
    logDestination(stream(false)).write('{"level":30,"time":0,"msg":"x"}\n');
    logDestination(stream(true)).write('{"level":30,"time":0,"msg":"x"}\n');
    expect(written[0]).toBe('{"level":30,"time":0,"msg":"x"}\n');
    expect(written[1]).toContain("info");
    expect(written[1]).not.toContain("{");
  });
});
