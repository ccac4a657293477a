import { type Entity, EventSink, type Message, Plan, Receipt, TrackedEvent, Tracking } from "@trackmap/node"
import { afterAll, assert, beforeAll, describe, inject, it } from "vitest"
import { z } from "zod"
import { values } from "../../../fixtures/wholesale/rows.ts"
import { type Database, openPostgres } from "../postgres/database.ts"
import { detailValues, statements } from "./tables.ts"

/** The tests of a library over PostgreSQL, with their own database: `open` connects to it, and returns a function that disconnects. */
export const describeOnPostgres = (
  name: string,
  open: (address: string) => Promise<() => unknown>,
  tests: () => void
): void => {
  const server = inject("postgres")
  if ("unavailable" in server) {
    process.stderr.write(`${name} is skipped: ${server.unavailable}\n`)
    describe.skip(`${name}, which needs PostgreSQL`, tests)
    return
  }
  describe(name, () => {
    let database: Database
    let close: () => unknown
    beforeAll(async () => {
      database = await openPostgres(statements)
      close = await open(database.address)
    })
    afterAll(async () => {
      await close()
      await database.drop()
    })
    tests()
  })
}

const properties = { action: "orderLineUpdated" } as const

const taken = EventSink.make({ name: "taken", send: async (batch) => batch.map(() => Receipt.delivered) })

/** Tracks a row as an order line. */
const track = async (orderLine: Entity.Any, row: unknown, relations: "omit" | "fail"): Promise<Message.Track> => {
  const event: TrackedEvent.Any = TrackedEvent.make("orderLineUpdated", {
    entities: { orderLine },
    properties: { action: z.literal("orderLineUpdated") },
    relations
  })
  const tracking = Tracking.make({ plan: Plan.make(event), sinks: taken, flushAtExit: false })
  try {
    const { message } = await tracking.track(event as never, { orderLine: row, properties } as never)
    assert(message.type === "track")
    return message
  } finally {
    await tracking.close()
  }
}

type Line<E extends Entity.Any> = () => PromiseLike<Entity.Row<E>>

/** A row with its relations yields the fourteen keys of the example. */
export const itTracks = <E extends Entity.Any>(how: string, orderLine: E, line: Line<E>): void =>
  it(`tracks a line with its product, its product's manufacturer and its order, ${how}`, async () => {
    const { context, properties: sent } = await track(orderLine, await line(), "fail")
    assert.deepStrictEqual(sent, { ...properties, ...values })
    assert.strictEqual(context?.["violations"], undefined)
  })

/** A row without its relations causes an error that names them and says how to load them. */
export const itNamesWhatIsMissing = <E extends Entity.Any>(
  how: string,
  orderLine: E,
  line: Line<E>,
  remedy = /OrderLine\.product: .* Load product with the row/
): void =>
  it(`names the relations of a line that were not loaded, ${how}`, async () => {
    const { context, properties: sent } = await track(orderLine, await line(), "omit")
    assert.deepStrictEqual(sent, { ...properties, OrderLine_id: 1001, OrderLine_qty: 3 })
    const violations = context?.["violations"] as unknown as ReadonlyArray<{ readonly path: string }>
    assert.deepStrictEqual(
      violations.map(({ path }) => path),
      ["OrderLine.product", "OrderLine.order"]
    )
    const error: unknown = await track(orderLine, await line(), "fail").catch((thrown: unknown) => thrown)
    assert.instanceOf(error, Error)
    assert.match(`${error.message} ${String(error.cause)}`, remedy)
  })

/** The types in which most libraries return the columns without a JSON type. */
const usual = {
  reference: "string",
  weight: "string",
  placedAt: "Date",
  dueOn: "string",
  status: "string",
  meta: "Object"
} as const

/** The columns whose types differ between libraries have the usual types, except for those in `kinds`. */
export const itGives = <Row extends object>(
  how: string,
  row: () => PromiseLike<Row>,
  kinds: Partial<Record<keyof typeof usual & keyof Row, string>>
): void =>
  it(`gives ${how}`, async () => {
    const given: Partial<Record<string, unknown>> = await row()
    const found = Object.keys(usual).map((column) => [column, kindOf(given[column])] as const)
    assert.deepStrictEqual(Object.fromEntries(found), { ...usual, ...kinds })
  })

/** The same columns yield the same values. */
export const itValuesDetails = <E extends Entity.Any>(order: E, row: () => PromiseLike<Entity.Row<E>>): void =>
  it("gives an int8, a numeric, a time, a date, an enum and JSON as they are", async () => {
    const Viewed: TrackedEvent.Any = TrackedEvent.make("orderViewed", { entities: { order }, validation: "fail" })
    const tracking = Tracking.make({ plan: Plan.make(Viewed), sinks: taken, flushAtExit: false })
    try {
      const { message } = await tracking.track(Viewed as never, { order: await row() } as never)
      assert.deepStrictEqual(message.type === "track" && message.properties, detailValues)
    } finally {
      await tracking.close()
    }
  })

/** The class of a value, or its type if it has none. */
const kindOf = (value: unknown): string =>
  typeof value === "object" && value !== null
    ? (Object.getPrototypeOf(value)?.constructor?.name ?? "null")
    : typeof value
