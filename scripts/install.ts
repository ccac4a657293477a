import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

type Packages = ReadonlyArray<
  readonly [path: string, found: { readonly version?: string; readonly optional?: boolean }]
>

const packagesOf = (file: string): Packages =>
  Object.entries(JSON.parse(readFileSync(file, "utf8")).packages as object).filter(([path]) => path !== "")

/** Whether npm has installed the packages in a folder's lock file, except optional ones, which are for one platform each. */
const isInstalled = (folder: string): boolean => {
  const installed = join(folder, "node_modules/.package-lock.json")
  if (!existsSync(installed)) return false
  const versions = new Map(packagesOf(installed).map(([path, { version }]) => [path, version]))
  return packagesOf(join(folder, "package-lock.json")).every(
    ([path, { optional, version }]) => versions.get(path) === version || (optional === true && !versions.has(path))
  )
}

/** Installs the packages of a folder that is no workspace and has its own lock file. */
export const install = (folder: string): void => {
  if (isInstalled(folder)) return
  const { error, status } = spawnSync("npm", ["ci"], { cwd: folder, stdio: "inherit" })
  if (error !== undefined) throw error
  if (status !== 0) process.exit(status ?? 1)
}
