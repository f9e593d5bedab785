// One folder for everything that tests write, removed when all are over: also what skipped and failed tests leave.

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "tokenwire-tests-"));
  // A Postgres that root starts runs as somebody else.
  chmodSync(folder, 0o755);
  // Which of them `tmpdir` reads depends on the system.
  for (const name of ["TMPDIR", "TEMP", "TMP"]) process.env[name] = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
