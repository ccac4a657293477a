/** Counts the lines you read to follow a call: the lines of the functions that V8 reports as called. */
import * as inspector from "node:inspector/promises"
import { readFileSync } from "node:fs"
import { relative } from "node:path"
import { fileURLToPath } from "node:url"
import { parseSync } from "rolldown/utils"

/** Lines by file, without blank lines and comments. Paths are relative to the measured folder. */
export type Lines = ReadonlyMap<string, number>

export const total = (lines: Lines): number => [...lines.values()].reduce((sum, count) => sum + count, 0)

/** A character belongs to its innermost function. A line counts if one of its characters belongs to a function that ran. */
const read = (path: string, functions: ReadonlyArray<inspector.Profiler.FunctionCoverage>): number => {
  const source = readFileSync(path, "utf8")
  const ran = new Uint8Array(source.length)
  const ranges = functions.map(({ ranges: [range] }) => range!)
  for (const { count, endOffset, startOffset } of ranges.toSorted(
    (a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset
  )) {
    ran.fill(count > 0 ? 1 : 0, startOffset, endOffset)
  }
  for (const { end, start } of parseSync(path, source).comments) ran.fill(0, start, end)
  let offset = 0
  return source.split("\n").filter((line) => {
    const start = offset
    offset += line.length + 1
    return [...line].some((character, i) => ran[start + i] === 1 && character.trim() !== "")
  }).length
}

/** Runs a call and counts its lines in the files under `folder`. Earlier calls do not count. */
export const of = async (folder: string, call: () => unknown): Promise<Lines> => {
  const session = new inspector.Session()
  session.connect()
  await session.post("Profiler.enable")
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false })
  await session.post("Profiler.takePreciseCoverage")
  await call()
  const { result } = await session.post("Profiler.takePreciseCoverage")
  session.disconnect()
  const lines = new Map<string, number>()
  for (const { functions, url } of result) {
    if (!url.startsWith("file:")) continue
    const path = fileURLToPath(url)
    const name = relative(folder, path)
    if (name.startsWith("..")) continue
    const count = read(path, functions)
    if (count > 0) lines.set(name, count)
  }
  return new Map([...lines].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
