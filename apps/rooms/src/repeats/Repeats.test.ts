import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { inRepository } from "../../test/repository.ts"
import * as Repeats from "./Repeats.ts"

const find = (files: Readonly<Record<string, string>>) => inRepository(files, Repeats.find)

/** Statements, one a line, none like another. */
const lines = (count: number, from = 0): string =>
  Array.from({ length: count }, (_, index) => `step(${from + index})\n`).join("")

it("the script prints each pair, and exits with 1", () => {
  const main = fileURLToPath(new URL("main.ts", import.meta.url))
  const { status, stdout } = inRepository({ "apps/a/a.ts": lines(10), "apps/a/b.ts": lines(10) }, (root) =>
    spawnSync(process.execPath, [main, root], { encoding: "utf8" })
  )
  expect(stdout).toBe("10 lines: apps/a/a.ts:1 and apps/a/b.ts:1\nRepeats of ten lines or more: 1.\n")
  expect(status).toBe(1)
})

describe("ten equal lines in a row", () => {
  it("are found once, with where they begin in both files and how many there are", () => {
    expect(
      find({
        "packages/a/src/a.ts": `first()\n${lines(12)}last()\n`,
        "compat/src/b.test.ts": `${lines(3, 100)}${lines(12)}end()\n`
      })
    ).toEqual(["12 lines: compat/src/b.test.ts:4 and packages/a/src/a.ts:2"])
  })

  it("are found within one file, and in each pair of three", () => {
    expect(find({ "scripts/a.ts": `${lines(10)}between()\n${lines(10)}` })).toEqual([
      "10 lines: scripts/a.ts:1 and scripts/a.ts:12"
    ])
    expect(find({ "apps/a.ts": lines(10), "apps/b.ts": lines(10), "apps/c.ts": lines(10) })).toHaveLength(3)
  })

  it("are found whatever their indentation, and the comments and blank lines between them", () => {
    const spaced = lines(10).replaceAll("\n", " // as it is\n\n  /* and\n  so on */\n  ")
    expect(find({ "apps/a.ts": lines(10), "apps/b.ts": `{\n${spaced}\n}` })).toEqual([
      "10 lines: apps/a.ts:1 and apps/b.ts:2"
    ])
  })

  it("are not nine, nor the end of one file with the start of the next", () => {
    expect(find({ "apps/a.ts": `${lines(9)}other()`, "apps/b.ts": lines(9), "apps/c.ts": lines(1, 9) })).toEqual([])
    expect(find({ "apps/a.ts": lines(5), "apps/b.ts": lines(5, 5), "apps/c.ts": lines(10) })).toEqual([])
  })

  it("are not lists of imports, exports or type parameters, nor files that are built or installed", () => {
    const names = Array.from({ length: 12 }, (_, index) => `  Name${index}`).join(",\n")
    const list = `import {\n${names}\n} from "./a.ts"\nexport {\n${names}\n}\nexport const f: <\n${names}\n>() => void`
    expect(find({ "apps/a.ts": list, "apps/b.ts": list })).toEqual([])
    expect(find({ "apps/a.ts": lines(10), "apps/dist/a.ts": lines(10), "apps/node_modules/a.ts": lines(10) })).toEqual(
      []
    )
  })
})
