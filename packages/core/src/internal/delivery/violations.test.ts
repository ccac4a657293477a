import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Track } from "../../Message.ts"
import * as Receipt from "../../Receipt.ts"
import { invalidRow } from "../base/fault.ts"
import { MessageShapes } from "../event/messageShape.ts"
import { Tolerance } from "../value/tolerance.ts"
import type { Rules } from "./rules.ts"
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
})
