/// <reference lib="esnext.temporal" />
import { InMemory } from "@trackmap/testing"
import { assert, describe, it } from "vitest"
import { z } from "zod"
import { Attribute, Entity, Loader, Plan, TrackedEvent, Tracking } from "./index.ts"

const Holiday = Entity.make("Holiday", { key: "date", attributes: { date: Attribute.plainDate, name: z.string() } })
const Order = Entity.make("Order", {
  key: "id",
  attributes: {
    id: z.int(),
    placedAt: Attribute.instant,
    placedIn: Attribute.timeZone,
    paidAt: Attribute.nullable(Attribute.instant),
    dueOn: Attribute.plainDate,
    opensAt: Attribute.text,
    takes: Attribute.text
  },
  from: { placedIn: "placedAt" }
})

interface Row {
  readonly id: number
  readonly placedAt: Temporal.ZonedDateTime
  readonly paidAt: Temporal.Instant | null
  readonly dueOn: Temporal.PlainDate
  readonly opensAt: Temporal.PlainTime
  readonly takes: Temporal.Duration
}

// Node.js 26, Bun and Deno have Temporal; earlier Node.js does not.
describe.skipIf(typeof Temporal === "undefined")("the platform's own Temporal", () => {
  const rowOf = (): Row => ({
    id: 357,
    placedAt: Temporal.ZonedDateTime.from("2026-03-01T12:00:00+01:00[Europe/Berlin]"),
    paidAt: null,
    dueOn: Temporal.PlainDate.from("2026-03-31"),
    opensAt: Temporal.PlainTime.from("08:30"),
    takes: Temporal.Duration.from({ hours: 1, minutes: 30 })
  })
  const written = {
    Order_id: 357,
    Order_placedAt: "2026-03-01T11:00:00.000Z",
    Order_placedIn: "Europe/Berlin",
    Order_paidAt: null,
    Order_dueOn: "2026-03-31",
    Order_opensAt: "08:30:00",
    Order_takes: "PT1H30M"
  }
  const propertiesOf = (memory: ReturnType<typeof InMemory.makeUnsafe>) =>
    memory.received.map((message) => (message.type === "track" ? message.properties : message.type))
  const calls: Array<ReadonlyArray<string>> = []
  const holidays = Loader.byKey({
    load: async (dates: ReadonlyArray<Temporal.PlainDate>) => {
      calls.push(dates.map(String))
      return dates.map((date) => ({ date: Temporal.PlainDate.from(String(date)), name: "Holiday" }))
    },
    keyOf: (holiday) => holiday.date
  })

  it("is written of rows, of what changed in them, and of an event's properties", async () => {
    const OrderPaid = TrackedEvent.make("orderPaid", {
      entities: { order: Entity.changed(Order) },
      properties: { seenAt: Attribute.instant, seenOn: Attribute.plainDate, seenIn: Attribute.timeZone }
    })
    const memory = InMemory.makeUnsafe()
    const plan = Plan.make(OrderPaid)
    const tracking = Tracking.make({ plan, sinks: memory.sink, relations: "fail", validation: "fail" })
    const seen = Temporal.ZonedDateTime.from("2026-03-01T09:00:00.000000001-05:00[America/New_York]")
    await tracking.track(OrderPaid, {
      order: {
        before: rowOf(),
        after: { ...rowOf(), paidAt: seen.toInstant(), dueOn: rowOf().dueOn.add({ days: 1 }) }
      },
      properties: { seenAt: seen, seenOn: seen.toPlainDate(), seenIn: seen }
    })
    await tracking.close()
    assert.deepStrictEqual(propertiesOf(memory), [
      {
        seenAt: "2026-03-01T14:00:00.000Z",
        seenOn: "2026-03-01",
        seenIn: "America/New_York",
        ...written,
        Order_paidAt: "2026-03-01T14:00:00.000Z",
        Order_dueOn: "2026-04-01",
        Order_state: "updated",
        Order_changed: ["paidAt", "dueOn"],
        Order_paidAt_before: null,
        Order_dueOn_before: "2026-03-31"
      }
    ])
  })

  it("is what it was when the call was made, and the key of a loader's row", async () => {
    const Due = Entity.one(
      Order,
      "holiday",
      Holiday,
      Loader.at(holidays, (order: Row) => order.dueOn)
    )
    const OrderPlaced = TrackedEvent.make("orderPlaced", { entities: { order: Due } })
    const memory = InMemory.makeUnsafe()
    const tracking = Tracking.make({ sinks: memory.sink, relations: "fail", validation: "fail" })
    await Promise.all([1, 2].map((id) => tracking.track(OrderPlaced, { order: { ...rowOf(), id } })))
    await tracking.close()
    const loaded = (id: number) => ({
      ...written,
      Order_id: id,
      Holiday_date: "2026-03-31",
      Holiday_name: "Holiday"
    })
    assert.deepStrictEqual(propertiesOf(memory), [1, 2].map(loaded))
    assert.deepStrictEqual(calls, [["2026-03-31"]])
  })

  it("is refused where it is of another kind, by what was expected", async () => {
    const refused = async (part: object) =>
      Entity.values(Order, { ...rowOf(), ...part }).then(
        () => "nothing",
        (error: Error) => error.message
      )
    assert.match(
      await refused({ dueOn: Temporal.PlainDateTime.from("2026-03-31T12:00") }),
      /Order\.dueOn.*a plain date/s
    )
    assert.match(await refused({ paidAt: Temporal.PlainDate.from("2026-03-31") }), /Order\.paidAt.*an instant/s)
    assert.match(await refused({ placedAt: Temporal.Now.instant() }), /Order\.placedIn.*a time with its zone/s)
  })
})
