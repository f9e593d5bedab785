// Package checks on what would be published: publint on each package, and the packed files.

import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
let faults = 0;

for (const name of ["core", "encodings", "tokenwire"]) {
  const folder = join(root, "packages", name);
  const { messages, pkg } = await publint({ pkgDir: folder, strict: true });
  for (const message of messages) {
    faults += 1;
    console.error(`packages/${name}: ${formatMessage(message, pkg) ?? message.code}`);
  }
  const packed = spawnSync("npm", ["pack", "--dry-run", "--json"], { cwd: folder, encoding: "utf8" });
  const report = JSON.parse(packed.stdout);
  const [{ entryCount, size, unpackedSize }] = Array.isArray(report) ? report : Object.values(report);
  const kilobytes = (bytes) => `${Math.round(bytes / 1000)} kB`;
  console.log(
    `packages/${name}: ${entryCount} files, ${kilobytes(size)} packed, ${kilobytes(unpackedSize)} unpacked`,
  );
}

process.exit(faults > 0 ? 1 : 0);
