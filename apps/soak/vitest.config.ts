import { defineConfig } from "vitest/config"

// The tests start processes of their own, which takes its time on a busy machine.
export default defineConfig({ test: { include: ["src/**/*.test.ts"], testTimeout: 120_000 } })
