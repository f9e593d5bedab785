// How requests are spread over engines that stand behind one: read from them when somebody reads the metrics. Workers
// are those of the configuration, so that the labels are bounded.

import { Counter, Gauge, type Registry } from "prom-client";
import type { BalanceStatistics, WorkerStatistics } from "../engines/index.ts";

/** What balanced engines say now, by the model they serve. */
export type BalanceByModel = () => ReadonlyMap<string, BalanceStatistics>;

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Family {
  readonly kind: "counter" | "gauge";
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly samples: (balance: BalanceStatistics) => readonly Sample[];
}

const breakerStates: readonly WorkerStatistics["breaker"][] = ["closed", "half-open", "open"];

function perWorker(value: (worker: WorkerStatistics) => number): Pick<Family, "labels" | "samples"> {
  return {
    labels: ["worker"],
    samples: ({ workers }) =>
      workers.map((worker) => ({ labels: { worker: worker.name }, value: value(worker) })),
  };
}

const families: readonly Family[] = [
  {
    kind: "counter",
    name: "routing_choices_total",
    help: "Choices of an engine by their reason",
    labels: ["policy", "reason"],
    samples: ({ policy, chosen }) =>
      Object.entries(chosen).map(([reason, value]) => ({ labels: { policy, reason }, value })),
  },
  {
    kind: "counter",
    name: "routing_retries_total",
    help: "Attempts on another engine after one failed",
    labels: [],
    samples: ({ retries }) => [{ labels: {}, value: retries }],
  },
  {
    kind: "counter",
    name: "worker_requests_total",
    help: "Requests sent to an engine",
    ...perWorker(({ requests }) => requests),
  },
  {
    kind: "counter",
    name: "worker_failures_total",
    help: "Requests that an engine failed by its own fault",
    ...perWorker(({ failures }) => failures),
  },
  {
    kind: "gauge",
    name: "worker_requests_running",
    help: "Requests that an engine has",
    ...perWorker(({ outstanding }) => outstanding),
  },
  {
    kind: "gauge",
    name: "worker_healthy",
    help: "Whether probes find an engine well",
    ...perWorker(({ healthy }) => Number(healthy)),
  },
  {
    kind: "gauge",
    name: "worker_breaker_state",
    help: "1 for the state of an engine's breaker",
    labels: ["worker", "state"],
    samples: ({ workers }) =>
      workers.flatMap(({ name, breaker }) =>
        breakerStates.map((state) => ({
          labels: { worker: name, state },
          value: Number(state === breaker),
        })),
      ),
  },
];

/** Adds what balanced engines count to the metrics. */
export function addWorkerMetrics(registry: Registry, balance: BalanceByModel): void {
  for (const { kind, name, help, labels, samples } of families) {
    const Metric = kind === "counter" ? Counter : Gauge;
    new Metric({
      name: `tokenwire_${name}`,
      help,
      labelNames: ["model", ...labels],
      registers: [registry],
      collect() {
        this.reset();
        for (const [model, statistics] of balance()) {
          for (const { labels: own, value } of samples(statistics)) this.inc({ model, ...own }, value);
        }
      },
    });
  }
}
