import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join, resolve, sep } from "node:path"
import { pathToFileURL } from "node:url"

/**
 * Builds the packages that a program of `apps` depends on, and runs it. The build prints nothing unless it fails.
 *
 *     node scripts/built.ts apps/demo/src/main.ts --port 8080
 */
const root = join(import.meta.dirname, "..")
const program = resolve(root, process.argv[2]!)
const workspace = program.split(`${sep}src${sep}`)[0]!
const { name } = JSON.parse(readFileSync(join(workspace, "package.json"), "utf8")) as { readonly name: string }

const turbo = join(root, "node_modules/turbo/bin/turbo")
const build = spawnSync(turbo, ["run", "build", `--filter=${name}^...`, "--output-logs=errors-only"], {
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
