/** What a service's tsconfig.json asks of its files. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { parseTsconfig } from "get-tsconfig"
import type { Service } from "./model.ts"

export type Settings = NonNullable<ReturnType<typeof parseTsconfig>["compilerOptions"]>

/** The settings of a service's tsconfig.json, with those that it extends: none if it, or one of those, cannot be read. */
export const settingsIn = (folder: string): Settings | undefined => {
  const file = join(folder, "tsconfig.json")
  if (!existsSync(file)) return undefined
  try {
    return parseTsconfig(file).compilerOptions ?? {}
  } catch {
    return {}
  }
}

const relative = /^\s*(?:import|export)\b[^"'`]*\bfrom\s+["']\.\.?\/[^"']*?(\.[cm]?[jt]s)?["']/gm

/** How imports name files: as the service's own do, or else as its compiler takes them. */
export const importsOf = (settings: Settings | undefined, texts: ReadonlyArray<string>): Service["imports"] => {
  const counts = { ".ts": 0, ".js": 0, "": 0 }
  for (const text of texts) {
    for (const [, extension = ""] of text.matchAll(relative)) {
      counts[extension.endsWith("ts") ? ".ts" : extension.endsWith("js") ? ".js" : ""]++
    }
  }
  const [most] = (Object.entries(counts) as Array<[Service["imports"], number]>).toSorted(([, a], [, b]) => b - a)
  if (most![1] > 0) return most![0]
  if (settings === undefined) return ".ts"
  const { allowImportingTsExtensions, module, moduleResolution, rewriteRelativeImportExtensions } = settings
  if (allowImportingTsExtensions === true || rewriteRelativeImportExtensions === true) return ".ts"
  return /^node/i.test(String(module)) && !/^node(10)?$/i.test(String(moduleResolution)) ? ".js" : ""
}

/** Whether the compiler knows Node's types in every file. TypeScript 6 and later know none that `types` does not name. */
export const hasNodeTypes = (settings: Settings | undefined, major: number | undefined): boolean =>
  settings === undefined || (settings.types?.some((name) => name === "node" || name === "*") ?? (major ?? 7) < 6)
