/** Files of [changesets](https://github.com/changesets/changesets), which say how the versions of packages change. */
import { readFileSync } from "node:fs"
import { findPackageJSON } from "node:module"
import { pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import { read } from "../init/manifest.ts"
import { UsageError } from "./ended.ts"
import * as files from "./files.ts"

const entry = /^\s*(["']?)([^"'\s].*?)\1\s*:\s*(["']?)(major|minor|patch|none)\3\s*$/

/** The packages that a changeset names as having a major change. */
export const majorsIn = (text: string): ReadonlyArray<string> => {
  const [, head = ""] = /^---\r?\n([^]*?)\r?\n---/.exec(text) ?? []
  return head.split(/\r?\n/).flatMap((line) => {
    const [, , name, , bump] = entry.exec(line) ?? []
    return name !== undefined && bump === "major" ? [name] : []
  })
}

/** The name of the package that has a file. */
export const packageOf = (file: string): string | undefined => {
  const manifest = findPackageJSON(pathToFileURL(file))
  const name = manifest === undefined ? undefined : read(readFileSync(manifest, "utf8"))?.["name"]
  return typeof name === "string" ? name : undefined
}

/**
 * The changesets of a folder that announce a major change of a package, or of any if it has no name. Of those that a commit has too, none counts:
 * they are about something else.
 */
export const majors = Effect.fnUntraced(function* (
  folder: string,
  { name, ref }: { readonly name: string | undefined; readonly ref: string | undefined }
) {
  const { join } = yield* Path.Path
  const names = yield* Effect.mapError(
    (yield* FileSystem.FileSystem).readDirectory(folder),
    () =>
      new UsageError({
        reason: `there is no folder ${folder} that can be read`,
        remedy: "pass the folder of your changesets, which `npx changeset init` makes"
      })
  )
  const found: Array<string> = []
  for (const file of names.filter((one) => one.endsWith(".md") && one !== "README.md").toSorted()) {
    const path = join(folder, file)
    const text = (yield* files.read(path)) ?? ""
    const packages = majorsIn(text)
    if (name === undefined ? packages.length === 0 : !packages.includes(name)) continue
    if (ref === undefined || (yield* files.readAt(ref, path)) !== text) found.push(path)
  }
  return found
})
