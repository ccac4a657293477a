import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { build } from "esbuild"
import { afterAll, beforeAll } from "vitest"
import { child } from "../../../apps/examples/src/test/child.ts"
import { suite } from "../../../apps/examples/src/test/suite.ts"

const workerd: string = createRequire(import.meta.url)("workerd").default

const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "shop", worker = .shop),
    (name = "internet", network = (allow = ["public", "private", "local"]))
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "shop")]
);
const shop :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "2026-11-01",
  compatibilityFlags = ["nodejs_als"],
  bindings = [
    (name = "SEGMENT_WRITE_KEY", fromEnvironment = "SEGMENT_WRITE_KEY"),
    (name = "SEGMENT_ENDPOINT", fromEnvironment = "SEGMENT_ENDPOINT")
  ]
);
`

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trackmap-worker-"))
  await writeFile(join(folder, "config.capnp"), config)
  await build({
    entryPoints: [join(import.meta.dirname, "worker.ts")],
    outfile: join(folder, "worker.js"),
    bundle: true,
    format: "esm",
    platform: "browser",
    external: ["node:async_hooks"]
  })
})
afterAll(() => rm(folder, { recursive: true }))

suite("a Hono worker", ({ env }) => child(workerd, ["serve", join(folder, "config.capnp"), "--control-fd=1"], env), {
  here: false,
  afterwards: true
})
