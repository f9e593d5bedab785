// Running an eval: a bounded number of samples at once, each written as it finishes, so that a run can be broken off
// and resumed without losing or repeating anything.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { TokenwireError } from "@tokenwire/core";
import {
  aggregateClipped,
  aggregateMeans,
  type RunSummary,
  summarize,
  type TokenPrices,
} from "./aggregate.ts";
import { type DatasetOptions, loadDataset } from "./dataset.ts";
import { SamplerRefused } from "./samplers.ts";
import { readSamples, samplesFile } from "./saved-run.ts";
import type { EvalDefinition, EvalItem, EvalResult, PlanOptions, SampleRecord, Sampler } from "./types.ts";

export interface RunEvalOptions extends PlanOptions, DatasetOptions {
  readonly eval: EvalDefinition;
  readonly sampler: Sampler;
  /** Folder for `samples.jsonl`. */
  readonly out: string;
  /** What the samples depend on besides the data: model, sampling, sampler. A resumed run must have the same. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** Samples in flight. Default 32. */
  readonly concurrency?: number;
  /** Continue the run in `out`: finished samples are kept, failed ones repeated. */
  readonly resume?: boolean;
  /** Start no further samples when it fires; those in flight are finished. `signal` ends them too. */
  readonly stop?: AbortSignal;
  /** Price of a million tokens, for the summary. */
  readonly prices?: TokenPrices;
  readonly onProgress?: (progress: EvalProgress) => void;
}

export interface EvalProgress {
  readonly done: number;
  readonly total: number;
  readonly errors: number;
  readonly meanScore: number | null;
}

export interface EvalRun {
  readonly result: EvalResult;
  readonly summary: RunSummary;
  /** In the order of the items, not of completion. */
  readonly records: readonly SampleRecord[];
  readonly unusable: readonly string[];
  /** The run was aborted before every sample was done. */
  readonly interrupted: boolean;
  /** Milliseconds from start to end, without an earlier part of a resumed run. */
  readonly milliseconds: number;
}

/**
 * Runs an eval. Resolves with what is done when it is aborted; throws for wrong data, a refused key or model, or a
 * configuration other than the one being resumed.
 */
export async function runEval(options: RunEvalOptions): Promise<EvalRun> {
  const { eval: definition, out, sampler, resume = false } = options;
  const started = performance.now();
  const dataset = await loadDataset(definition.sources, options);
  const plan = definition.plan(dataset.texts, options);
  const hash = configurationHash(options, dataset.hashes, plan.items);
  await mkdir(out, { recursive: true });
  const path = join(out, samplesFile);
  const finished =
    resume && existsSync(path) ? await finishedSamples(path, hash) : new Map<number, SampleRecord>();
  if (!resume && existsSync(path))
    throw new TokenwireError(
      "INVALID_ARGUMENT",
      `${path} exists already. Resume it, or choose another folder.`,
    );
  const log = await SampleLog.open(path, hash, finished.size > 0 || (resume && existsSync(path)));
  const records = new Map([...finished].filter(([, record]) => record.error === undefined));
  const waiting = plan.items.map((_, index) => index).filter((index) => !records.has(index));
  let stop: unknown;
  const report = (): void => options.onProgress?.(progressOf(records, plan.items.length));
  const worker = async (): Promise<void> => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      if (options.signal?.aborted || options.stop?.aborted || stop !== undefined) return;
      const record = await sample(plan.items[index]!, index, sampler, options.signal).catch(
        (error: unknown) => {
          stop ??= error;
        },
      );
      if (record === undefined) return;
      records.set(index, record);
      await log.append(record);
      report();
    }
  };
  try {
    report();
    await Promise.all(Array.from({ length: options.concurrency ?? 32 }, worker));
  } finally {
    await log.close();
  }
  if (stop !== undefined && !options.signal?.aborted) throw stop;
  const ordered = [...records.values()].sort((a, b) => a.item - b.item);
  const aggregate = definition.aggregate === "clipped-mean" ? aggregateClipped : aggregateMeans;
  return {
    result: aggregate(ordered.filter((record) => record.error === undefined)),
    summary: summarize(ordered, options.prices),
    records: ordered,
    unusable: plan.unusable,
    interrupted: records.size < plan.items.length,
    milliseconds: Math.round(performance.now() - started),
  };
}

function progressOf(records: ReadonlyMap<number, SampleRecord>, total: number): EvalProgress {
  const all = [...records.values()];
  const scores = all.flatMap((record) => (record.score === null ? [] : [record.score]));
  return {
    done: all.length,
    total,
    errors: all.filter((record) => record.error !== undefined).length,
    meanScore: scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length,
  };
}

/** Samples and grades one item. What fails for this item alone is a record; what stops the run is thrown. */
async function sample(
  item: EvalItem,
  index: number,
  sampler: Sampler,
  signal: AbortSignal | undefined,
): Promise<SampleRecord> {
  const started = performance.now();
  const base = { item: index, exampleId: item.exampleId, repeat: item.repeat, messages: item.messages };
  const elapsed = (): number => Math.round(performance.now() - started);
  try {
    const answer = await sampler(item.messages, signal);
    const grade = await item.grade(answer, signal);
    const score = answer.badRequest ? 0 : grade.score;
    const { usage, retries, text, tools } = answer;
    const record = { ...base, answer: text, ...grade, score, usage, retries, milliseconds: elapsed() };
    return tools === undefined ? record : { ...record, tools };
  } catch (error) {
    if (signal?.aborted || error instanceof SamplerRefused) throw error;
    const message = error instanceof Error ? error.message : String(error);
    return {
      ...base,
      answer: "",
      score: null,
      metrics: {},
      usage: {},
      retries: 0,
      milliseconds: elapsed(),
      error: message,
    };
  }
}

function configurationHash(
  options: RunEvalOptions,
  hashes: readonly string[],
  items: readonly EvalItem[],
): string {
  const { eval: definition, configuration = {}, examples, repeats, seed, debug } = options;
  const prompts = createHash("sha256");
  for (const { exampleId, repeat, messages } of items)
    prompts.update(JSON.stringify([exampleId, repeat, messages]));
  const everything = [
    definition.name,
    hashes,
    configuration,
    examples,
    repeats,
    seed,
    debug,
    prompts.digest("hex"),
  ];
  return createHash("sha256").update(JSON.stringify(everything)).digest("hex");
}

/** Samples of the run that is to be resumed. */
async function finishedSamples(path: string, hash: string): Promise<Map<number, SampleRecord>> {
  const { configuration, records } = await readSamples(path);
  if (configuration === hash) return records;
  throw new TokenwireError(
    "INVALID_ARGUMENT",
    `${path} is from a run with other data, prompts or settings; it cannot be resumed with these.`,
  );
}

/** Appends one line per sample; the first line names the configuration. */
class SampleLog {
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string, hash: string, append: boolean): Promise<SampleLog> {
    const file = await open(path, append ? "a" : "w");
    // The newline ends a line that a kill may have cut off.
    await file.appendFile(append ? "\n" : `${JSON.stringify({ configuration: hash })}\n`);
    return new SampleLog(file);
  }

  append(record: SampleRecord): Promise<void> {
    return this.#file.appendFile(`${JSON.stringify(record)}\n`);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
