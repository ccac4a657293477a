import { defineConfig } from "vitest/config"

/** The engine is one for the whole process. */
export default defineConfig({
  test: { include: ["src/**/*.test.ts"], fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 }
})
