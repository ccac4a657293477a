import { type BigIntStats, lstatSync, readdirSync } from "node:fs"
import { join, resolve } from "node:path"

/**
 * Prints the size of the packages that `npm ci` has installed, and the largest of them. Fails if a newcomer would wait too long for them.
 *
 *     node scripts/installed.ts [folder of node_modules] [MB at most]
 *
 * 71 of the 600 MB are DuckDB, which `@trackmap/duckdb` writes with, and 59 PostgreSQL, which tests start.
 */

/** The bytes of each package's files, including its nested dependencies. A file with several names counts once. */
export const installed = (folder: string): ReadonlyMap<string, number> => {
  const seen = new Set<bigint>()
  const bytes = (file: string): number => {
    const stats: BigIntStats = lstatSync(file, { bigint: true })
    if (stats.isDirectory()) return readdirSync(file).reduce((sum, name) => sum + bytes(join(file, name)), 0)
    // Links point to workspaces, or to programs of packages.
    if (!stats.isFile() || seen.has(stats.ino)) return 0
    seen.add(stats.ino)
    return Number(stats.size)
  }
  const names = readdirSync(folder).flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(folder, name)).map((inner) => `${name}/${inner}`) : [name]
  )
  return new Map(names.map((name) => [name, bytes(join(folder, name))]))
}

const inMB = (bytes: number): number => Math.round(bytes / 1e6)

/** The printed report. */
export const report = (packages: ReadonlyMap<string, number>, limit: number) => {
  const total = inMB([...packages.values()].reduce((sum, bytes) => sum + bytes, 0))
  const largest = [...packages]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, 12)
    .map(([name, bytes]) => `${name} ${inMB(bytes)}`)
    .join(", ")
  const text = `node_modules has ${total} MB, of ${limit} MB at most. The largest: ${largest}`
  const remedy = `Add packages that only compat's suites need to compat/package.json instead.`
  return total <= limit ? { ok: true, text } : { ok: false, text: `${text}\n${remedy}` }
}

if (import.meta.main) {
  const [folder = "node_modules", limit = "600"] = process.argv.slice(2)
  const { ok, text } = report(installed(resolve(folder)), Number(limit))
  process.stdout.write(`${text}\n`)
  process.exitCode = ok ? 0 : 1
}
