import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as fc from "fast-check"
import type { Actor } from "../../Actor.ts"
import * as drafts from "./draft.ts"
import { record } from "../event/shape.ts"
import type { CallOptions } from "./model.ts"

const none = Context.empty()
const call = { type: "track", event: "ping", properties: { n: 1 } } as const

const drafted = (actor: unknown, options?: unknown, context: Context.Context<never> = none) => {
  const findings = new drafts.Findings("ping")
  const fields: drafts.CallFields<"track"> = { ...call }
  const draft = drafts.complete(fields, { context, actor: actor as Actor, options: options as CallOptions }, findings)
  return { draft, violations: findings.found.map(({ violation }) => violation) }
}
const cleaned = (fields: drafts.CallFields<"track">) => {
  const findings = new drafts.Findings("ping")
  const { properties } = drafts.cleanFields(fields, findings)
  return { properties, violations: findings.found.map(({ violation }) => violation) }
}

describe("a draft", () => {
  it("has the call's own keys first, then an id and a time, who acts, and the contexts of actor and call", () => {
    const timestamp = new Date(0)
    const actor = { userId: "u", anonymousId: "a", context: { ip: "::1", locale: "en" } }
    const { draft } = drafted(actor, { timestamp, context: { locale: "fr" }, integrations: { All: true } })
    assert.deepStrictEqual(Object.entries(draft), [
      ["type", "track"],
      ["event", "ping"],
      ["properties", { n: 1 }],
      ["messageId", draft.messageId],
      ["timestamp", "1970-01-01T00:00:00.000Z"],
      ["userId", "u"],
      ["anonymousId", "a"],
      ["context", { ip: "::1", locale: "fr" }],
      ["integrations", { All: true }]
    ])
  })

  it.each([undefined, null, ""])("has no more than there is, and no id that is %o", (empty) => {
    const { draft, violations } = drafted({ userId: empty, anonymousId: empty }, { messageId: "m" })
    assert.deepStrictEqual(Object.keys(draft), ["type", "event", "properties", "messageId", "timestamp"])
    assert.deepStrictEqual(violations, [])
    assert.match(drafted({}, { messageId: empty }).draft.messageId, /^[0-9a-f-]{36}$/)
  })

  it("has the text of an id that code without types gives as something else, which is a violation", () => {
    const id = { toJSON: () => "507f" }
    const { draft, violations } = drafted({ userId: 42, anonymousId: 7n }, { messageId: id })
    assert.deepStrictEqual([draft.messageId, draft.userId, draft.anonymousId], ["507f", "42", "7"])
    assert.deepStrictEqual(violations, [
      { path: "ping.messageId", expected: "a string", actual: "an object" },
      { path: "ping.userId", expected: "a string", actual: "an integer" },
      { path: "ping.anonymousId", expected: "a string", actual: "a bigint" }
    ])
  })

  it.each([Number.NaN, {}, Symbol("id"), () => "id", { toJSON: () => "" }])(
    "has no id that has no text: %o",
    (userId) => {
      const { draft, violations } = drafted({ userId })
      assert.notProperty(draft, "userId")
      assert.deepStrictEqual(
        violations.map(({ path }) => path),
        ["ping.userId"]
      )
    }
  )

  it("has the contexts as they are at the call, without the keys that have no JSON", () => {
    const page = { path: "/a" }
    const { draft, violations } = drafted(
      { context: { page, n: Number.NaN, left: undefined } },
      { context: { at: new Date(Number.NaN), page: { title: "A" } } }
    )
    page.path = "/later"
    assert.deepStrictEqual(draft.context, { page: { path: "/a", title: "A" } })
    assert.deepStrictEqual(violations, [
      { path: "ping.context.n", expected: "a JSON value", actual: "NaN" },
      { path: "ping.context.at", expected: "a JSON value", actual: "an invalid Date" }
    ])
  })

  it("is of now where its time is none", () => {
    const { draft, violations } = drafted({}, { timestamp: new Date(Number.NaN) })
    assert.strictEqual(new Date(draft.timestamp).toISOString(), draft.timestamp)
    assert.deepStrictEqual(violations, [
      { path: "ping.timestamp", expected: "a valid Date", actual: "an invalid Date" }
    ])
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 10n, "10", null])(
    "has the system's time where the clock says %o",
    (now) => {
      const clock = { currentTimeMillisUnsafe: () => now as number } as Clock.Clock
      const { draft } = drafted({}, undefined, Context.make(Clock.Clock, clock))
      assert.strictEqual(new Date(draft.timestamp).toISOString(), draft.timestamp)
    }
  )

  it("is a message as it is exactly where it has JSON", () => {
    const { draft } = drafted({})
    assert.isTrue(drafts.hasJson(draft))
    assert.isFalse(drafts.hasJson({ ...draft, properties: { n: 1n } }))
  })
})

describe("the fields of a call", () => {
  it("are their JSON, where nothing is wrong", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { properties, violations } = cleaned({ ...call, properties: { value } })
        assert.deepStrictEqual(properties, JSON.parse(JSON.stringify({ value })))
        assert.deepStrictEqual(violations, [])
      })
    )
  })

  it("lack what has no JSON, which is a violation", () => {
    const { properties, violations } = cleaned({ ...call, properties: { n: 1, big: 1n, nan: Number.NaN } })
    assert.deepStrictEqual(properties, { n: 1 })
    assert.deepStrictEqual(violations, [
      { path: "ping.properties.big", expected: "a JSON value", actual: "a bigint" },
      { path: "ping.properties.nan", expected: "a JSON value", actual: "NaN" }
    ])
  })
})

describe("a key without JSON", () => {
  it("is named where it looks like a name in code, or is of the Segment Spec or the plan, and else not", () => {
    const shape = {
      values: record([["Plan Name", "plain"]]),
      context: record([["my app", "plain"]]),
      hashed: false,
      plan: undefined
    }
    const findings = new drafts.Findings("ping", shape)
    const nan = Number.NaN
    const keys = {
      plan: nan,
      $email: nan,
      "Plan Name": nan,
      "peach@toadtown.example": nan,
      "a\u001b[31m": nan,
      ["k".repeat(99)]: nan
    }
    drafts.cleanFields({ type: "track", properties: keys }, findings)
    drafts.complete(
      {},
      { context: none, actor: { context: { "my app": nan, "other app": nan } }, options: undefined },
      findings
    )
    assert.deepStrictEqual(
      findings.found.map(({ violation }) => violation.path),
      ["properties.plan", "properties.$email", "properties.Plan Name", "properties.*"]
        .concat(["context.my app", "context.*"])
        .map((path) => `ping.${path}`)
    )
  })
})
