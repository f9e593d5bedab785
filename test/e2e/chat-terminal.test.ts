// `tokenwire chat` in a real terminal, driven through tmux. The built command line is used.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../../packages/tokenwire/dist/cli/main.js", import.meta.url));
const hasTmux = spawnSync("tmux", ["-V"]).status === 0;

describe.skipIf(!hasTmux || !existsSync(main))("chat in a terminal", () => {
  let folder = "";
  const socket = `tokenwire-${process.pid}`;
  const tmux = (...args: string[]) => execFileSync("tmux", ["-L", socket, ...args], { encoding: "utf8" });
  const screen = () => tmux("capture-pane", "-p", "-S", "-200", "-t", "chat");
  const type = (text: string, ...keys: string[]) => {
    tmux("send-keys", "-t", "chat", "-l", text);
    if (keys.length > 0) tmux("send-keys", "-t", "chat", ...keys);
  };
  const shows = (text: string) => expect.poll(screen, { timeout: 30_000, interval: 100 }).toContain(text);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "chat-"));
    const command = `${process.execPath} ${main} chat --temperature 0 --start-date 2026-01-02 --save ${folder}/end.json`;
    const environment = ["-e", `XDG_STATE_HOME=${folder}`, "-e", "NO_COLOR="];
    tmux("new-session", "-d", "-s", "chat", "-x", "110", "-y", "50", ...environment, command);
  });
  afterAll(() => {
    spawnSync("tmux", ["-L", socket, "kill-server"]);
    rmSync(folder, { recursive: true, force: true });
  });

  it("greets, answers over several turns, takes commands, leaves", async () => {
    await shows("/help lists the commands");
    type("Hello, my name is Zora", "Enter");
    await shows("Hello Zora");
    await shows("tokens (");
    type("What is the capital\\", "Enter");
    type("of Japan?", "Enter");
    await shows("Tokyo");
    type("/tokens", "Enter");
    await shows("of 2048 tokens.");
    type("/nonsense", "Enter");
    await shows("Unknown command /nonsense");
    type("/undo", "Enter");
    await shows("Forgotten.");
    tmux("send-keys", "-t", "chat", "Up", "Up", "Up");
    await shows("User: /tokens");
    tmux("send-keys", "-t", "chat", "C-u");
    tmux("send-keys", "-t", "chat", "C-c");
    await shows("(Ctrl-C again to leave)");
    tmux("send-keys", "-t", "chat", "C-d");
    await expect.poll(() => existsSync(join(folder, "end.json")), { timeout: 20_000 }).toBe(true);
    const saved = JSON.parse(readFileSync(join(folder, "end.json"), "utf8"));
    expect(saved.messages.map((message: { role: string }) => message.role)).toEqual(["user", "assistant"]);
    const history = readFileSync(join(folder, "tokenwire/chat_history"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(history.slice(0, 2)).toEqual(["Hello, my name is Zora", "What is the capital\nof Japan?"]);
  });
});
