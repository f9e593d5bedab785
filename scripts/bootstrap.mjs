// What `npm start` and `npm test` run: installs and builds when something changed, then starts the real thing.
// It must run on a machine that has nothing but Node and npm, so it imports only what Node ships.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { endWithParent } from "./end-with-parent.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const packages = ["packages/core", "packages/encodings", "packages/tokenwire"];
const minimumNode = [20, 19];

/** Ends with one readable line: a stack trace would only hide what to do. */
function fail(message) {
  process.stderr.write(`tokenwire: ${message}\n`);
  process.exit(1);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < minimumNode[0] || (major === minimumNode[0] && minor < minimumNode[1])) {
    fail(`Node ${process.versions.node} is too old; install Node ${minimumNode.join(".")} or newer.`);
  }
}

/** Runs a command quietly and shows its output only when it fails. */
function step(label, command, args, options = {}) {
  const started = Date.now();
  process.stderr.write(`${label} …`);
  const result = spawnSync(command, args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 28, ...options });
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  process.stderr.write(` ${result.status === 0 ? "done" : "failed"} in ${seconds} s\n`);
  if (result.status !== 0) {
    process.stderr.write(
      `${result.stdout ?? ""}${result.stderr ?? ""}${result.error ? `${result.error.message}\n` : ""}`,
    );
    fail(`"${[command, ...args].join(" ")}" failed; the output above says why.`);
  }
}

/** Installs when the lockfile is not the one that node_modules was made from. */
function install() {
  const stamp = join(root, "node_modules", ".tokenwire-install");
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  // On Windows npm is a script that only a shell finds.
  step("Installing dependencies (first use or changed lockfile)", "npm", ["ci", "--no-audit", "--no-fund"], {
    shell: process.platform === "win32",
  });
  writeFileSync(stamp, wanted);
}

/** Newest modification time below a folder, in milliseconds. */
function newest(path) {
  const info = statSync(path);
  if (!info.isDirectory()) return info.mtimeMs;
  return Math.max(info.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** Builds when a source is newer than the last good build. */
function build() {
  const stamp = join(root, "packages/tokenwire/dist/.built");
  const sources = [
    "tsconfig.base.json",
    "package-lock.json",
    "scripts/bundle.mjs",
    ...packages.map((name) => `${name}/src`),
  ];
  const configs = packages.flatMap((name) => [`${name}/tsconfig.json`, `${name}/package.json`]);
  const changed = Math.max(...[...sources, ...configs].map((path) => newest(join(root, path))));
  if (existsSync(stamp) && statSync(stamp).mtimeMs > changed) return;
  step("Bundling", process.execPath, [join(root, "scripts/bundle.mjs")]);
  step("Building", process.execPath, [
    join(root, "node_modules/typescript/bin/tsc"),
    "-b",
    "--force",
    ...packages,
  ]);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, "");
}

const [task, ...args] = process.argv.slice(2);
checkNode();
install();
if (task !== "install") build();
if (task === "start") {
  const main = join(root, "packages/tokenwire/dist/cli/main.js");
  process.argv = [process.execPath, main, "serve", ...args];
  endWithParent();
  await import(pathToFileURL(main).href);
} else if (task === "test") {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const result = spawnSync(process.execPath, [vitest, "run", ...args], { cwd: root, stdio: "inherit" });
  process.exit(result.status ?? 1);
} else if (task !== "install" && task !== "build") {
  fail(`unknown task "${task}"; known tasks: start, test, build, install.`);
}
