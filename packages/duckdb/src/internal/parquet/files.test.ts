import type { Rows } from "@trackmap/warehouse/Rows"
import * as Table from "@trackmap/warehouse/Table"
import { assert, it } from "vitest"
import { dialect } from "../write/dialect.ts"
import { byDay } from "./files.ts"

const micros = (text: string) => dialect.encode.timestamp(text)

/** The rows of misfits, of which some have no time. */
const rowsAt = (...times: ReadonlyArray<string | undefined>): Rows => ({
  table: Table.misfits,
  size: times.length,
  ids: times.map((_, row) => String(row)),
  columns: Table.misfits.columns.map(({ name }) =>
    times.map((time) =>
      name === "timestamp"
        ? time === undefined
          ? null
          : micros(time)
        : name === "loaded_at"
          ? micros("2026-03-01T00:00:00Z")
          : ""
    )
  )
})

it("rows are divided by the day of their time in UTC, or else of loading, whatever their order", () => {
  const rows = rowsAt(
    "2026-01-01T23:59:59.999999Z",
    "2026-01-02T00:00:00Z",
    "2026-01-02T00:30:00+01:00",
    undefined,
    "1969-12-31T23:59:59.999999Z",
    "1970-01-01T00:00:00Z",
    "+275760-09-13T00:00:00Z",
    "2026-01-02T12:00:00Z"
  )
  assert.deepStrictEqual(
    [...byDay(rows)],
    [
      ["day=2026-01-01", [0, 2]],
      ["day=2026-01-02", [1, 7]],
      ["day=2026-03-01", [3]],
      ["day=1969-12-31", [4]],
      ["day=1970-01-01", [5]],
      ["day=+275760-09-13", [6]]
    ]
  )
})
