// What an encoding keeps in memory once it is loaded and used. The built package is measured, in a process of its own:
// `npm test` builds before it runs.

import { execFileSync } from "node:child_process";
import { listEncodingNames } from "@tokenwire/encodings";
import { expect, it } from "vitest";

const built = new URL("../dist/index.js", import.meta.url).href;

/** Each encoding in a process of its own, since some share their tables. Prints bytes: resident, and of heap and buffers. */
const program = (name: string): string => `
  import { getEncoding } from ${JSON.stringify(built)};
  const settle = async () => {
    for (let i = 0; i < 4; i++) {
      globalThis.gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { rss, heapUsed, external } = process.memoryUsage();
    return { rss, kept: heapUsed + external };
  };
  const before = await settle();
  const encoding = getEncoding(${JSON.stringify(name)});
  const ids = encoding.encode("hello world, 日本語".repeat(10));
  if (encoding.decode(ids).length === 0) throw new Error("nothing decoded");
  const after = await settle();
  console.log(JSON.stringify({ rss: after.rss - before.rss, kept: after.kept - before.kept }));
`;

const MiB = 1 << 20;
/** The promise is 25 MB per encoding; the rest is what the collector and the compiler have not given back. */
const limits = { kept: 25 * MiB, rss: 40 * MiB };

it.each(listEncodingNames())("%s", (name) => {
  const output = execFileSync(
    process.execPath,
    ["--expose-gc", "--input-type=module", "--eval", program(name)],
    { encoding: "utf8" },
  );
  const { rss, kept } = JSON.parse(output) as { rss: number; kept: number };
  expect(kept).toBeLessThan(limits.kept);
  expect(rss).toBeLessThan(limits.rss);
});
