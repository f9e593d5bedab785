// The histograms of OpenTelemetry's GenAI conventions, with the buckets they recommend.

import type { Histogram, OpenTelemetryApi } from "./otel-api.ts";

const durations = Array.from({ length: 14 }, (_, power) => 0.01 * 2 ** power);
const tokenCounts = Array.from({ length: 14 }, (_, power) => 4 ** power);
/** The name of what traces and measures here. */
export const scope = "tokenwire";

/** The conventions' histograms. */
export interface Histograms {
  readonly duration: Histogram;
  readonly firstToken: Histogram;
  readonly perToken: Histogram;
  readonly tokens: Histogram;
}

export function createHistograms(api: OpenTelemetryApi): Histograms {
  const meter = api.metrics.getMeter(scope, "1");
  const histogram = (name: string, description: string, unit: string, boundaries: number[]): Histogram =>
    meter.createHistogram(name, { description, unit, advice: { explicitBucketBoundaries: boundaries } });
  return {
    duration: histogram("gen_ai.server.request.duration", "From a request to its last byte", "s", durations),
    firstToken: histogram(
      "gen_ai.server.time_to_first_token",
      "From the engine call to its first token",
      "s",
      [0.001, 0.005, ...durations],
    ),
    perToken: histogram("gen_ai.server.time_per_output_token", "Mean time between tokens", "s", [
      0.001,
      0.0025,
      0.005,
      ...durations,
    ]),
    tokens: histogram("gen_ai.client.token.usage", "Tokens of prompts and answers", "{token}", tokenCounts),
  };
}
