import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "reading-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Runs in its own process, because vitest's loader changes the lines of files. */
const linesOf = (files: Readonly<Record<string, string>>, call: string): unknown => {
  for (const [path, source] of Object.entries(files)) writeFileSync(join(folder, path), source)
  const script = `
    import * as Lines from ${JSON.stringify(new URL("Lines.ts", import.meta.url).href)}
    const a = await import(${JSON.stringify(join(folder, "a.ts"))})
    const lines = await Lines.of(${JSON.stringify(folder)}, () => ${call})
    console.log(JSON.stringify([Object.fromEntries(lines), Lines.total(lines)]))`
  return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }))
}

const a = `
import { leaf } from "./b.ts"
export const table: Record<string, number> = {
  one: 1
}
export const made = (() => {
  return leaf(1)
})()

/** A comment is not read. */
export const outer = (x: number): number => {
  // Nor is this one,
  const unused = () => {
    return x + 1
  }

  const used = () => {
    return leaf(x) /* nor this
    one */
  }
  return used() + (x < 0 ? unused() : 0)
}
export const other = () => {
  return 0
}
`
const b = `export const leaf = (x: number) =>
  x + 1
`

it("counts the lines of the functions that a call runs, without comments, blank lines and functions that do not run", () => {
  expect(linesOf({ "a.ts": a, "b.ts": b }, "a.outer(1)")).toEqual([{ "a.ts": 7, "b.ts": 2 }, 9])
})

it("counts a nested function if the call runs it", () => {
  expect(linesOf({ "a.ts": a, "b.ts": b }, "a.outer(-1)")).toEqual([{ "a.ts": 9, "b.ts": 2 }, 11])
})

it("counts functions that run after an await, and a function that runs twice only once", () => {
  expect(linesOf({ "a.ts": a, "b.ts": b }, "Promise.resolve().then(a.other).then(a.other)")).toEqual([{ "a.ts": 3 }, 3])
})
