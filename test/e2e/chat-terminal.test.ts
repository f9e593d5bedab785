// `tokenwire chat` in a real terminal, driven through tmux. The built command line is used.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
    type("/raw on", "Enter");
    type("What is 2 plus 3?", "Enter");
    await shows("<|start|>user<|message|>What is 2 plus 3?<|end|>");
    await shows("2 + 3 = 5<|return|>");
    tmux("send-keys", "-t", "chat", "C-c");
    await shows("(Ctrl-C again to leave)");
    tmux("send-keys", "-t", "chat", "C-d");
    await expect.poll(() => existsSync(join(folder, "end.json")), { timeout: 20_000 }).toBe(true);
    const saved = JSON.parse(readFileSync(join(folder, "end.json"), "utf8"));
    expect(saved.messages.map((message: { role: string }) => message.role)).toEqual([
      "user",
      "assistant",
      "user",
      "assistant",
    ]);
    const history = readFileSync(join(folder, "tokenwire/chat_history"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(history.slice(0, 2)).toEqual(["Hello, my name is Zora", "What is the capital\nof Japan?"]);
  });
});

describe.skipIf(!hasTmux || !existsSync(main))("a chat with tools in a terminal", () => {
  let folder = "";
  const socket = `tokenwire-tools-${process.pid}`;
  const tmux = (...args: string[]) => execFileSync("tmux", ["-L", socket, ...args], { encoding: "utf8" });
  const screen = () => tmux("capture-pane", "-p", "-S", "-500", "-t", "chat");
  const type = (text: string, ...keys: string[]) => {
    tmux("send-keys", "-t", "chat", "-l", text);
    if (keys.length > 0) tmux("send-keys", "-t", "chat", ...keys);
  };
  const shows = (text: string) => expect.poll(screen, { timeout: 30_000, interval: 100 }).toContain(text);
  const answer = (text: string) => `<|channel|>final<|message|>${text}<|return|>`;
  const calls = (to: string, text: string) => `<|channel|>commentary to=${to}<|message|>${text}<|call|>`;
  const patch = (content: string) =>
    JSON.stringify(`*** Begin Patch\n*** Add File: ${content}.txt\n+${content}\n*** End Patch`);

  const turns = [
    { emit: calls("functions.apply_patch", patch("refused")) },
    { emit: answer("As you wish.") },
    { emit: calls("functions.apply_patch", patch("written")) },
    { emit: answer("**Done**, as ordered.") },
    { emit: calls("python", "x = 20 + 1\nx * 2") },
    { emit: calls("python", "x") },
    { emit: answer("It is 21.") },
    { emit: calls("browser.search", '{"query":"zebra"}') },
    { emit: calls("browser.open", '{"id":0}') },
    { emit: answer("Zebras have stripes【1†L3】 indeed.") },
    { emit: calls("functions.get_weather", '{"city":"Oslo"}') },
    { emit: answer("It snows in Oslo.") },
    { emit: calls("container.exec", "{}") },
    { emit: answer("I have no container.") },
    { emit: calls("python", "while True: pass") },
    { emit: calls("functions.apply_patch", patch("asked")) },
    { emit: answer("one two three four five six seven eight"), tokenMs: 400 },
    { emit: answer("Pasted well.") },
    { emit: answer("Block well.") },
  ];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "chat-tools-"));
    mkdirSync(join(folder, "work"));
    mkdirSync(join(folder, "site"));
    writeFileSync(join(folder, "site/zebra.html"), "<title>Zebra</title><p>The zebra has stripes.");
    writeFileSync(join(folder, "script.json"), JSON.stringify({ turns }));
    const tool = { type: "function", function: { name: "get_weather", parameters: { type: "object" } } };
    writeFileSync(join(folder, "tools.json"), JSON.stringify([tool]));
    writeFileSync(join(folder, "answers.mjs"), 'export const get_weather = ({ city }) => "snow in " + city;');
    const command = [
      `${process.execPath} ${main} chat scripted:${folder}/script.json`,
      `--apply-patch --workspace ${folder}/work --python --browser --browser-backend local:${folder}/site`,
      `--tools ${folder}/tools.json --functions ${folder}/answers.mjs --save ${folder}/end.json`,
    ].join(" ");
    const environment = ["-e", `XDG_STATE_HOME=${folder}`, "-e", "NO_COLOR="];
    tmux("new-session", "-d", "-s", "chat", "-x", "120", "-y", "60", ...environment, command);
  });
  afterAll(() => {
    spawnSync("tmux", ["-L", socket, "kill-server"]);
    rmSync(folder, { recursive: true, force: true });
  });

  it("asks before a patch, showing what it changes", async () => {
    await shows("Apply Patch Function: Enabled");
    await shows("Developer Message:");
    type("Write it", "Enter");
    await shows("+++ refused.txt");
    await shows("Allow? [y/N]");
    type("n", "Enter");
    await shows("As you wish.");
    expect(existsSync(join(folder, "work/refused.txt"))).toBe(false);
    type("Do it", "Enter");
    await shows("+++ written.txt");
    type("y", "Enter");
    await shows("**Done**, as ordered.");
    await shows("from tools");
    expect(readFileSync(join(folder, "work/written.txt"), "utf8")).toBe("written\n");
  });

  it("keeps Python's variables, links what was cited, answers functions, and says what does not exist", async () => {
    type("Compute", "Enter");
    await shows("Python output:");
    await shows("It is 21.");
    expect(screen()).toContain("42");
    type("Zebras?", "Enter");
    await shows("[Search results fed to the model]");
    await shows("stripes ([site](file-site://site/zebra.html)) indeed.");
    type("Weather?", "Enter");
    await shows("snow in Oslo");
    await shows("It snows in Oslo.");
    type("Container?", "Enter");
    await shows("Unknown tool: container.exec");
    await shows("I have no container.");
  });

  it("stops a tool and an answer at Ctrl-C, and goes on", async () => {
    type("Loop", "Enter");
    await shows("while True: pass");
    tmux("send-keys", "-t", "chat", "C-c");
    const interrupted = (times: number) =>
      expect.poll(() => screen().split("(interrupted)").length - 1, { timeout: 20_000 }).toBe(times);
    await interrupted(1);
    type("Ask me", "Enter");
    await shows("+++ asked.txt");
    await expect.poll(() => screen().trimEnd().endsWith("Allow? [y/N]"), { timeout: 20_000 }).toBe(true);
    tmux("send-keys", "-t", "chat", "C-c");
    await interrupted(2);
    expect(existsSync(join(folder, "work/asked.txt"))).toBe(false);
    type("Count", "Enter");
    await shows("one two");
    tmux("send-keys", "-t", "chat", "C-c");
    await interrupted(3);
    expect(screen()).not.toContain("seven");
  });

  it("takes pasted lines and blocks as one message, and saves everything", async () => {
    tmux("set-buffer", "-b", "lines", "first line\nsecond line\n");
    tmux("paste-buffer", "-p", "-b", "lines", "-t", "chat");
    await shows("[pasted 1: 3 lines]");
    tmux("send-keys", "-t", "chat", "Enter");
    await shows("Pasted well.");
    type("/multiline", "Enter");
    await shows('End with """.');
    type("a", "Enter");
    type('b"""', "Enter");
    await shows("Block well.");
    type("/system A pirate", "Enter");
    await shows("Identity: A pirate");
    type("/copy", "Enter");
    await shows("11 characters sent");
    tmux("send-keys", "-t", "chat", "C-d");
    await expect.poll(() => existsSync(join(folder, "end.json")), { timeout: 20_000 }).toBe(true);
    const saved = JSON.parse(readFileSync(join(folder, "end.json"), "utf8"));
    const texts = saved.messages.map((message: { content: string }) => message.content);
    expect(texts).toContain("first line\nsecond line\n");
    expect(texts).toContain("a\nb");
    expect(texts.some((text: string | null) => /\(interrupted\)$/.test(text ?? ""))).toBe(true);
    expect(saved.turns.length).toBeGreaterThan(10);
    expect(saved.browser.stack).toHaveLength(2);
    const replayed = execFileSync(process.execPath, [main, "chat", "--replay", join(folder, "end.json")], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    expect(replayed).toContain("stripes ([site](file-site://site/zebra.html)) indeed.");
    expect(replayed).toContain("Pasted well.");
  });
});
