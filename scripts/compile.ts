import { spawnSync } from "node:child_process"
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { rolldown } from "rolldown"
import { withFunctions } from "./functions.ts"
import { withPureCalls } from "./pureCalls.ts"

/**
 * Compiles the package in the current folder into an empty `dist`, and keeps only the declarations that its public modules reach: a user's
 * compiler can read no others.
 *
 * The JavaScript is one file, from which each public module exports its part, and a file for each dynamically imported module: Node takes longer
 * to find and link a file than to read it. With `--modules` it is a file for each module, for a package whose modules need other packages that
 * some of its users do not have.
 */
const dist = resolve("dist")
rmSync(dist, { recursive: true, force: true })
const isBundled = !process.argv.includes("--modules")

const tsc = join(import.meta.dirname, "../node_modules/typescript/bin/tsc")
const options = ["-p", "tsconfig.build.json", ...(isBundled ? ["--emitDeclarationOnly"] : [])]
const { status } = spawnSync(process.execPath, [tsc, ...options], { stdio: "inherit" })
if (status !== 0) process.exit(status ?? 1)

const declarations = globSync("**/*.d.ts", { cwd: dist }).map((file) => join(dist, file))
const reached = new Set<string>()
const reach = (file: string): void => {
  if (reached.has(file) || !existsSync(file)) return
  reached.add(file)
  for (const [, path] of readFileSync(file, "utf8").matchAll(/(?:from|import) ?\(?"(\.[^"]+)"/g))
    reach(resolve(dirname(file), path!).replace(/\.[jt]s$/, ".d.ts"))
}
for (const file of declarations) if (!file.includes("/internal/")) reach(file)
for (const file of declarations) {
  if (reached.has(file)) continue
  rmSync(file)
  rmSync(`${file}.map`)
}

/** Keeps the index as re-exports of the public modules: bundlers can tell which of these are used, but not which keys of an object. */
const writeIndex = (): void => {
  const source = readFileSync("src/index.ts", "utf8")
  if (!/^(export \* as \w+ from "[^"]+"\n)+$/.test(source)) throw new Error("src/index.ts has more than public modules")
  writeFileSync(join(dist, "index.js"), source.replaceAll('.ts"', '.js"'))
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`

/** What only the command `trackmap` loads: a service does not need it with a sink. */
const isForCommand = (path: string): boolean => /\/src\/(PlanSupport\.ts|internal\/plan\/)/.test(path)
const isSupporting = existsSync("src/internal/plan")
const all = { name: "all", tags: ["$initial" as const], test: (path: string) => !isSupporting || !isForCommand(path) }

const bundle = async (): Promise<void> => {
  const modules = globSync("src/*.ts", { exclude: ["**/index.ts", "**/*.test.ts", "**/*.test-d.ts"] })
  const built = await rolldown({
    input: Object.fromEntries(modules.map((file) => [basename(file, ".ts"), file])),
    external: /^[^./]/,
    platform: "neutral",
    // A re-export needs no import of its own, about which bundlers would warn.
    treeshake: { moduleSideEffects: "no-external" },
    plugins: [
      {
        name: "what loads fast",
        // Keeps lines in place, for the source map.
        transform: (code, path) => ({ code: withPureCalls(path, withFunctions(path, code)), map: null }),
        // V8 stores a file with any other characters in two bytes each.
        renderChunk: (code) => ({ code: code.replaceAll(/[^\0-\x7f]/g, escaped), map: null })
      }
    ]
  })
  await built.write({
    dir: dist,
    chunkFileNames: "internal/[name].js",
    codeSplitting: { groups: [all] },
    comments: { annotation: true, jsdoc: false, legal: false },
    minify: false,
    minifyInternalExports: false,
    sourcemap: true,
    // The package contains the sources.
    sourcemapExcludeSources: true
  })
  // A module with only types.
  for (const file of globSync("*.js", { cwd: dist }).map((name) => join(dist, name)))
    if (/^import "[^"]+";?\s*$/.test(readFileSync(file, "utf8"))) writeFileSync(file, "export {}\n")
  writeIndex()
}
if (isBundled) await bundle()
