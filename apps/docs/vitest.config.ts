import { availableParallelism } from "node:os"
import { mergeConfig } from "vitest/config"
import shared from "../../vitest.package.ts"

/** Each example is a thread of its own: as many run at once as there are cores for them, while one test waits for those that vitest runs. */
export default mergeConfig(shared, { test: { maxConcurrency: availableParallelism() + 1 } })
