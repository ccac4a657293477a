import { defineConfig } from "vitest/config"

// Some tests start a server as a process of its own, and Next builds its app first, which takes its time on a busy machine.
export default defineConfig({ test: { include: ["src/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 120_000 } })
