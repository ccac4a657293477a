import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import type { Track } from "../../Message.ts"
import * as Receipt from "../../Receipt.ts"
import { invalidRow } from "../base/fault.ts"
import { MessageShapes } from "../event/messageShape.ts"
import { Tolerance } from "../value/tolerance.ts"
import type { Rules } from "./rules.ts"
import { ViolationLog } from "./violationLog.ts"
import * as violations from "./violations.ts"

const shape = new MessageShapes(undefined).ofCall("identify")
const rules: Rules = { name: "ping", purposes: [], shape, relations: "omit", validation: "strip", own: {} }
const error = invalidRow("ping", "ping.properties.n", "an integer", "one")

/** A relation that fails, and a value that its schema refuses. */
const tolerance = new Tolerance(false)
tolerance.add(invalidRow("Order", "Order.lines", "rows", undefined), true)
const [relation] = tolerance.found
tolerance.add(error, false)
const { found } = tolerance

const message: Track = { type: "track", event: "ping", properties: {}, messageId: "m", timestamp: "2026-01-01" }

describe("what is wrong with a message", () => {
  it("fails no call by default, nor rejects the message", () => {
    assert.isUndefined(violations.failureOf(rules, found))
    assert.isUndefined(violations.rejectionOf(rules, found))
  })

  it("fails a call, typed, where the event itself says so", () => {
    const own = { ...rules, validation: "fail", own: { validation: "fail" } } as const
    assert.deepStrictEqual(Effect.runSyncExit(violations.failureOf(own, found)!), Exit.fail(error))
  })

  it("kills the caller where only the tracker says so", () => {
    const exit = Effect.runSyncExit(violations.failureOf({ ...rules, validation: "fail" }, found)!)
    assert.deepStrictEqual(exit, Exit.die(error))
  })

  it("fails for relations by the rule for relations, and for values by that for values", () => {
    assert.isDefined(violations.failureOf({ ...rules, relations: "fail" }, [relation!]))
    assert.isUndefined(violations.failureOf({ ...rules, validation: "fail" }, [relation!]))
  })

  it("sends a message with a wrong value to the dead letters where the rules say so, but not for a relation", () => {
    const dead = { ...rules, validation: "deadLetter" } as const
    const rejected = Receipt.rejected("not valid: ping.properties.n: expected an integer, got a string of length 3")
    assert.deepStrictEqual(violations.rejectionOf(dead, found), rejected)
    assert.isUndefined(violations.rejectionOf(dead, [relation!]))
  })

  it("stands in the message's context, beside what is there, on a copy of the message", () => {
    const annotated = violations.annotate({ ...message, context: { ip: "::1" } }, found)
    const said = found.map(({ violation }) => violation)
    assert.deepStrictEqual(annotated, { ...message, context: { ip: "::1", violations: said } } as never)
    assert.isUndefined(message.context)
  })
  /** A wrong column in each of a thousand lines, followed by a different mistake. */
  const many = new Tolerance(false)
  for (let i = 0; i < 1000; i++) many.add(invalidRow("Order", `Order.lines[${i}].qty`, "an integer", "one"), false)
  many.add(invalidRow("Order", "Order.total", "x".repeat(5_000), "one"), false)

  it("is named ten times at the most, of every place at least once, and the rest is counted", () => {
    const { context } = violations.annotate(message, many.found)
    const { violations: named, violationsOmitted } = context as {
      violations: Array<{ path: string }>
      violationsOmitted: number
    }
    assert.deepStrictEqual(
      named.map(({ path }) => path),
      [...Array.from({ length: 9 }, (_, i) => `Order.lines[${i}].qty`), "Order.total"]
    )
    assert.strictEqual(violationsOmitted, 991)
    assert.isBelow(JSON.stringify(context).length, 2_000)
    assert.notProperty(violations.annotate(message, found).context, "violationsOmitted")
  })

  it.effect("makes one log line that is as short, and counts the rest", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make(({ message: text }) => void lines.push(String(text)))
      yield* Effect.provide(new ViolationLog().add(rules.name, many.found, 0)!, Logger.layer([logger]))
      assert.strictEqual(lines.length, 1)
      assert.match(
        lines[0]!,
        /^ping: Order\.lines\[0\]\.qty: expected an integer, got a string of length 3; .*; and 991 more$/
      )
      assert.isBelow(lines[0]!.length, 2_000)
    })
  )
})
