import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { refusal } from "../test/refusal.ts"
import { Aggregate, Entity, Loader } from "./index.ts"

const rows = [
  { id: 1, orderId: 7, qty: 3, price: 5 },
  { id: 2, orderId: 7, qty: 4, price: 6 }
]

/** Lookups that record the fields for which they were asked for a loader. */
const lookups = () => {
  const asked: Array<ReadonlyArray<string> | undefined> = []
  const of =
    <L>(loader: L) =>
    (fields: ReadonlyArray<string> | undefined): L => (asked.push(fields), loader)
  const one = Loader.byKey({
    load: (ids: ReadonlyArray<number>) => rows.filter(({ id }) => ids.includes(id)),
    keyOf: ({ id }) => id
  })
  const many = Loader.byForeignKey({
    load: (ids: ReadonlyArray<number>) => rows.filter(({ orderId }) => ids.includes(orderId)),
    keyOf: ({ orderId }) => orderId
  })
  return { asked, one: Loader.atField("lineId", of(one)), many: Loader.atField("id", of(many)) }
}

const inner = Loader.byKey({
  load: (ids: ReadonlyArray<number>) => rows.filter(({ id }) => ids.includes(id)),
  keyOf: ({ id }) => id
})

const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } })
const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } })

/** The fields of the relation that was defined last. */
const fieldsOf = (relate: (given: ReturnType<typeof lookups>) => unknown): ReadonlyArray<string> | undefined => {
  const given = lookups()
  relate(given)
  return given.asked.at(-1)
}

describe("a lookup by a field", () => {
  it("gets the fields that the attributes read, by the names that the row has", () => {
    const Renamed = Entity.make("Line", {
      key: "id",
      attributes: { id: Schema.Int, amount: Schema.Int },
      from: { amount: "qty" }
    })
    assert.deepStrictEqual(
      fieldsOf(({ one }) => Order.pipe(Entity.one("line", Renamed, one))),
      ["id", "qty"]
    )
  })

  it("gets the fields of lookups of the related entity's own relations", () => {
    const Related = Line.pipe(
      Entity.one(
        "next",
        Line,
        Loader.atField("price", () => inner),
        { prefix: "Next" }
      )
    )
    assert.deepStrictEqual(
      fieldsOf(({ one }) => Order.pipe(Entity.one("line", Related, one))),
      ["id", "qty", "price"]
    )
  })

  it("gets none where a function may read any", () => {
    const Computed = Line.pipe(
      Entity.computed("total", Schema.Int, (row: { qty: number; price: number }) => row.qty * row.price)
    )
    const Resolved = Line.pipe(
      Entity.one("order", Order, (row: { orderId: number }) => ({ id: row.orderId }), { prefix: "Other" })
    )
    for (const Target of [Computed, Resolved]) {
      assert.isUndefined(fieldsOf(({ one }) => Order.pipe((Entity.one as any)("line", Target, one))))
    }
  })

  it("gets the fields that the aggregates read, which need the entity only where they have its records", () => {
    const of = (...aggregates: ReadonlyArray<any>) =>
      fieldsOf(({ many }) => Order.pipe((Entity.many as any)("lines", Line, many, ...aggregates)))
    assert.deepStrictEqual(of(Aggregate.count), [])
    assert.deepStrictEqual(of(Aggregate.sum("qty")), ["qty"])
    assert.deepStrictEqual(of(Aggregate.count, Aggregate.list({ max: 2 })), ["id", "qty"])
    assert.deepStrictEqual(of(Aggregate.last), ["id", "qty"])
  })

  it.effect("finds the rows of the field's key, and needs it of the row", () =>
    Effect.gen(function* () {
      const { many, one } = lookups()
      const Related = Order.pipe(Entity.one("line", Line, one), Entity.many("lines", Line, many, Aggregate.sum("qty")))
      assert.deepStrictEqual(yield* Entity.values(Related, { id: 7, lineId: 2 }), {
        Order_id: 7,
        Line_id: 2,
        Line_qty: 4,
        Order_lines_qty_sum: 7
      })
      // @ts-expect-error: there is no lineId.
      yield* Entity.values(Related, { id: 7 })
      const Must = Order.pipe(Entity.one("line", Line, one, { required: true }))
      const missing = yield* Effect.flip(Entity.values(Must, { id: 7, lineId: 9 }))
      assert.strictEqual(missing._tag, "MissingRow")
    })
  )

  it.effect("reads the key of a changed row from inside it", () =>
    Effect.gen(function* () {
      const Changed = Entity.changed(Order.pipe(Entity.one("line", Line, lookups().one)))
      const values = yield* Entity.values(Changed, { before: null, after: { id: 7, lineId: 1 } })
      assert.strictEqual(values.Line_qty, 3)
    })
  )

  it("refuses what returns no loader", () => {
    assert.match(
      refusal(() => Loader.atField("id", undefined as never)).message,
      /^id: Loader.atField needs a function that returns a loader/
    )
    assert.match(refusal(() => Loader.atField("id", (() => 1) as never)).message, /^Loader.atField: it takes a loader/)
    assert.match(refusal(() => Loader.atField("", () => lookups() as never)).message, /name/)
  })
})
