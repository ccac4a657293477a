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
 * The JavaScript is one file, from which each public module exports its part, and a file for each module that is imported dynamically: Node takes
 * longer to find and link a file than to read what is in it. With `--modules` it is a file for each module, for a package whose modules need
 * other packages that not all of its users have.
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

/** The index stays what it is, re-exports of the public modules: bundlers see of these, but not of objects in their place, what is used. */
const writeIndex = (): void => {
  const source = readFileSync("src/index.ts", "utf8")
  if (!/^(export \* as \w+ from "[^"]+"\n)+$/.test(source)) throw new Error("src/index.ts has more than public modules")
  writeFileSync(join(dist, "index.js"), source.replaceAll('.ts"', '.js"'))
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`

const bundle = async (): Promise<void> => {
  const modules = globSync("src/*.ts", { exclude: ["**/index.ts", "**/*.test.ts", "**/*.test-d.ts"] })
  const built = await rolldown({
    input: Object.fromEntries(modules.map((file) => [basename(file, ".ts"), file])),
    external: /^[^./]/,
    platform: "neutral",
    // What is only exported again needs no import of its own, which bundlers would warn of.
    treeshake: { moduleSideEffects: "no-external" },
    plugins: [
      {
        name: "what loads fast",
        // Lines stay where they are, for the source map.
        transform: (code, path) => ({ code: withPureCalls(path, withFunctions(path, code)), map: null }),
        // V8 keeps the text of a file with other characters in two bytes for each.
        renderChunk: (code) => ({ code: code.replaceAll(/[^\0-\x7f]/g, escaped), map: null })
      }
    ]
  })
  await built.write({
    dir: dist,
    chunkFileNames: "internal/[name].js",
    codeSplitting: { groups: [{ name: "all", tags: ["$initial"] }] },
    comments: { annotation: true, jsdoc: false, legal: false },
    minify: false,
    minifyInternalExports: false,
    sourcemap: true,
    // The sources are published beside it.
    sourcemapExcludeSources: true
  })
  // A module of types alone.
  for (const file of globSync("*.js", { cwd: dist }).map((name) => join(dist, name)))
    if (/^import "[^"]+";?\s*$/.test(readFileSync(file, "utf8"))) writeFileSync(file, "export {}\n")
  writeIndex()
}
if (isBundled) await bundle()
