// Chat templates against @huggingface/jinja and CPython's Jinja2:
//   node scripts/run-typescript.mjs bench/template/run.ts <folder or .jinja files…>
// Times are CPU microseconds, best of several interleaved rounds; a peer that is not installed is left out, and so is
// a render that a peer refuses.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fromPlain } from "@tokenwire/core/json";
import { compileTemplate, renderChat, type Template, TemplateError } from "@tokenwire/core/template";
import { conversations } from "./conversations.ts";

interface Peer {
  readonly Template: new (source: string) => { render(context: unknown): string };
}

async function loadPeer(): Promise<Peer | undefined> {
  try {
    return (await import("@huggingface/jinja" as string)) as Peer;
  } catch {
    return undefined;
  }
}

function templateFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) =>
    statSync(path).isDirectory()
      ? readdirSync(path)
          .filter((name) => name.endsWith(".jinja"))
          .map((name) => join(path, name))
      : [path],
  );
}

/** Best CPU microseconds per call over batches of about a millisecond. */
function microseconds(run: () => unknown): number {
  const once = (count: number): number => {
    const before = process.cpuUsage();
    for (let at = 0; at < count; at++) run();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  for (let at = 0; at < 50; at++) run();
  let count = 1;
  while (once(count) < 2000) count *= 2;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 9; round++) best = Math.min(best, once(count) / count);
  return best;
}

/** The time, or undefined when it throws. */
function attempt(run: () => unknown): number | undefined {
  try {
    run();
  } catch {
    return undefined;
  }
  return microseconds(run);
}

type Cells = Record<"compile" | "short" | "long", number | undefined>;

function measureOurs(source: string): Cells {
  const template = compileTemplate(source);
  const render = (name: "short" | "long"): number | undefined => {
    const context = fromPlain(conversations[name]) as Map<string, unknown>;
    return attempt(() => template.render(context));
  };
  return {
    compile: microseconds(() => compileTemplate(source)),
    short: render("short"),
    long: render("long"),
  };
}

function measurePeer({ Template: PeerTemplate }: Peer, source: string): Cells {
  const template = new PeerTemplate(source);
  const render = (name: "short" | "long"): number | undefined =>
    attempt(() => template.render({ ...conversations[name] }));
  return {
    compile: microseconds(() => new PeerTemplate(source)),
    short: render("short"),
    long: render("long"),
  };
}

/** Milliseconds until the step limit stops a loop of three million iterations. */
function runawayMilliseconds(): number {
  const loop = "{% for a in range(30) %}{% for b in range(100000) %}{% endfor %}{% endfor %}";
  const template: Template = compileTemplate(loop);
  const before = performance.now();
  try {
    template.render({});
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
  }
  return performance.now() - before;
}

const paths = process.argv.slice(2);
if (paths.length === 0) {
  console.error("Give template files or folders.");
  process.exit(2);
}
const files = templateFiles(paths);
const sources = files.map((file) => readFileSync(file, "utf8"));
const peer = await loadPeer();
const python = spawnSync("python3", [join(dirname(fileURLToPath(import.meta.url)), "jinja2-peer.py")], {
  input: JSON.stringify({ templates: sources, conversations }),
  encoding: "utf8",
  maxBuffer: 1 << 26,
});
const cpython =
  python.status === 0 ? (JSON.parse(python.stdout) as { version: string; rows: Cells[] }) : undefined;

console.log(
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`,
);
console.log(`peers: ${peer ? "@huggingface/jinja" : "-"}, ${cpython?.version ?? "no Jinja2"}`);
console.log(
  "CPU µs: compile / short / long, and how many times faster than @huggingface/jinja and CPython\n",
);
const ratios: Record<string, number[]> = { jinja: [], cpython: [] };
const show = (value: number | undefined | null): string => (value ? value.toFixed(0) : "-").padStart(7);
for (const [at, source] of sources.entries()) {
  const ours = measureOurs(source);
  const theirs = peer && measurePeer(peer, source);
  const reference = cpython?.rows[at];
  const factors = (other: Cells | undefined, name: string): string =>
    (["short", "long"] as const)
      .map((cell) => {
        const [own, their] = [ours[cell], other?.[cell]];
        if (!own || !their) return "     -";
        ratios[name]!.push(their / own);
        return `${(their / own).toFixed(1)}×`.padStart(6);
      })
      .join(" ");
  const cells = [ours.compile, ours.short, ours.long].map(show).join("");
  console.log(
    `${basename(files[at]!).slice(0, 44).padEnd(44)}${cells}   ${factors(theirs, "jinja")}   ${factors(reference, "cpython")}`,
  );
}
for (const [name, values] of Object.entries(ratios)) {
  if (values.length === 0) continue;
  const sorted = values.sort((a, b) => a - b);
  const mean = Math.exp(sorted.reduce((sum, value) => sum + Math.log(value), 0) / sorted.length);
  console.log(
    `\n${name}: geometric mean ${mean.toFixed(2)}×, lowest ${sorted[0]!.toFixed(2)}×, of ${sorted.length} renders`,
  );
}
const first = sources[0]!;
const input = { messages: [{ role: "user", content: "Hi" }], addGenerationPrompt: true };
console.log(`\nthree million iterations stopped after ${runawayMilliseconds().toFixed(0)} ms`);
try {
  console.log(
    `renderChat of one message with ${basename(files[0]!)}: ${microseconds(() => renderChat(first, input)).toFixed(1)} µs`,
  );
} catch (error) {
  if (!(error instanceof TemplateError)) throw error;
}
