import { describe, expect, it } from "vitest"
import type { ShownTable } from "../../../src/internal/protocol.ts"
import { type Asking, fitted, nothing, questionOf, readAddress, writeAddress } from "./asking.ts"

const column = (name: string, kind: ShownTable["columns"][number]["kind"]) => ({
  name,
  kind,
  group: "Line",
  label: name
})

const table: ShownTable = {
  name: "order_placed",
  event: "orderPlaced",
  rows: 3,
  hidden: 0,
  columns: [
    column("qty", "integer"),
    column("sku", "string"),
    column("isNew", "boolean"),
    column("at", "timestamp"),
    column("lines", "json")
  ]
}

const asking: Asking = {
  ...nothing(),
  table: "order_placed",
  measure: "sum:qty",
  by: ["sku", "isNew"],
  every: "day",
  zone: "Europe/Berlin"
}

const now = Date.parse("2026-11-30T12:00:00Z")

describe("a question", () => {
  it("is asked with what is chosen", () => {
    expect(questionOf(asking, table, now)).toEqual({
      table: "order_placed",
      measure: { of: "sum", key: "qty" },
      groupBy: ["sku", "isNew"],
      every: "day",
      timeZone: "Europe/Berlin",
      filters: []
    })
    expect(questionOf({ ...nothing(), table: "order_placed", zone: "UTC", measure: "users" }, table, now)).toEqual({
      table: "order_placed",
      measure: { of: "users" },
      groupBy: [],
      timeZone: "UTC",
      filters: []
    })
  })

  it("has a period up to now, or between two local times of its zone", () => {
    expect(questionOf({ ...asking, period: "24h" }, table, now)).toMatchObject({ from: "2026-11-29T12:00:00.000Z" })
    const between = { ...asking, period: "between", from: "2026-11-01T00:00", to: "" } as const
    expect(questionOf(between, table, now)).toMatchObject({ from: "2026-10-31T23:00:00.000Z" })
    expect(questionOf(between, table, now)).not.toHaveProperty("to")
    const until = questionOf({ ...between, from: "soon", to: "2026-07-01T00:00" }, table, now)
    expect(until.to).toBe("2026-06-30T22:00:00.000Z")
    expect(until).not.toHaveProperty("from")
  })

  it("has filters with values of their keys' kinds, and leaves out those that are not complete", () => {
    const filters = [
      { key: "qty", is: ">", value: "2.5" },
      { key: "qty", is: "=", value: "9007199254740993" },
      { key: "qty", is: "<", value: "many" },
      { key: "qty", is: "<", value: "" },
      { key: "sku", is: "contains", value: "duck" },
      { key: "isNew", is: "=", value: "false" },
      { key: "at", is: ">=", value: "2026-01-01T00:00" },
      { key: "lines", is: "not null", value: "" }
    ] as const
    expect(questionOf({ ...asking, filters }, table, now).filters).toEqual([
      { key: "qty", is: ">", value: 2.5 },
      { key: "qty", is: "=", value: "9007199254740993" },
      { key: "sku", is: "contains", value: "duck" },
      { key: "isNew", is: "=", value: false },
      { key: "at", is: ">=", value: "2025-12-31T23:00:00.000Z" },
      { key: "lines", is: "not null" }
    ])
  })

  it("drops what another table does not have", () => {
    const other = { ...table, name: "other", columns: [column("sku", "string"), column("qty", "string")] }
    const filters = [
      { key: "isNew", is: "=", value: "true" },
      { key: "qty", is: ">", value: "1" }
    ] as const
    expect(fitted({ ...asking, by: ["sku", "sku", "gone"], filters }, other)).toMatchObject({
      table: "other",
      measure: "count",
      by: ["sku"],
      filters: [{ key: "qty", is: "=", value: "1" }]
    })
  })
})

describe("the address of a question", () => {
  it("is read as it was written, whatever the names are", () => {
    const hostile = `"><img src=x>&by=#%\u202e"`
    const asked: Asking = {
      ...asking,
      table: hostile,
      measure: `average:${hostile}`,
      by: [hostile, "="],
      period: "between",
      from: "2026-11-01T00:00",
      to: "2026-11-02T00:00",
      filters: [{ key: hostile, is: "!=", value: hostile }]
    }
    for (const [one, sql] of [
      [asking, undefined],
      [asked, undefined],
      [nothing(), undefined],
      [asked, `SELECT '#' -- ${hostile}`],
      [nothing(), ""]
    ] as const) {
      expect(readAddress(writeAddress(one, sql))).toEqual({ asking: one, sql })
    }
  })

  it("can have anything in it, since anybody can write one", () => {
    expect(readAddress("")).toBeUndefined()
    expect(readAddress("#event=explore")).toBeUndefined()
    expect(readAddress("#explorer?table=a")).toBeUndefined()
    const wrong = `#explore?table=a&every=second&zone=Mars&period=now&by=a&by=b&by=c&where=1&where=[&where=["a","like","b"]&where=["a","=",1]`
    expect(readAddress(wrong)).toEqual({ asking: { ...nothing(), table: "a", by: ["a", "b"] }, sql: undefined })
  })
})
