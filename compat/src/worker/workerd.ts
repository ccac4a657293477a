import { writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { join } from "node:path"
import { build, type BuildOptions } from "esbuild"
import { child } from "../../../apps/examples/src/test/child.ts"
import type { Running } from "../../../apps/examples/src/test/suite.ts"

const workerd: string = createRequire(import.meta.url)("workerd").default

const configWith = (flag: string): string => `using Workerd = import "/workerd/workerd.capnp";
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
  compatibilityFlags = ["${flag}"],
  bindings = [
    (name = "SEGMENT_WRITE_KEY", fromEnvironment = "SEGMENT_WRITE_KEY"),
    (name = "SEGMENT_ENDPOINT", fromEnvironment = "SEGMENT_ENDPOINT")
  ]
);
`

/** Bundles a worker of this folder into another folder. */
export const bundle = (worker: string, folder: string): Promise<void> =>
  bundleWith({ entryPoints: [join(import.meta.dirname, worker)] }, "nodejs_als", folder)

/** Bundles a worker into a folder, with a flag that selects its Node APIs. */
export const bundleWith = async (options: BuildOptions, flag: string, folder: string): Promise<void> => {
  await writeFile(join(folder, "config.capnp"), configWith(flag))
  await build({
    external: ["node:async_hooks", "cloudflare:workers"],
    ...options,
    outfile: join(folder, "worker.js"),
    bundle: true,
    format: "esm",
    platform: "browser"
  })
}

/** Serves the worker of a folder in Cloudflare's runtime. */
export const serve = (folder: string, env: Readonly<Record<string, string>>): Promise<Running> =>
  child(workerd, ["serve", join(folder, "config.capnp"), "--control-fd=1"], env)
