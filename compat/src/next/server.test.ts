import { execFile } from "node:child_process"
import { createRequire } from "node:module"
import { promisify } from "node:util"
import { beforeAll } from "vitest"
import { child } from "../../../apps/examples/src/test/child.ts"
import { suite } from "../../../apps/examples/src/test/suite.ts"

const next = createRequire(import.meta.url).resolve("next/dist/bin/next")
const env = { NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" } as const

// Only compiles: no route has a page to prerender, and the repository's own check covers the types.
beforeAll(() =>
  promisify(execFile)(process.execPath, [next, "build", import.meta.dirname, "--experimental-build-mode", "compile"], {
    env: { ...process.env, ...env }
  })
)

suite(
  "a Next server",
  (segment) =>
    child(process.execPath, [next, "start", import.meta.dirname, "-p", "0", "-H", "127.0.0.1"], {
      ...segment.env,
      ...env
    }),
  { here: false }
)
