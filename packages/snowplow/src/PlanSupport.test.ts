import { Aggregate, Entity, Plan, TrackedEvent } from "@trackmap/core"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { name } from "../../../fixtures/plans/generated.ts"
import { Snowplow } from "./index.ts"
import { support } from "./PlanSupport.ts"

/** What each rule says of a plan. */
const said = (plan: Plan.Plan) =>
  support.rules.flatMap(({ find, name }) =>
    find(Plan.describe(plan)).map(({ event, remedy, what }) => `${name}: ${event}: ${what}: ${remedy}`)
  )

describe("snowplow-names", () => {
  it("finds names that no schema can have", () => {
    const plan = Plan.make(TrackedEvent.make("größe"), TrackedEvent.make("Order Placed"))
    assert.deepStrictEqual(said(plan), [
      'snowplow-names: größe: the schema name "größe" of the event größe has other characters than letters, digits, dashes and underscores: give it another, with the option events of Snowplow.sink, or rename it'
    ])
  })

  it("finds events and entities that would share a schema, with each other or with a call", () => {
    const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int } })
    const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } }).pipe(
      Entity.many("lines", Line, () => [], Aggregate.list({ max: 2 }))
    )
    const plan = Plan.make(
      TrackedEvent.make("identify"),
      TrackedEvent.make("orderPlaced", { entities: { order: Order } }),
      TrackedEvent.make("line")
    )
    assert.deepStrictEqual(
      said(plan).map((text) => text.slice(0, text.lastIndexOf(":"))),
      [
        'snowplow-names: identify: identify calls and the event identify have the same schema name "identify"',
        'snowplow-names: line: the entity Line and the event line have the same schema name "line"'
      ]
    )
    assert.isEmpty(said(Plan.make(TrackedEvent.make("orderPlaced", { entities: { order: Order } }))))
    const Odd = Entity.make("Page", { key: "id", attributes: { id: Schema.Int } })
    const [found] = said(Plan.make(TrackedEvent.make("seen", { entities: { odd: Odd } })))
    assert.include(found, "snowplow-names: seen: page calls and the entity Page have the same schema name")
  })

  it("finds what a sink refuses when it opens", () =>
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 4 }), (names) => {
        const made = Result.try(() => Plan.make(...names.map((one) => TrackedEvent.make(one))))
        if (Result.isFailure(made)) return
        const schemas = Result.try(() => Snowplow.schemas(made.success, { vendor: "com.acme" }))
        assert.strictEqual(Result.isFailure(schemas), said(made.success).length > 0)
      })
    ))
})
