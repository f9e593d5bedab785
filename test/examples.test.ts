// Every example runs as a user would run it and checks its own result.

import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const names = readdirSync(`${root}/examples`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

// Examples import the built packages; `npm test` builds them first.
describe.skipIf(!existsSync(`${root}/packages/tokenwire/dist/index.js`))("examples", () => {
  it.each(names)("%s", async (name) => {
    const { stdout } = await promisify(execFile)(process.execPath, [`${root}/examples/${name}/main.mjs`], {
      cwd: root,
    });
    expect(stdout).not.toBe("");
  });
});
