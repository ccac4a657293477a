import { describe, expect, it } from "vitest"
import { sorted } from "./order.ts"

type Cells = ReadonlyArray<string | number | boolean | null>

const ordered = (is: "ascending" | "descending", ...cells: Cells): Cells =>
  sorted(
    cells.map((cell) => [cell]),
    { column: 0, is }
  ).map(([cell]) => cell as Cells[number])

describe("the order of rows", () => {
  it("is that of numbers and of texts, with nothing at the end", () => {
    expect(ordered("ascending", 10, null, 9, -1)).toEqual([-1, 9, 10, null])
    expect(ordered("descending", 10, null, 9, -1)).toEqual([10, 9, -1, null])
    expect(ordered("ascending", "b", "a", "", null, "c")).toEqual(["", "a", "b", "c", null])
    expect(ordered("descending", false, true)).toEqual([true, false])
  })

  it("is that of numbers for integers that are texts", () => {
    expect(ordered("ascending", "9007199254740993", 10, "-9007199254740993", 9)).toEqual([
      "-9007199254740993",
      9,
      10,
      "9007199254740993"
    ])
  })
})
