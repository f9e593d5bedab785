// Conformance cases of the tool watcher.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ToolWatcher } from "@tokenwire/core/codec";
import { describe, expect, it } from "vitest";

const file = join(import.meta.dirname, "../../../shared/acceptance/codec/tool-watcher-events.json");

interface Fixture {
  readonly start_id: number;
  readonly end_id: number;
  readonly cases: readonly {
    readonly name: string;
    readonly region_cap: number | null;
    readonly feeds: readonly (readonly number[])[];
    readonly end: { readonly finish_reason: string | null } | null;
    readonly events: readonly {
      readonly kind: string;
      readonly ids: readonly number[];
      readonly finish_reason?: string | null;
    }[];
  }[];
}

describe.skipIf(!existsSync(file))("acceptance: tool watcher", () => {
  const fixture: Fixture = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as Fixture)
    : { start_id: 0, end_id: 0, cases: [] };

  it.each(fixture.cases.map((entry) => [entry.name, entry] as const))("%s", (_name, entry) => {
    const watcher = ToolWatcher.fromIds(fixture.start_id, fixture.end_id, entry.region_cap ?? undefined);
    const events = entry.feeds.flatMap((ids) => watcher.feed(ids));
    if (entry.end !== null) events.push(...watcher.end(entry.end.finish_reason));
    const seen = events.map((event) => ({
      kind: event.kind,
      ids: event.ids,
      ...(event.kind === "truncated" ? { finish_reason: event.finish_reason } : {}),
    }));
    expect(seen).toEqual(entry.events);
  });
});
