import { Plan, TrackedEvent } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { assert, describe, it } from "vitest"
import { arrivesWholeUnlessFound } from "../../../fixtures/plans/whole.ts"
import { against, track } from "../test/against.ts"
import { support } from "./PlanSupport.ts"

/** What each rule says of a plan. */
const said = (plan: Plan.Plan) =>
  support.rules.flatMap(({ find, name }) =>
    find(Plan.describe(plan)).map(
      ({ event, key, what }) => `${name}: ${event}${key === undefined ? "" : ` ${key}`}: ${what}`
    )
  )

/** A type of lists in lists. */
const lists = (depth: number): Schema.Codec<any> => (depth === 0 ? Schema.Int : Schema.Array(lists(depth - 1)))

describe("amplitude-limits", () => {
  it("finds what is nested too deep, which is one level less in traits", () => {
    const plan = Plan.make(TrackedEvent.make("orderPlaced", { properties: { deep: lists(40), fine: lists(39) } })).pipe(
      Plan.calls({ identify: { deep: lists(39), fine: lists(38) } })
    )
    const what = (levels: number) =>
      `its lists and objects are nested deeper than the ${levels} levels that Amplitude takes`
    assert.deepStrictEqual(said(plan), [
      `amplitude-limits: orderPlaced deep: ${what(39)}`,
      `amplitude-limits: identify deep: ${what(38)}`
    ])
  })
})

describe("amplitude-reserved", () => {
  it("finds events with names of Amplitude's own", () => {
    const plan = Plan.make(
      TrackedEvent.make("$identify"),
      TrackedEvent.make("[Amplitude] Revenue"),
      TrackedEvent.make("$seen")
    )
    assert.deepStrictEqual(said(plan), [
      "amplitude-reserved: $identify: Amplitude reserves the name $identify",
      "amplitude-reserved: [Amplitude] Revenue: Amplitude reserves the name [Amplitude] Revenue"
    ])
  })
})

it("an event arrives whole if no rule finds anything, and else does not", () =>
  arrivesWholeUnlessFound(support.rules, (sent) =>
    Effect.gen(function* () {
      const messages = sent.map(({ index, ...more }) => track({ messageId: `m${index}`, ...more }))
      const { events, outcomes } = yield* against(messages)
      const stored = new Map(events.map((event) => [event.insert_id, event.event_properties]))
      return sent.map(({ index }) => (outcomes[index] === "Delivered" ? stored.get(`m${index}`) : undefined))
    })
  ))
