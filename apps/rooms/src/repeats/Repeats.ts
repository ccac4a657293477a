/**
 * Finds what stands twice: the same ten or more lines in a row. Blank lines and comments do not count, nor does what TypeScript has no way to
 * share: lists of imports, of exports and of type parameters.
 */
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parseSync, Visitor } from "rolldown/utils"

const least = 10

interface Line {
  readonly at: string
  readonly text: string
}

/** The lines of a source file that count. */
const linesOf = (path: string, source: string): ReadonlyArray<Line> => {
  const { comments, program } = parseSync(path, source)
  const left: Array<{ readonly start: number; readonly end: number }> = [...comments]
  new Visitor({
    ImportDeclaration: (node) => left.push(node),
    ExportNamedDeclaration: (node) => node.declaration === null && left.push(node),
    TSTypeParameterDeclaration: (node) => left.push(node)
  }).visit(program)
  let code = source
  for (const { end, start } of left) {
    code = code.slice(0, start) + code.slice(start, end).replaceAll(/[^\n]/g, " ") + code.slice(end)
  }
  const lines = code.split("\n").map((text, index) => ({ at: `${path}:${index + 1}`, text: text.trim() }))
  return lines.filter(({ text }) => text !== "")
}

/** Each pair of places with the same lines, as the first line of both, and how many lines there are. */
export const find = (root: string): ReadonlyArray<string> => {
  const files = globSync("{packages,apps,compat,fixtures,scripts,findings}/**/*.{ts,tsx,mjs,js}", {
    cwd: root,
    exclude: (name) => /(^|\/)(node_modules|dist|coverage|generated|\.[^/]+)$/.test(name)
  })
  const lines: Array<Line | undefined> = []
  for (const path of files.toSorted()) lines.push(...linesOf(path, readFileSync(join(root, path), "utf8")), undefined)
  const same = (a: number, b: number): boolean => lines[a] !== undefined && lines[a].text === lines[b]?.text
  const starts = new Map<string, Array<number>>()
  const found: Array<string> = []
  for (let b = 0; b + least <= lines.length; b++) {
    const run = lines.slice(b, b + least)
    if (run.includes(undefined)) continue
    const key = run.map((line) => line!.text).join("\n")
    const before = starts.get(key) ?? []
    for (const a of before) {
      if (same(a - 1, b - 1)) continue // It belongs to the run that began a line earlier.
      let length = least
      while (same(a + length, b + length)) length++
      found.push(`${length} lines: ${lines[a]!.at} and ${lines[b]!.at}`)
    }
    starts.set(key, [...before, b])
  }
  return found
}
