/** The formats that a project can export: the command's own, and those of the packages that the project depends on. */
import { readFileSync } from "node:fs"
import { createRequire, findPackageJSON } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import type { Format, PlanSupport } from "@trackmap/core/PlanSupport"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { UsageError } from "../commands/ended.ts"
import { format as bigquery } from "./bigquery.ts"
import { format as dbt } from "./dbt.ts"
import { format as jsonSchema } from "./jsonSchema.ts"
import { format as odcs } from "./odcs.ts"

/** The formats of the command itself. */
const own: ReadonlyArray<Format> = [jsonSchema, bigquery, dbt, odcs]

/** A package with support for plans. */
export interface Supporting extends PlanSupport {
  readonly package: string
}

/** Packages whose name says that they are for Trackmap. Core's module of the name has the types. */
const isCandidate = (name: string): boolean => /^@trackmap\/(?!core$)|(^|\/)trackmap-/.test(name)

const dependenciesOf = (manifest: string): ReadonlyArray<string> => {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = JSON.parse(
    readFileSync(manifest, "utf8")
  )
  return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies })
}

/** Where a package's module is, or undefined if the package has none. */
const moduleOf = (manifest: string, name: string): string | undefined => {
  try {
    return createRequire(manifest).resolve(`${name}/PlanSupport`)
  } catch {
    return undefined
  }
}

const failed = (name: string, cause: unknown) =>
  new UsageError({
    reason: `${name}/PlanSupport does not load: ${cause instanceof Error ? cause.message : String(cause)}`,
    remedy: "install versions of @trackmap that belong together"
  })

const load = (name: string, file: string): Effect.Effect<Supporting, UsageError> =>
  Effect.tryPromise({
    try: async () => {
      const { support } = (await import(pathToFileURL(file).href)) as { readonly support: PlanSupport }
      return { ...support, package: name }
    },
    catch: (cause) => failed(name, cause)
  })

/** The packages with support for plans that the project of a file, or of this folder, depends on. */
export const supporting = (file: string): Effect.Effect<ReadonlyArray<Supporting>, UsageError> =>
  Effect.suspend(() => {
    const manifests = [pathToFileURL(file), pathToFileURL(join(process.cwd(), "package.json"))]
      .map((url) => findPackageJSON(url))
      .filter((found) => found !== undefined)
    const found = new Map<string, string>()
    for (const manifest of new Set(manifests)) {
      const names = Result.getOrElse(
        Result.try(() => dependenciesOf(manifest)),
        () => []
      )
      for (const name of names.filter(isCandidate)) {
        const at = found.get(name) ?? moduleOf(manifest, name)
        if (at !== undefined) found.set(name, at)
      }
    }
    return Effect.forEach([...found].toSorted(), ([name, at]) => load(name, at))
  })

/** The formats that a project can export, by name. */
export const formatsOf = (packages: ReadonlyArray<Supporting>): ReadonlyMap<string, Format> =>
  new Map([...own, ...packages.flatMap(({ formats }) => formats)].map((one) => [one.name, one]))
