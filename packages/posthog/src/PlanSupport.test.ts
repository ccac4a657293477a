import { Plan, TrackedEvent } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { assert, describe, it } from "vitest"
import { arrivesWholeUnlessFound } from "../../../fixtures/plans/whole.ts"
import { against, id, track } from "../test/against.ts"
import { support } from "./PlanSupport.ts"

/** What each rule says of a plan of some events. */
const said = (...events: ReadonlyArray<string>) => {
  const properties = { time: Schema.Date, id: Schema.Int }
  const plan = Plan.describe(Plan.make(...events.map((name) => TrackedEvent.make(name, { properties }))))
  return support.rules.flatMap(({ find, name }) => find(plan).map(({ event, what }) => `${name}: ${event}: ${what}`))
}

describe("posthog-limits", () => {
  it("finds events with names that PostHog drops", () => {
    const [long, longest] = ["é".repeat(101), "é".repeat(100)]
    assert.deepStrictEqual(said(long, longest), [
      `posthog-limits: ${long}: its name has more than the 200 bytes that PostHog takes`
    ])
  })
})

describe("posthog-reserved", () => {
  it("finds events with names of PostHog's own", () => {
    assert.deepStrictEqual(said("$performance_event", "$seen", "seen$"), [
      "posthog-reserved: $performance_event: PostHog accepts no event of the name $performance_event",
      "posthog-reserved: $seen: it begins with $, like PostHog's own events"
    ])
  })
})

it("an event arrives whole if no rule finds anything, and else does not", () =>
  arrivesWholeUnlessFound(support.rules, (sent) =>
    Effect.gen(function* () {
      const messages = sent.map(({ index, ...more }) => track(index, more))
      const { outcomes, raw } = yield* against([], messages)
      const stored = new Map(raw.map(({ properties, uuid }) => [uuid, properties]))
      return sent.map(({ index }) => (outcomes[index] === "Delivered" ? stored.get(id(index)) : undefined))
    })
  ))
