// What a command printed, captured for each test of a file.

import { afterEach, beforeEach, vi } from "vitest";

export interface Captured {
  out: string;
  err: string;
}

/** Captures standard output and error of every test in the file that calls it; also resets what commands leave behind. */
export function captureOutput(): Captured {
  const captured: Captured = { out: "", err: "" };
  beforeEach(() => {
    captured.out = "";
    captured.err = "";
    process.exitCode = undefined;
    for (const [stream, key] of [[process.stdout, "out"] as const, [process.stderr, "err"] as const]) {
      vi.spyOn(stream, "write").mockImplementation((text) => {
        captured[key] += String(text);
        return true;
      });
    }
  });
  afterEach(() => {
    process.exitCode = undefined;
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });
  return captured;
}
