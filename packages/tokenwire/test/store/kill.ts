// A process that stores responses and says which, killed in the middle of it.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const storeIndex = fileURLToPath(new URL("../../src/store/index.ts", import.meta.url));

/** The ids that a writer into a store had acknowledged when it was killed with SIGKILL. */
export async function survivors(
  open: "openPostgresStore" | "openSqliteStore",
  address: string,
): Promise<string[]> {
  // Bundled, since older versions of Node do not run TypeScript; run from this folder, so that peers are found.
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { ${open} } from ${JSON.stringify(storeIndex)};
        const store = await ${open}(${JSON.stringify(address)});
        for (let i = 0; ; i++) {
          const response = { id: "resp_" + i, created_at: 1, status: "completed", model: "m", output: [] };
          await store.putResponse("t", { response, input: [], previousId: null });
          process.stdout.write(response.id + "\\n");
        }`,
      resolveDir: fileURLToPath(new URL(".", import.meta.url)),
    },
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@tokenwire/source"],
    write: false,
  });
  const child = spawn(process.execPath, ["--input-type=module"], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(outputFiles[0]!.contents);
  let out = "";
  const exited = new Promise((resolve) => child.once("close", resolve));
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    out += chunk;
    if (out.split("\n").length > 30) child.kill("SIGKILL");
  });
  await exited;
  return out.split("\n").slice(0, -1);
}
