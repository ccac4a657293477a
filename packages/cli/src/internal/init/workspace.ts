/** The workspace that a service belongs to. */
import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { parse } from "yaml"
import { read } from "./manifest.ts"

export const textOf = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, "utf8") : undefined)

/** The first that is found in a folder, or in those around it. */
export const above = <A>(folder: string, found: (folder: string) => A | undefined): A | undefined => {
  const own = found(folder)
  const parent = dirname(folder)
  return own !== undefined || parent === folder ? own : above(parent, found)
}

const isTexts = (given: unknown): given is ReadonlyArray<string> =>
  Array.isArray(given) && given.every((one) => typeof one === "string")

/** A file that pnpm cannot read either has nothing to say here. */
const yamlOf = (text: string): unknown => {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}

/** The folders of a workspace's packages, as patterns: from package.json, or as pnpm has them. */
const patternsOf = (folder: string, manifest: Readonly<Record<string, unknown>>): ReadonlyArray<string> => {
  const { workspaces } = manifest
  if (isTexts(workspaces)) return workspaces
  const text = textOf(join(folder, "pnpm-workspace.yaml"))
  const nested: unknown = text === undefined ? workspaces : yamlOf(text)
  const { packages } = { ...(nested as object | null | undefined) } as { readonly packages?: unknown }
  return isTexts(packages) ? packages : []
}

/** The package.json of the workspace that a folder is a package of. */
export const workspaceOf = (folder: string): Readonly<Record<string, unknown>> | undefined =>
  above(dirname(folder), (root) => {
    const manifest = read(textOf(join(root, "package.json")) ?? "")
    if (manifest === undefined) return undefined
    const patterns = patternsOf(root, manifest).filter((pattern) => !pattern.startsWith("!"))
    return globSync([...patterns], { cwd: root }).includes(relative(root, folder)) ? manifest : undefined
  })
