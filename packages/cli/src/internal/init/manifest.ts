/** Changes of a package.json that leave everything else of it as it is. */
import * as jsonc from "jsonc-parser"

const isRecord = (given: unknown): given is Readonly<Record<string, unknown>> =>
  typeof given === "object" && given !== null && !Array.isArray(given)

const bom = "\uFEFF"

/** The value of a package.json, or undefined if it is no object. */
export const read = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text.startsWith(bom) ? text.slice(1) : text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

export const kinds = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] as const

/** The packages that a package.json names, of every kind, with their ranges. */
export const dependenciesOf = (manifest: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> =>
  new Map(
    kinds
      .toReversed()
      .flatMap((kind) => (isRecord(manifest[kind]) ? Object.entries(manifest[kind]) : []))
      .filter((entry): entry is [string, string] => typeof entry[1] === "string")
  )

/** The indentation of a text: that of its first indented line. */
const formatOf = (text: string): jsonc.FormattingOptions => {
  const [, indent = "  "] = /^\s*\{\r?\n([ \t]+)/.exec(text) ?? []
  return {
    insertSpaces: !indent.startsWith("\t"),
    tabSize: indent.startsWith("\t") ? 1 : indent.length,
    eol: text.includes("\r\n") ? "\r\n" : "\n"
  }
}

/** A package.json with more packages, each where it stands in the alphabet, as package managers do. */
export const withPackages = (
  text: string,
  kind: (typeof kinds)[number],
  packages: ReadonlyMap<string, string>
): string => {
  if (packages.size === 0) return text
  const mark = text.startsWith(bom) ? bom : ""
  const own = text.slice(mark.length)
  const formattingOptions = formatOf(own)
  if (!isRecord(read(own)?.[kind])) {
    return mark + jsonc.applyEdits(own, jsonc.modify(own, [kind], Object.fromEntries(packages), { formattingOptions }))
  }
  let changed = own
  for (const [name, range] of packages) {
    const edits = jsonc.modify(changed, [kind, name], range, {
      formattingOptions,
      getInsertionIndex: (names) => {
        const after = names.findIndex((other) => other > name)
        return after === -1 ? names.length : after
      }
    })
    changed = jsonc.applyEdits(changed, edits)
  }
  return mark + changed
}
