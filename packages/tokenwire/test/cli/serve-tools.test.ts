import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getEncoding } from "@tokenwire/encodings";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addToolOptions, openServerTools, type ServeToolFlags } from "../../src/cli/serve-tools.ts";

function toolsFor(...args: string[]): ReturnType<typeof openServerTools> {
  const command = new Command().exitOverride().action(() => undefined);
  addToolOptions(command);
  command.parse(args, { from: "user" });
  return openServerTools(command.opts<ServeToolFlags>());
}

describe("tools of tokenwire serve", () => {
  it("are off until they are named", async () => {
    const { tools, close } = await toolsFor();
    expect(tools).toEqual({ maxCalls: 64, mcp: [], mcpInChat: false, mcpPool: expect.anything() });
    await close();
  });

  it("come from the flags", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tokenwire-"));
    try {
      await writeFile(join(folder, "a.md"), "# A\n");
      const flags = ["--tool", "browser,python", "--tool", "apply_patch", "--browser-site", folder];
      const mcp = ["--mcp", "docs=http://127.0.0.1:1/mcp", "--mcp", "local=program --list a,b"];
      const { tools, close } = await toolsFor(
        ...flags,
        "--patch-root",
        folder,
        ...mcp,
        "--mcp-in-chat",
        "--max-tool-calls",
        "3",
      );
      expect([tools.maxCalls, tools.mcpInChat]).toEqual([3, true]);
      expect(tools.mcp).toEqual([
        { label: "docs", url: "http://127.0.0.1:1/mcp" },
        { label: "local", command: "program", args: ["--list", "a,b"] },
      ]);
      expect(tools.browser!(getEncoding("o200k_base")).name).toBe("browser");
      expect(tools.python!({ key: "k", resumed: false }).name).toBe("python");
      expect(tools.functions!["apply_patch"]!().name).toBe("apply_patch");
      await close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("are refused by name", async () => {
    await expect(toolsFor("--tool", "shell")).rejects.toThrow(/unknown tool "shell"/);
    await expect(toolsFor("--tool", "apply_patch")).rejects.toThrow(/--patch-root/);
    await expect(toolsFor("--mcp-in-chat")).rejects.toThrow(/name the servers with --mcp/);
    await expect(toolsFor("--browser-site", ".")).rejects.toThrow(/--tool browser/);
    const browser = ["--tool", "browser", "--browser-backend"];
    await expect(toolsFor(...browser, "altavista")).rejects.toThrow(/Known: http, exa, youcom, searxng:URL/);
    await expect(toolsFor(...browser, "searxng:nope")).rejects.toThrow(/name the instance/);
    await expect(toolsFor(...browser, "cassette:/nowhere")).rejects.toThrow(/Cannot read the cassette/);
    await expect(toolsFor(...browser, "local:.", "--browser-render")).rejects.toThrow(/no pages of the web/);
    await expect(toolsFor("--tool", "python", "--python-backend", "ruby")).rejects.toThrow(
      /Known: wasi, docker/,
    );
  });
});
