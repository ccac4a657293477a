import { type Description, Entity, Plan, PlanSupport, TrackedEvent } from "@trackmap/core"
import * as fc from "fast-check"
import { plan as anyPlan } from "../../../fixtures/plans/generated.ts"
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

/** The groups and the events of a plan, and what they lack. */
const exported = (plan: Description.Plan) => {
  const { files, losses } = support.formats[0]!.write(plan, PlanSupport.noSettings)
  const [groups, events]: ReadonlyArray<ReadonlyArray<any>> = [...files.values()].map((text) => JSON.parse(text))
  return { groups: groups!, events: events!, losses, files: [...files.keys()] }
}

describe("the export posthog", () => {
  const Order = Entity.make("Order", {
    key: "id",
    attributes: { id: Schema.Int, placedAt: Schema.NullOr(Schema.Date), note: Schema.optional(Schema.Boolean) }
  }).pipe(Entity.annotate({ description: "An order." }))

  it("has a group for each entity, which its events share, and one for an event's own properties", () => {
    const plan = Plan.make(
      TrackedEvent.make("orderPlaced", {
        entities: { order: Order },
        properties: { tags: Schema.Array(Schema.String) }
      }).pipe(TrackedEvent.annotate({ description: "An order was placed.", tags: ["sales"], owner: "Shop" })),
      TrackedEvent.make("orderPaid", { entities: { order: Order } }),
      TrackedEvent.make("seen")
    ).pipe(Plan.calls({ identify: { tier: Schema.String }, page: { url: Schema.String } }))
    const { events, files, groups, losses } = exported(Plan.describe(plan))
    const property = (name: string, property_type: string, is_required = true) => {
      return { name, property_type, is_required, description: "" }
    }
    assert.deepStrictEqual(files, ["property-groups.json", "events.json"])
    assert.deepStrictEqual(groups, [
      { name: "orderPlaced properties", description: "", properties: [property("tags", "Object")] },
      {
        name: "Order",
        description: "An order.",
        properties: [
          property("Order_id", "Numeric"),
          property("Order_placedAt", "DateTime", false),
          property("Order_note", "Boolean", false)
        ]
      },
      { name: "$pageview properties", description: "", properties: [property("url", "String")] }
    ])
    assert.deepStrictEqual(events, [
      {
        event: "orderPlaced",
        description: "An order was placed.",
        tags: ["sales"],
        property_groups: ["orderPlaced properties", "Order"]
      },
      { event: "orderPaid", property_groups: ["Order"] },
      { event: "seen", property_groups: [] },
      { event: "$pageview", property_groups: ["$pageview properties"] }
    ])
    assert.deepInclude(losses, { name: "orderPlaced", what: "its owner" })
    assert.deepInclude(losses, { name: "orderPlaced", key: "Order_placedAt", what: "that it can be null" })
    assert.deepInclude(losses, {
      name: "identify",
      what: "the traits of identify calls, since property groups belong to events"
    })
  })

  it("has another group for an event with other keys of an entity", () => {
    const less = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } })
    const least = Entity.make("Order", { key: "id", attributes: { id: Schema.Int, x: Schema.Int } })
    const plan = Plan.make(
      ...[Order, less, least, less].map((order, at) => TrackedEvent.make(`seen${at}`, { entities: { order } }))
    )
    assert.deepStrictEqual(
      exported(Plan.describe(plan)).events.map((one) => one.property_groups),
      [["Order"], ["Order (seen1)"], ["Order (seen2)"], ["Order (seen1)"]]
    )
  })

  it("is what PostHog takes, and has every event and every key, or says which not, for any plan", () =>
    fc.assert(
      fc.property(anyPlan, (plan) => {
        const { events, groups, losses } = exported(plan)
        const byName = new Map(groups.map((group) => [group.name, group]))
        assert.strictEqual(byName.size, groups.length)
        for (const { name, properties } of groups) {
          assert.isAtMost(name.length, 400)
          for (const property of properties) {
            assert.match(property.name, /^[a-zA-Z_][a-zA-Z0-9_]*$/)
            assert.include(["DateTime", "String", "Numeric", "Boolean", "Object"], property.property_type)
          }
        }
        for (const { name, nodes } of plan.events) {
          const event = events.find((one) => one.event === name)
          const found = new Set(
            event.property_groups.flatMap((group: string) => byName.get(group).properties.map((one: any) => one.name))
          )
          for (const { key } of nodes.flatMap(({ keys }) => keys)) {
            assert.isTrue(found.has(key) || losses.some((loss) => loss.name === name && loss.key === key), key)
          }
        }
      })
    ))
})
