import { spawnSync } from "node:child_process"
import { globSync } from "node:fs"
import { delimiter, join } from "node:path"
import { install } from "../scripts/install.ts"

/**
 * Installs the libraries of this folder, builds the packages, and runs the suites that test them together.
 *
 *     npm run compat                       all suites
 *     npm run compat -- --quick            the suites that CI runs
 *     npm run compat -- orms/prisma next   the suites whose path contains one of these
 */
const here = import.meta.dirname
const root = join(here, "..")

/** Suites that build or start programs. CI skips them to save time. */
const slow = [
  "commonjs",
  "esbuild",
  "init",
  "jest",
  "next",
  "opentelemetry",
  "orms",
  "pnpm",
  "runtimes",
  "vitest",
  "worker"
]

const args = process.argv.slice(2)
const quick = args.includes("--quick")
const names = args.filter((arg) => !arg.startsWith("--"))

const run = (cwd: string, command: string, ...rest: ReadonlyArray<string>): void => {
  process.stdout.write(`\n$ ${[command, ...rest].join(" ")}\n`)
  // The root's programs come first: this folder also has other versions of Node and TypeScript.
  const bins = [join(root, "node_modules/.bin"), join(here, "node_modules/.bin"), process.env["PATH"]]
  const env = {
    ...process.env,
    PATH: bins.join(delimiter),
    TURBO_TELEMETRY_DISABLED: "1",
    CHECKPOINT_DISABLE: "1",
    // Generating needs no engine, but Prisma's program downloads one unless this is the path of a file.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath
  }
  const { error, status } = spawnSync(command, rest, { cwd, env, stdio: "inherit" })
  if (error !== undefined) throw error
  if (status !== 0) process.exit(status ?? 1)
}

const unknown = names.filter((name) => globSync(`src/**/*${name}*`, { cwd: here }).length === 0)
if (unknown.length > 0) throw new Error(`No suite's path contains ${unknown.join(" or ")}`)

install(here)
run(here, "prisma", "generate", "--schema", "src/orms/prisma/schema.prisma")
run(root, "turbo", "run", "build", "--output-logs=errors-only")
run(here, "tsc", "-p", ".")
run(here, "vitest", "run", ...names, ...(quick ? slow.map((name) => `--exclude=src/${name}/**`) : []))
