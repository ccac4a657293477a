import { mergeConfig } from "vitest/config"
import shared from "../../vitest.package.ts"

/** The tests wait for servers most of the time. */
export default mergeConfig(shared, { test: { maxConcurrency: 20 } })
