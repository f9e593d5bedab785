// Writes the reference pages that are made from code. With --check it only compares, and fails on a difference.
// It reads the built packages, so it runs after a build (npm run generate does both).

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const load = (path) => import(pathToFileURL(join(root, "packages", path)).href);
const banner = (source) =>
  `<!-- Made by scripts/generate-docs.mjs from ${source}. Edit that, then run: npm run generate -->\n\n`;
const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

async function errorsPage() {
  const { errorTable } = await load("core/dist/index.js");
  const rows = Object.entries(errorTable).map(
    ([code, { when, remedy }]) => `| \`${code}\` | ${cell(when)} | ${cell(remedy)} |`,
  );
  return `${banner("packages/core/src/errors.ts")}# Error codes

Every error that tokenwire raises on purpose is a \`TokenwireError\` with one of these codes in \`error.code\`. The
message names the value at fault, what is accepted and what to do. \`isTokenwireError(e)\` also holds for errors from
another copy of the package. Errors on the wire have OpenAI's shape instead: see [http-api.md](http-api.md).

| code | when | what to do |
|---|---|---|
${rows.join("\n")}
`;
}

/** One section per command: its own help text, so the page cannot disagree with the program. */
function commandSections(command, path) {
  const name = [...path, command.name()].join(" ");
  const help = command
    .helpInformation()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
    .trimEnd();
  const section = `## ${name}\n\n\`\`\`text\n${help}\n\`\`\`\n`;
  const children = command.commands.filter((child) => child.name() !== "help");
  return [section, ...children.flatMap((child) => commandSections(child, [...path, command.name()]))];
}

async function cliPage() {
  const { createProgram } = await load("tokenwire/dist/cli/main.js");
  const program = createProgram();
  return `${banner("the command tree in packages/tokenwire/src/cli")}# Command line

Exit codes: 0 success, 1 failure, 2 wrong usage. Data goes to standard output, messages to standard error. \`NO_COLOR\`
is honoured. Options come from flags, then \`TOKENWIRE_*\` variables, then the configuration file, then defaults.

${commandSections(program, []).join("\n")}`;
}

/** Every setting of the server under its three names. */
async function configPage() {
  const { createProgram } = await load("tokenwire/dist/cli/main.js");
  const serve = createProgram().commands.find((command) => command.name() === "serve");
  const code = (text) => (text === undefined ? "" : `\`${cell(String(text))}\``);
  const rows = serve.options
    .filter((option) => option.envVar !== undefined)
    .map((option) => {
      const value = option.defaultValueDescription ?? option.defaultValue;
      const names = [option.attributeName(), option.long, option.envVar].map(code);
      return `| ${[...names, code(value), cell(option.description)].join(" | ")} |`;
    });
  return `${banner("the options of tokenwire serve")}# Configuration of the server

Settings come from flags, then variables, then the configuration file, then defaults; \`tokenwire serve --print-config\`
shows each value and where it came from. The file is \`tokenwire.config.json\`, \`.js\`, \`.mjs\` or (from Node 22.18 on)
\`.ts\` in the working folder, or the one given by \`--config\`. It holds an object, or exports one as its default:

\`\`\`json
{ "engine": "http://127.0.0.1:8001", "port": 9000, "serve": { "maxRunning": 8, "keepAlive": "10s" } }
\`\`\`

A section named like a command is for that command only and wins over the top level. Values are written as on the command
line: \`"30s"\`, \`"32MiB"\`; repeatable options also take a list. Unknown names and wrong values are refused. Options
without a value are \`true\` or \`false\`, in variables too. The engine is \`engine\` or \`TOKENWIRE_ENGINE\`.

| setting | flag | variable | default | what it does |
|---|---|---|---|---|
${rows.join("\n")}
`;
}

const pages = { "errors.md": errorsPage, "cli.md": cliPage, "config.md": configPage };
// The width of help follows the terminal; the page's must not.
Object.defineProperty(process.stdout, "isTTY", { value: false });

const check = process.argv.includes("--check");
let stale = 0;
for (const [name, render] of Object.entries(pages)) {
  const path = join(root, "docs/3-reference", name);
  const text = await render();
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  if (check) {
    stale += 1;
    console.error(`docs/3-reference/${name} is stale; run: npm run generate`);
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(`wrote docs/3-reference/${name}`);
  }
}
process.exit(stale > 0 ? 1 : 0);
