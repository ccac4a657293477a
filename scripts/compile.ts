import { spawnSync } from "node:child_process"
import { existsSync, globSync, readFileSync, rmSync } from "node:fs"
import { dirname, join, resolve } from "node:path"

/**
 * Compiles the package in the current folder into an empty `dist`, and keeps only the declarations that its public modules reach: a user's
 * compiler can read no others.
 */
const dist = resolve("dist")
rmSync(dist, { recursive: true, force: true })

const tsc = join(import.meta.dirname, "../node_modules/typescript/bin/tsc")
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { stdio: "inherit" })
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
