import { availableParallelism } from "node:os"
import { mergeConfig } from "vitest/config"
import shared from "../../vitest.package.ts"

/** Each example is a process of its own: as many run at once as there are cores for them. */
export default mergeConfig(shared, { test: { maxConcurrency: availableParallelism() } })
