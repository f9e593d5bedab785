// Random programs with random data, against Python's Jinja2 where it is installed. TOKENWIRE_FUZZ sets the number.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { parseJson } from "../../src/json/index.ts";
import { compileTemplate, TemplateError } from "../../src/template/index.ts";
import { mutateContext } from "./mutate-context.ts";
import { Random } from "./random.ts";
import { randomContext, TemplateWriter } from "./random-template.ts";

const hasJinja = spawnSync("python3", ["-c", "import jinja2"]).status === 0;
const rounds = Number(process.env["TOKENWIRE_FUZZ"] ?? 400);
const seed = Number(process.env["TOKENWIRE_FUZZ_SEED"] ?? 1);
const now = new Date(2025, 6, 10, 12, 0, 0);
const acceptance = resolve(import.meta.dirname, "../../../../../shared/acceptance/templates");

interface Case {
  readonly t: string;
  readonly c: string;
}
interface Answer {
  readonly o?: string;
  readonly e?: string;
  readonly late?: boolean;
}

async function askPython(cases: readonly Case[]): Promise<Answer[]> {
  const python = spawn("python3", [join(import.meta.dirname, "jinja-reference.py")]);
  const answers: Answer[] = [];
  const lines = createInterface({ input: python.stdout });
  const finished = new Promise<void>((done) => lines.on("close", done));
  lines.on("line", (line) => answers.push(JSON.parse(line) as Answer));
  for (const item of cases) {
    if (!python.stdin.write(`${JSON.stringify(item)}\n`))
      await new Promise((go) => python.stdin.once("drain", go));
  }
  python.stdin.end();
  await finished;
  return answers;
}

function answer({ t, c }: Case): Answer {
  try {
    return { o: compileTemplate(t).render(parseJson(c) as Map<string, unknown>, { now }) };
  } catch (error) {
    if (error instanceof TemplateError)
      return { e: `${error.kind}: ${error.reason}`, late: error.kind === "limit" };
    throw error;
  }
}

/** Python prints addresses, and recurses less deep. */
const unstable =
  / at 0x[0-9a-f]+|<generator object|<built-in|<bound method|<function|<list_reverseiterator|<reversed|maximum recursion|4300 digits|Exceeds the limit|coroutine/i;

function isSame(python: Answer, ours: Answer): boolean {
  if (
    python.late ||
    ours.late ||
    unstable.test(python.o ?? python.e ?? "") ||
    unstable.test(ours.o ?? ours.e ?? "")
  )
    return true;
  if (python.o !== undefined) return python.o === ours.o;
  return ours.e !== undefined && ours.e.split(":")[0] === python.e?.split(":")[0];
}

async function compare(cases: readonly Case[]): Promise<void> {
  const answers = await askPython(cases);
  expect(answers).toHaveLength(cases.length);
  const differences = cases.flatMap((item, at) => {
    const ours = answer(item);
    return isSame(answers[at]!, ours) ? [] : [{ ...item, python: answers[at], ours }];
  });
  expect(differences.slice(0, 25)).toEqual([]);
}

describe.skipIf(!hasJinja)("against Python's Jinja2", () => {
  it(`renders ${rounds} random programs alike`, { timeout: 3_600_000 }, async () => {
    const random = new Random(seed);
    const writer = new TemplateWriter(random);
    const cases = Array.from({ length: rounds }, () => ({
      t: writer.body(3, false),
      c: randomContext(random),
    }));
    await compare(cases);
  });

  it.skipIf(!existsSync(acceptance))(
    "renders model templates with random conversations alike",
    { timeout: 3_600_000 },
    async () => {
      const random = new Random(seed + 1);
      const templates = readdirSync(join(acceptance, "templates")).map((file) =>
        readFileSync(join(acceptance, "templates", file), "utf8"),
      );
      const contexts = readdirSync(join(acceptance, "contexts")).map((file) =>
        readFileSync(join(acceptance, "contexts", file), "utf8"),
      );
      const cases = Array.from({ length: rounds }, () => ({
        t: random.pick(templates),
        c: mutateContext(random, random.pick(contexts)),
      }));
      await compare(cases);
    },
  );
});
