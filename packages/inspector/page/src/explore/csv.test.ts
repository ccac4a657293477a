import { describe, expect, it } from "vitest"
import type { Answered } from "../../../src/internal/protocol.ts"
import { csvOf } from "./csv.ts"

const rowsOf = (
  kind: Answered["columns"][number]["kind"],
  ...cells: ReadonlyArray<Answered["rows"][number][number]>
) => {
  const text = csvOf({ columns: [{ name: "it", kind }], rows: cells.map((cell) => [cell]) })
  return text.slice("\ufeffit\r\n".length, -"\r\n".length).split("\r\n")
}

describe("a result as CSV", () => {
  it("has a header, a line for each row, and marks itself as UTF-8", () => {
    const columns = [
      { name: "Größe", kind: "string" },
      { name: "sum of, qty", kind: "integer" }
    ] as const
    expect(
      csvOf({
        columns,
        rows: [
          ["S", 1],
          ["M", -2]
        ]
      })
    ).toBe(`\ufeffGröße,"sum of, qty"\r\nS,1\r\nM,-2\r\n`)
  })

  it("quotes what has separators, quotes, line breaks or spaces at its ends, and tells null from the empty text", () => {
    expect(rowsOf("string", "a,b", `say "hi"`, "a;b", " a", null, "", "plain text")).toEqual([
      `"a,b"`,
      `"say ""hi"""`,
      `"a;b"`,
      `" a"`,
      "",
      `""`,
      "plain text"
    ])
    expect(csvOf({ columns: [{ name: "it", kind: "string" }], rows: [["two\r\nlines"]] })).toBe(
      `\ufeffit\r\n"two\r\nlines"\r\n`
    )
  })

  it("has no text that a spreadsheet takes for a formula, in cells and in the header", () => {
    const texts = [`=1+1`, `+1`, `-1`, `@SUM(A1)`, ` =1`, `\u200b=1`, `＝1`, `=HYPERLINK("http://evil.example","x")`]
    for (const text of rowsOf("string", ...texts)) expect(text).toMatch(/^"?'/)
    for (const text of ["\t=1", "\r=1"]) {
      expect(csvOf({ columns: [{ name: "it", kind: "json" }], rows: [[text]] })).toContain(`"'${text}"`)
    }
    expect(csvOf({ columns: [{ name: "=1", kind: "string" }], rows: [] })).toBe("\ufeff'=1\r\n")
  })

  it("keeps numbers as they are, also those that are texts because they are large", () => {
    expect(rowsOf("number", -1.5, 1e21, "-9007199254740993", "=1", null)).toEqual([
      "-1.5",
      "1e+21",
      "-9007199254740993",
      "'=1",
      ""
    ])
    expect(rowsOf("string", "-9007199254740993")).toEqual(["'-9007199254740993"])
    expect(rowsOf("boolean", true, false)).toEqual(["true", "false"])
  })

  it("has lists and objects as JSON, and the times of a question as it is told", () => {
    expect(rowsOf("json", [1, "a"], { a: "=1" })).toEqual([`"[1,""a""]"`, `"{""a"":""=1""}"`])
    const columns = [{ name: "day", kind: "timestamp" }] as const
    expect(csvOf({ columns, rows: [["2026-01-01T00:00:00.000Z"]] }, (at) => `<${at}>`)).toContain(
      "<2026-01-01T00:00:00.000Z>"
    )
  })
})
