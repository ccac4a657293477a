/** A plan of as many events as `EVENTS` says, with an entity for four of them and 21 keys each, as those of large services. */
import { Attribute, Entity, EventSink, Loader, Pii, Plan, Receipt, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"

const count = Number(process.env["EVENTS"])
/** Another version of the plan has another type in some places. */
const isNext = process.env["NEXT"] === "1"

const numbers = (most: number): ReadonlyArray<number> => Array.from({ length: most }, (_, n) => n)
const nouns = ["order", "invoice", "shipment", "product", "customer", "account", "payment", "ticket", "parcel", "price"]
const verbs = ["Placed", "Changed", "Removed", "Opened", "Closed", "Sent", "Paid", "Seen"]
const noun = (n: number): string => `${nouns[n % nouns.length]}${n < nouns.length ? "" : n}`
const title = (n: number): string => noun(n)[0]!.toUpperCase() + noun(n).slice(1)

const describe = (what: string, n: number) => ({
  description: `What the ${what} ${n} is, as those say who work with it`,
  owner: `team ${n % 20}`
})

type Row = Readonly<Record<string, unknown>>

const entityOf = (n: number): Entity.Any =>
  Entity.make(title(n), {
    key: "id",
    attributes: {
      id: Schema.Int,
      name: Attribute.annotate(Schema.String, describe("name", n)),
      email: Pii.personal(Schema.String),
      status: Schema.Literals(["open", "paid", "closed"]),
      total: isNext && n % 10 === 0 ? Schema.optional(Schema.Finite) : Schema.Int,
      at: Schema.Date,
      note: Schema.optional(Schema.String),
      url: Attribute.annotate(Schema.String, { examples: ["https://example.com/"] }),
      isNew: Schema.Boolean
    }
  }).pipe(Entity.annotate(describe("entity", n)))

const related = (n: number): Entity.Any => {
  const loader = Loader.byKey({
    name: `${noun(n + 1)}s`,
    load: (ids: ReadonlyArray<number>): ReadonlyArray<{ readonly id: number }> => ids.map((id) => ({ id })),
    keyOf: ({ id }) => id
  })
  const lookup: unknown = Loader.at(loader, (row: Row) => row["other"] as number)
  // The rows of a generated entity have no types.
  const one = Entity.one as unknown as (from: Entity.Any, name: string, to: Entity.Any, lookup: unknown) => Entity.Any
  return one(entities[n]!, noun(n + 1), entities[(n + 1) % entities.length]!, lookup)
}

const entities = numbers(Math.max(2, Math.ceil(count / 4))).map(entityOf)
const roots = entities.map((_, n) => related(n))

const events = numbers(count).map((n) =>
  TrackedEvent.make(`${noun(n >> 2)}${verbs[n % 4]}`, {
    entities: { subject: roots[(n >> 2) % roots.length]! },
    properties: { source: Schema.String, attempt: Schema.Int, reason: Schema.optional(Schema.String) }
  }).pipe(TrackedEvent.annotate(describe("event", n)))
)

export const plan = Plan.make(...events)

const sink = (name: string) => EventSink.make({ name, send: async (batch) => batch.all(Receipt.delivered) })

export const sinks = EventSink.fanOut(
  sink("warehouse"),
  sink("analytics").pipe(EventSink.redact("drop"), EventSink.recase("Title Case"))
)
