import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { invalidRow } from "../base/fault.ts"
import { Tolerance } from "../value/tolerance.ts"
import { ViolationLog } from "./violationLog.ts"

const linesOf = (line: Effect.Effect<void> | undefined): ReadonlyArray<string> => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message }) => void lines.push(String(message)))
  if (line !== undefined) Effect.runSync(Effect.provide(line, Logger.layer([logger])))
  return lines
}

/** Violations at some paths of an event. */
const at = (event: string, ...paths: ReadonlyArray<string>) => {
  const tolerance = new Tolerance(false)
  for (const path of paths) tolerance.add(invalidRow(event, path, "an integer", "one"), false)
  return tolerance.found
}

const text = (path: string): string => `${path}: expected an integer, got a string of length 3`

describe("the log of violations", () => {
  it("has one line a minute for each path of an event, and tells how many it has not shown", () => {
    const log = new ViolationLog()
    const lines = Array.from({ length: 5_000 }, (_, n) =>
      linesOf(log.add("placed", at("placed", "Order.total"), n))
    ).flat()
    assert.deepStrictEqual(lines, [`placed: ${text("Order.total")}`])
    assert.deepStrictEqual(linesOf(log.add("placed", at("placed", "Order.total"), 60_000)), [
      `placed: ${text("Order.total")} (and 4999 more before)`
    ])
  })

  it("tells another path, and another event, at once", () => {
    const log = new ViolationLog()
    linesOf(log.add("placed", at("placed", "Order.total"), 0))
    assert.deepStrictEqual(linesOf(log.add("placed", at("placed", "Order.total", "Order.id"), 1)), [
      `placed: ${text("Order.id")}`
    ])
    assert.deepStrictEqual(linesOf(log.add("paid", at("paid", "Order.total"), 1)), [`paid: ${text("Order.total")}`])
  })

  it("tells what no line has told yet when it is flushed, once", () => {
    const log = new ViolationLog()
    for (let n = 0; n < 3; n++) linesOf(log.add("placed", at("placed", "Order.total"), n))
    linesOf(log.add("placed", at("placed", "Order.id"), 5))
    linesOf(log.add("placed", at("placed", "Order.id"), 6))
    assert.deepStrictEqual(linesOf(log.flush()), [
      "placed: 3 more violations like those before: 2 of Order.total, 1 of Order.id"
    ])
    assert.deepStrictEqual(linesOf(log.flush()), [])
  })

  it("names at most ten violations in a line, one of each place first, and takes a list's rows for one place", () => {
    const log = new ViolationLog()
    const rows = Array.from({ length: 1_000 }, (_, n) => `Order.lines[${n}].qty`)
    const [line] = linesOf(log.add("placed", at("placed", ...rows, "Order.total"), 0))
    assert.match(line!, /Order.total: expected an integer, got a string of length 3; and 991 more$/)
    assert.deepStrictEqual(linesOf(log.add("placed", at("placed", ...rows), 1)), [])
    assert.deepStrictEqual(linesOf(log.flush()), [
      "placed: 1000 more violations like those before: 1000 of Order.lines[].qty"
    ])
  })

  it("remembers a limited number of paths, and counts all others of an event as one", () => {
    const log = new ViolationLog()
    const logged = (n: number) => linesOf(log.add("placed", at("placed", `path${n}`), 0)).length
    const lines = Array.from({ length: 3_000 }, (_, n) => logged(n)).reduce((sum, count) => sum + count, 0)
    assert.strictEqual(lines, 1_001)
    assert.deepStrictEqual(linesOf(log.flush()), [
      "placed: 1999 more violations like those before: 1999 of other paths"
    ])
  })
})
