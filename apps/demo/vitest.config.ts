import { defineConfig } from "vitest/config"

// Some tests start the command as a person does, which takes its time on a busy machine.
export default defineConfig({ test: { include: ["src/**/*.test.ts"], testTimeout: 60_000 } })
