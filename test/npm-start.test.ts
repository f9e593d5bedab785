// `npm start` ended by a signal to npm: the shell in between dies of it and passes nothing on, and the server must
// still end, in its own time and with 0.

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const module = new URL("../scripts/end-with-parent.mjs", import.meta.url).href;

/** What a server does with the signal: says so, needs a moment, and ends well. */
const program = `
const { endWithParent } = await import(${JSON.stringify(module)});
endWithParent();
const alive = setInterval(() => undefined, 1000);
let signals = 0;
process.on("SIGTERM", () => {
  signals++;
  setTimeout(() => { console.log("ended after " + signals); clearInterval(alive); }, 600);
});
console.log("started");
`;

function output(child: ChildProcess, wanted: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout!.on("data", (chunk) => {
      text += chunk;
      if (text.includes(wanted)) resolve(text);
    });
    child.stdout!.once("end", () => reject(new Error(`ended without ${wanted}: ${text}`)));
  });
}

describe.skipIf(process.platform === "win32")("a script that npm started", () => {
  it("gets one SIGTERM when the shell that started it is gone", async () => {
    const env = { ...process.env, npm_lifecycle_event: "start", PROGRAM: program };
    // A command after the first keeps every shell from becoming the first one itself.
    const command = `"${process.execPath}" --input-type=module -e "$PROGRAM"; exit 9`;
    const shell = spawn("sh", ["-c", command], {
      cwd: fileURLToPath(new URL("..", import.meta.url)),
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    await output(shell, "started");
    const ended = output(shell, "ended after");
    shell.kill("SIGTERM");
    expect(await ended).toContain("ended after 1");
  });
});
