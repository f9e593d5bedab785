// The published evals' HTML page and JSON files, byte for byte, so that results can be laid side by side.

import { dumps, JsonFloat, type JsonValue } from "@tokenwire/core/json";
import type { EvalMessage, EvalResult, SampleRecord } from "./types.ts";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

/** A number as Python prints a float: `3.0`, `1e-07`. */
export function pythonFloat(value: number): string {
  return dumps(Number.isInteger(value) ? new JsonFloat(value) : value);
}

/** Class names come from this set only. */
const roles = new Set(["system", "developer", "user", "assistant", "tool"]);

function messageBlock({ role, content }: EvalMessage): string {
  return `
<div class="message ${roles.has(role) ? role : "user"}">
    <div class="role">
    ${escapeHtml(role)}
    
    </div>
    <div class="content">
    <pre>${escapeHtml(content)}</pre>
    </div>
</div>
`;
}

/** One sample's part of the page. */
export function sampleHtml(record: Omit<SampleRecord, "item">): string {
  const { messages, answer, correctAnswer, extractedAnswer, score, explanation } = record;
  const prompt = messages.map((message) => `\n${messageBlock(message)}`).join("");
  const correct = correctAnswer === undefined ? "" : `\n<p>Correct Answer: ${escapeHtml(correctAnswer)}</p>`;
  const extracted = escapeHtml(extractedAnswer ?? "None");
  const rubrics =
    explanation === undefined
      ? ""
      : `\n<p>Rubrics with grades: ${escapeHtml(explanation).replaceAll("\n", "<br>")}</p>`;
  const shown = score === null ? "None" : pythonFloat(score);
  return `
<h3>Prompt conversation</h3>
${prompt}
<h3>Sampled message</h3>
${messageBlock({ role: "assistant", content: answer })}<h3>Results</h3>${correct}
<p>Extracted Answer: ${extracted}</p>
<p>Score: ${shown}</p>${rubrics}`;
}

const style = `            .message {
                padding: 8px 16px;
                margin-bottom: 8px;
                border-radius: 4px;
            }
            .message.user {
                background-color: #B2DFDB;
                color: #00695C;
            }
            .message.assistant {
                background-color: #B39DDB;
                color: #4527A0;
            }
            .message.system {
                background-color: #EEEEEE;
                color: #212121;
            }
            .role {
                font-weight: bold;
                margin-bottom: 4px;
            }
            .variant {
                color: #795548;
            }
            table, th, td {
                border: 1px solid black;
            }
            pre {
                white-space: pre-wrap;
            }`;

/** The whole page from a result and the samples' parts. */
export function referenceReport(result: EvalResult, htmls: readonly string[]): string {
  const score = pythonFloat(Number((result.score ?? 0).toFixed(3)));
  const metricRows = Object.entries(result.metrics)
    .map(
      ([name, value]) => `
    <tr>
        <td>${escapeHtml(name)}</td>
        <td>${pythonFloat(value)}</td>
    </tr>
    `,
    )
    .join("");
  const examples = htmls.map((html) => `\n    ${html}\n    <hr>\n    `).join("");
  return `<!DOCTYPE html>
<html>
    <head>
        <meta charset="utf-8">
        <style>
${style}
        </style>
    </head>
    <body>
    
    <h1>Metrics</h1>
    <table>
    <tr>
        <th>Metric</th>
        <th>Value</th>
    </tr>
    <tr>
        <td><b>Score</b></td>
        <td>${score}</td>
    </tr>
    ${metricRows}
    </table>
    
    <h1>Examples</h1>
    ${examples}
    </body>
</html>`;
}

/** The metrics file: keys sorted, two spaces. */
export function metricsJson({ score, metrics }: EvalResult): string {
  const toJson = (value: number): JsonValue => (Number.isInteger(value) ? new JsonFloat(value) : value);
  const entries = Object.entries(metrics).map(([name, value]): [string, JsonValue] => [name, toJson(value)]);
  const object = new Map<string, JsonValue>([...entries, ["score", score === null ? null : toJson(score)]]);
  return dumps(object, { indent: 2, sortKeys: true });
}
