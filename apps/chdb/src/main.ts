import { spawnSync } from "node:child_process"
import { join } from "node:path"

/** Runs the suite of `@trackmap/clickhouse` on ClickHouse's engine. Arguments go to vitest. */
const folder = join(import.meta.dirname, "..")
const vitest = join(folder, "../../node_modules/vitest/vitest.mjs")
const { status } = spawnSync(process.execPath, [vitest, "run", ...process.argv.slice(2)], {
  cwd: folder,
  stdio: "inherit"
})
process.exit(status ?? 1)
