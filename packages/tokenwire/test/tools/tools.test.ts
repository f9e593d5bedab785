import { Message, ToolNamespaceConfig } from "@tokenwire/core/harmony";
import { describe, expect, it } from "vitest";
import {
  createApplyPatchTool,
  createBrowserTool,
  defineTool,
  emptyCassette,
  replayCassette,
  routeRecipient,
  runTool,
  type Tool,
  toolResultMessage,
} from "../../src/tools/index.ts";
import { wordTokenizer } from "./word-tokenizer.ts";

const context = { signal: new AbortController().signal };
const add = defineTool({
  name: "add",
  description: "Adds",
  parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
  needsApproval: ({ a }) => a === 13,
  maxResultLength: 200,
  execute: ({ a, b, fail }) => {
    if (fail) throw new Error("boom");
    return String(Number(a) + Number(b)) + (a === 0 ? "x".repeat(500) : "");
  },
});
const run = (text: string) => runTool(add, { function: "add", arguments: text }, context);

describe("defineTool", () => {
  it("runs, and turns every fault into text", async () => {
    expect(await run('{"a":1,"b":2}')).toEqual({ text: "3", failed: false });
    expect(await run('{"fail":true}')).toEqual({ text: "Error: boom", failed: true });
    expect(await run("[1]")).toMatchObject({ failed: true, text: expect.stringContaining("JSON object") });
    expect(await run("{")).toMatchObject({
      failed: true,
      text: expect.stringContaining("Invalid function arguments"),
    });
    expect(await run("")).toEqual({ text: "NaN", failed: false });
    expect((await run('{"a":0,"b":1}')).text).toContain("more characters were cut");
  });
  it("keeps a key called __proto__ harmless", async () => {
    expect(await run('{"__proto__":{"a":1},"a":2,"b":2}')).toEqual({ text: "4", failed: false });
    expect(({} as { a?: number }).a).toBeUndefined();
  });
  it("asks for approval by arguments", () => {
    const asks = (text: string) => add.needsApproval?.({ function: "add", arguments: text });
    expect([asks('{"a":13}'), asks('{"a":1}'), asks("{")]).toEqual([true, false, false]);
  });
  it("refuses names that no API accepts", () => {
    expect(() => defineTool({ name: "a b", description: "", execute: () => "" })).toThrow(/Tool name/);
  });
});

describe("routeRecipient", () => {
  const browser = createBrowserTool({
    backend: replayCassette(emptyCassette("web")),
    tokenizer: wordTokenizer,
  });
  const python: Tool = {
    name: "python",
    namespace: new ToolNamespaceConfig("python", undefined, []),
    call: (call, toolContext) => add.call(call, toolContext),
  };
  const patch = createApplyPatchTool({ root: "." });
  const tools = [browser, python, patch];
  const route = (recipient: string, functions: string[] = []) => {
    const found = routeRecipient(recipient, tools, functions);
    return found.to === "tool" ? `${found.tool.name}|${found.function}|${found.recipient}` : found.to;
  };
  it.each([
    ["browser.search", "browser|search|browser.search"],
    ["browser.click", "browser|click|browser.click"],
    ["functions.browser.open", "browser|open|browser.open"],
    ["functions.browser.click", "nobody"],
    ["python", "python||python"],
    ["python_exec", "python||python_exec"],
    ["functions.python", "python||python"],
    ["functions.apply_patch", "apply_patch|apply_patch|functions.apply_patch"],
    ["functions.other", "nobody"],
    ["assistant", "user"],
    ["constructor", "nobody"],
  ])("%s → %s", (recipient, expected) => expect(route(recipient)).toBe(expected));
  it("gives the client's own functions to the client, also when they shadow a built-in tool", () => {
    expect(route("functions.get", ["get"])).toBe("client");
    expect(route("functions.python", ["python"])).toBe("client");
    expect(route("get", ["get"])).toBe("client");
  });
  it("lists what exists", () => {
    const found = routeRecipient("functions.x", tools, ["y"]);
    expect(found).toMatchObject({
      message:
        "Unknown tool: functions.x. Available tools: browser.search, browser.open, browser.find, python, functions.apply_patch, functions.y.",
    });
  });
});

describe("toolResultMessage", () => {
  it("answers on the channel of the call", () => {
    const call = new Message({
      role: "assistant",
      content: "{}",
      channel: "analysis",
      recipient: "browser.open",
    });
    expect(toolResultMessage(call, "browser.open", "text").toJSON()).toEqual({
      role: "tool",
      name: "browser.open",
      recipient: "assistant",
      channel: "analysis",
      content: "text",
    });
  });
});
