import { mergeConfig } from "vitest/config"
import shared from "../../vitest.package.ts"

/** No test of these changes what others read, so that the modules are loaded once for all files. */
export default mergeConfig(shared, { test: { isolate: false } })
