import * as Effect from "effect/Effect"
import { assert, describe, it } from "vitest"
import { arrivesWholeUnlessFound } from "../../../fixtures/plans/whole.ts"
import { Plan, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"
import { against, track } from "../test/against.ts"
import { support } from "./PlanSupport.ts"

/** What each rule says of a plan, without its remedies. */
const said = (plan: Plan.Plan) =>
  support.rules.flatMap(({ find, name }) =>
    find(Plan.describe(plan)).map(
      ({ event, key, what }) => `${name}: ${event}${key === undefined ? "" : ` ${key}`}: ${what}`
    )
  )

const planOf = (properties: Schema.Struct.Fields, name = "orderPlaced") =>
  Plan.make(TrackedEvent.make(name, { properties }))

describe("mixpanel-limits", () => {
  it("finds names that are too long, what is nested too deep, and too many keys", () => {
    const deep = Schema.Array(Schema.Array(Schema.Array(Schema.Array(Schema.Int))))
    const many = Object.fromEntries(Array.from({ length: 251 }, (_, index) => [`k${index}`, Schema.Int]))
    assert.deepStrictEqual(said(planOf({ deep })), [
      "mixpanel-limits: orderPlaced deep: its lists and objects are nested deeper than the 3 levels that Mixpanel takes"
    ])
    assert.deepStrictEqual(said(planOf(many, "é".repeat(128))), [
      `mixpanel-limits: ${"é".repeat(128)}: its name has more than the 255 bytes that Mixpanel takes`,
      `mixpanel-limits: ${"é".repeat(128)}: it has 251 keys, and Mixpanel takes 250`
    ])
  })

  it("takes more traits than properties", () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, Schema.Int]))
    const plan = Plan.make(TrackedEvent.make("orderPlaced"))
    assert.isEmpty(said(Plan.calls(plan, { identify: many })))
    assert.deepStrictEqual(said(Plan.calls(plan, { page: many })), [
      "mixpanel-limits: page: it has 300 keys, and Mixpanel takes 250"
    ])
  })
})

describe("mixpanel-reserved", () => {
  it("finds the names of Mixpanel's own", () => {
    const plan = Plan.make(
      TrackedEvent.make("$merge", { properties: { time: Schema.Date, at: Schema.Date } }),
      TrackedEvent.make("mp_seen")
    ).pipe(Plan.calls({ identify: { time: Schema.Date }, page: { ip: Schema.String } }))
    assert.deepStrictEqual(said(plan), [
      "mixpanel-reserved: $merge: Mixpanel reads an event of the name $merge as a change of ids",
      'mixpanel-reserved: $merge time: Mixpanel or its sink uses the key "time" itself',
      "mixpanel-reserved: mp_seen: it begins with mp_, like Mixpanel's own events",
      'mixpanel-reserved: page ip: Mixpanel or its sink uses the key "ip" itself'
    ])
  })
})

it("an event arrives whole if no rule finds anything, and else does not", () =>
  arrivesWholeUnlessFound(support.rules, (sent) =>
    Effect.gen(function* () {
      const messages = sent.map(({ index, ...more }) => track(`m${index}`, more))
      const { events, outcomes } = yield* against([], messages)
      const stored = new Map(events.map(({ properties }) => [properties["$insert_id"], properties]))
      return sent.map(({ index }) => (outcomes[index] === "Delivered" ? stored.get(`m${index}`) : undefined))
    })
  ))
