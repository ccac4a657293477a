import { mergeConfig } from "vitest/config"
import shared from "../../vitest.package.ts"

/** The tests share one PostgreSQL server, which starts before the first. */
export default mergeConfig(shared, { test: { globalSetup: "../../compat/src/postgres/setup.ts" } })
