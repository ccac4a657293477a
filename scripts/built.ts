import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { install } from "./install.ts"

/**
 * Builds the packages that a program of a workspace depends on, and runs it. The build prints nothing unless it fails. For a program that is no
 * workspace, it first installs the packages in its lock file, and builds all of ours.
 *
 *     node scripts/built.ts apps/demo/src/main.ts --port 8080
 */
const root = join(import.meta.dirname, "..")
const program = resolve(root, process.argv[2]!)
const workspace = program.split(/[\\/](?:src|test)[\\/]/)[0]!
const { name } = JSON.parse(readFileSync(join(workspace, "package.json"), "utf8")) as { readonly name: string }
const isAlone = existsSync(join(workspace, "package-lock.json"))
if (isAlone) install(workspace)

const turbo = join(root, "node_modules/turbo/bin/turbo")
const filter = isAlone ? "./packages/*" : `${name}^...`
const build = spawnSync(turbo, ["run", "build", `--filter=${filter}`, "--output-logs=errors-only"], {
  cwd: root,
  encoding: "utf8",
  env: { ...process.env, TURBO_TELEMETRY_MESSAGE_DISABLED: "1" }
})
if (build.status !== 0) {
  process.stderr.write(build.stdout + build.stderr + (build.error?.message ?? ""))
  process.exit(build.status ?? 1)
}

process.argv.splice(1, 2, program)
await import(pathToFileURL(program).href)
