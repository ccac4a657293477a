import { EventSink, HttpTransport, type Message, Plan, TrackedEvent } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { assert, describe, it } from "vitest"
import { arrivesWholeUnlessFound } from "../../../fixtures/plans/whole.ts"
import { GA4Server } from "../../testing/src/index.ts"
import { GA4 } from "./index.ts"
import { support } from "./PlanSupport.ts"

/** What each rule says of a plan. */
const said = (plan: Plan.Plan) =>
  support.rules.flatMap(({ find, name }) =>
    find(Plan.describe(plan)).map(
      ({ event, key, what }) => `${name}: ${event}${key === undefined ? "" : ` ${key}`}: ${what}`
    )
  )
const planOf = (name: string, properties: Schema.Struct.Fields = {}) =>
  Plan.make(TrackedEvent.make(name, { properties }))
const fields = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, Schema.Int]))

describe("ga4-limits", () => {
  it("finds names that Google ignores, in the snake_case of the sink", () => {
    assert.isEmpty(said(planOf("Order Placed", { a: Schema.Int })))
    const what = "has other characters than letters, digits and underscores, or does not begin with a letter"
    assert.deepStrictEqual(said(planOf("größe")), [`ga4-limits: größe: Google's name for it, größe, ${what}`])
    const [long, key] = ["o".repeat(41), "k".repeat(41)]
    assert.deepStrictEqual(said(planOf(long, { [key]: Schema.Int })), [
      `ga4-limits: ${long}: Google's name for it, ${long}, has more than 40 characters`,
      `ga4-limits: ${long} ${key}: the key has more than 40 characters`
    ])
  })

  it("counts the keys that Google can store, with room for the sink's own", () => {
    const others = { list: Schema.Array(Schema.Int), object: Schema.Struct({ a: Schema.Int }) }
    assert.isEmpty(said(planOf("seen", { ...fields(23), ...others })))
    assert.deepStrictEqual(said(planOf("seen", fields(24))), [
      "ga4-limits: seen: it has 24 keys that Google can store, and there is room for 23"
    ])
    assert.isEmpty(said(Plan.calls(planOf("seen"), { identify: fields(24) })))
  })
})

describe("ga4-reserved", () => {
  it("finds the names of Google's own, and of the sink's", () => {
    const properties = {
      firebase_conversion: Schema.Int,
      ga_x: Schema.Int,
      session_id: Schema.String,
      total: Schema.Int
    }
    assert.deepStrictEqual(said(planOf("sessionStart", properties)), [
      "ga4-reserved: sessionStart: Google reserves the name session_start",
      "ga4-reserved: sessionStart firebase_conversion: Google reserves the parameter firebase_conversion",
      "ga4-reserved: sessionStart ga_x: Google reserves the parameter ga_x",
      "ga4-reserved: sessionStart session_id: the sink writes the parameter session_id itself"
    ])
  })
})

/** Google's parameters are as they were sent, if they have the text of each value that Google can store. */
const asSent = (properties: Readonly<Record<string, unknown>>, params: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(properties).filter(([key, value]) => typeof value === "object" || params[key] === String(value))
  )

it("an event arrives whole if no rule finds anything, and else does not", () =>
  arrivesWholeUnlessFound(support.rules, (sent) =>
    Effect.gen(function* () {
      const server = yield* GA4Server.make({ apiSecret: "a-secret" })
      const apiSecret = Redacted.make("a-secret")
      const sink = GA4.sink({ measurementId: "G-TEST", apiSecret, endpoint: server.url, sessionId: () => "17" })
      const timestamp = new Date().toISOString()
      const messages = sent.map(({ index, ...more }): Message.Track => ({
        type: "track",
        anonymousId: `1.${index}`,
        messageId: `m${index}`,
        timestamp,
        ...more
      }))
      yield* EventSink.deliver(sink, messages)
      const stored = new Map((yield* server.events).map(({ clientId, params }) => [clientId, params]))
      return sent.map(({ index, properties }) => {
        const params = stored.get(`1.${index}`)
        return params && asSent(properties, params)
      })
    }).pipe(Effect.provide(HttpTransport.layerFetch))
  ))
