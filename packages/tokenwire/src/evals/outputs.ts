// The files of a run: those of the published evals, a summary, a page to read, and JUnit for build servers.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { htmlReport } from "./html-report.ts";
import { escapeHtml, metricsJson, referenceReport, sampleHtml } from "./reference-report.ts";
import type { EvalRun } from "./run.ts";
import type { SampleRecord } from "./types.ts";

export type OutputFormat = "html" | "json" | "junit" | "reference";

/** Writes the files and returns their paths. `stem` names the run, such as `gpqa_model-low_temp1`. */
export async function writeOutputs(
  run: EvalRun,
  options: { readonly out: string; readonly stem: string; readonly formats: readonly OutputFormat[] },
): Promise<string[]> {
  const { formats, out } = options;
  const stem = options.stem.replaceAll("/", "__");
  const { result, summary, records } = run;
  const files: [string, string][] = [];
  if (formats.includes("json")) {
    files.push([`${stem}.json`, `${metricsJson(result)}\n`]);
    files.push([
      "summary.json",
      `${JSON.stringify({ ...summary, milliseconds: run.milliseconds, unusable: run.unusable, interrupted: run.interrupted }, null, 2)}\n`,
    ]);
  }
  if (formats.includes("html"))
    files.push(["report.html", htmlReport({ title: stem, result, summary, records })]);
  if (formats.includes("reference")) {
    const htmls = records.map(sampleHtml);
    const convos = records.map(({ messages, answer }) => [
      ...messages,
      { role: "assistant", content: answer },
    ]);
    const metadata = { example_level_metadata: records.map((record) => record.metadata ?? null) };
    files.push([`${stem}.html`, referenceReport(result, htmls)]);
    files.push([
      `${stem}_allresults.json`,
      `${JSON.stringify({ ...result, htmls, convos, metadata }, null, 2)}\n`,
    ]);
  }
  if (formats.includes("junit")) files.push(["junit.xml", junit(stem, records)]);
  await Promise.all(files.map(([name, text]) => writeFile(join(out, name), text)));
  return files.map(([name]) => join(out, name));
}

function junit(name: string, records: readonly SampleRecord[]): string {
  const cases = records.map((record) => {
    const title = escapeHtml(`${record.exampleId} repeat ${record.repeat + 1}`);
    const seconds = (record.milliseconds / 1000).toFixed(3);
    const fault =
      record.error !== undefined
        ? `<error message="${escapeHtml(record.error)}"/>`
        : (record.score ?? 0) < 0.5
          ? `<failure message="${escapeHtml(`score ${record.score}`)}"/>`
          : "";
    return `  <testcase classname="${escapeHtml(name)}" name="${title}" time="${seconds}">${fault}</testcase>`;
  });
  const failures = records.filter((record) => record.error === undefined && (record.score ?? 0) < 0.5).length;
  const errors = records.filter((record) => record.error !== undefined).length;
  // Control characters have no place in XML 1.0, not even escaped.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is removed
  const text = cases.join("\n").replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, "");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="${escapeHtml(name)}" tests="${records.length}" failures="${failures}" errors="${errors}">\n${text}\n</testsuite>\n`;
}
