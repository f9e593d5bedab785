import { defineConfig } from "vitest/config";

// The source condition lets tests read TypeScript directly: no build is needed before a test run.
const conditions = ["@tokenwire/source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: ["test/temporary-folder.ts"],
    setupFiles: ["test/wire-watch.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "threads",
    maxWorkers: 2,
  },
});
