import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

/** Most suites start processes, a server or a build. */
export default defineConfig({
  test: {
    include: ["src/**/*.test.ts"],
    // Nothing else runs at the same time.
    maxWorkers: availableParallelism(),
    globalSetup: ["src/postgres/setup.ts"],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // East of Greenwich, where a date at local midnight is the day before in UTC.
    env: { TZ: "Europe/Berlin" }
  }
})
