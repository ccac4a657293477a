import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as fc from "fast-check"
import { Tolerance } from "../value/tolerance.ts"
import * as drafts from "./draft.ts"

const none = Context.empty()
const call = { type: "track", event: "ping", properties: { n: 1 } } as const

const messageOf = (draft: drafts.Draft<"track">) => {
  const tolerance = new Tolerance(false)
  const message = drafts.messageOf(none, draft, "ping", tolerance)
  return { message, violations: tolerance.found.map(({ violation }) => violation) }
}

describe("a draft", () => {
  it("has the call's own keys first, then an id and a time, who acts, and the contexts of actor and call", () => {
    const timestamp = new Date(0)
    const actor = { userId: "u", anonymousId: "a", context: { ip: "::1", locale: "en" } }
    const draft = drafts.make(none, actor, call, { timestamp, context: { locale: "fr" }, integrations: { All: true } })
    assert.deepStrictEqual(Object.entries(draft), [
      ["type", "track"],
      ["event", "ping"],
      ["properties", { n: 1 }],
      ["messageId", draft.messageId],
      ["timestamp", timestamp],
      ["userId", "u"],
      ["anonymousId", "a"],
      ["context", { ip: "::1", locale: "fr" }],
      ["integrations", { All: true }]
    ])
  })

  it("has no more than there is", () => {
    assert.deepStrictEqual(Object.keys(drafts.make(none, {}, call, { messageId: "m" })), [
      "type",
      "event",
      "properties",
      "messageId",
      "timestamp"
    ])
  })

  it("is a message as it is exactly where it has JSON", () => {
    assert.isTrue(drafts.hasJson(drafts.make(none, {}, call)))
    assert.isFalse(drafts.hasJson(drafts.make(none, {}, { ...call, properties: { n: 1n } })))
  })

  it("becomes a message that is its JSON, where nothing is wrong", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.date({ noInvalidDate: true }), (value, timestamp) => {
        const draft = drafts.make(none, {}, { ...call, properties: { value } }, { timestamp })
        const { message, violations } = messageOf(draft)
        assert.deepStrictEqual(message, JSON.parse(JSON.stringify(draft)))
        assert.deepStrictEqual(violations, [])
      })
    )
  })

  it("becomes a message without what has no JSON, which is a violation", () => {
    const draft = drafts.make(none, {}, { ...call, properties: { n: 1, big: 1n } })
    const { message, violations } = messageOf(draft)
    assert.deepStrictEqual(message.properties, { n: 1 })
    assert.deepStrictEqual(violations, [
      { path: "ping.properties.big", expected: "something that has JSON", actual: "a bigint" }
    ])
  })

  it("becomes a message of now where its time is none", () => {
    const draft = drafts.make(none, {}, call, { timestamp: new Date(Number.NaN) })
    const { message, violations } = messageOf(draft)
    assert.strictEqual(new Date(message.timestamp).toISOString(), message.timestamp)
    assert.deepStrictEqual(violations, [
      { path: "ping.timestamp", expected: "a valid Date", actual: "an invalid Date" }
    ])
  })
})
