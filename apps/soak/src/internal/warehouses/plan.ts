/** What the warehouses' plan has: keys of every kind, some with names that mean something to JavaScript or to SQL. */
import { Plan, TrackedEvent } from "@trackmap/core"
import type { Table } from "@trackmap/warehouse"
import * as Schema from "effect/Schema"

const schemas: { readonly [K in Table.Kind]: Schema.Codec<any, any> } = {
  string: Schema.String,
  integer: Schema.Int,
  number: Schema.Finite,
  boolean: Schema.Boolean,
  timestamp: Schema.Date,
  json: Schema.Json
}

/** The keys of an event of the plan, with the kind of each. */
export const keys = {
  text: "string",
  count: "integer",
  amount: "number",
  isGift: "boolean",
  at: "timestamp",
  list: "json",
  delete: "string",
  length: "integer",
  time: "timestamp",
  token: "json",
  select: "string"
} as const satisfies Readonly<Record<string, Table.Kind>>

/** The traits and properties that calls declare. */
export const declared = { text: "string", count: "integer", list: "json", delete: "json" } as const satisfies Readonly<
  Record<string, Table.Kind>
>

const propertiesOf = (kinds: Readonly<Record<string, Table.Kind>>) =>
  Object.fromEntries(Object.entries(kinds).map(([key, kind]) => [key, Schema.optionalKey(schemas[kind])]))

/** The event that most messages have. */
export const event = "orderLineUpdated"

export const plan = Plan.make(TrackedEvent.make(event, { properties: propertiesOf(keys) })).pipe(
  Plan.calls({
    identify: propertiesOf(declared),
    group: propertiesOf(declared),
    page: propertiesOf(declared),
    screen: propertiesOf(declared)
  })
)
