import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { suite } from "../../../apps/examples/src/test/suite.ts"
import { bundle, serve } from "./workerd.ts"

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trackmap-worker-"))
  await bundle("worker.ts", folder)
})
afterAll(() => rm(folder, { recursive: true }))

suite("a Hono worker", ({ env }) => serve(folder, env), { here: false, afterwards: true })
