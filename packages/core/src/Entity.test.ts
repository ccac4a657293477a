import { assert, describe, it } from "@effect/vitest"
import * as BigDecimal from "effect/BigDecimal"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { setImmediate as turn } from "node:timers/promises"
import { runInNewContext } from "node:vm"
import { line, lineValues, LoadedLine, Manufacturer, Order, type OrderRow, Product } from "../test/wholesale.ts"
import { refusal } from "../test/refusal.ts"
import { Aggregate, DefinitionError, Entity, RowError } from "./index.ts"

const Item = Entity.make("Item", { key: "id", attributes: { id: Schema.Int } })

const thrown = <E>(f: () => unknown, type: new (...args: any) => E): E => {
  try {
    f()
  } catch (error) {
    assert.instanceOf(error, type)
    return error as E
  }
  throw new Error("nothing was thrown")
}
const invalidRow = (f: () => unknown) => thrown(f, RowError.InvalidRow)

describe("values of loaded rows", () => {
  it("are the example's, value for value, level by level in the order of definition", () => {
    assert.deepStrictEqual(Entity.valuesSync(LoadedLine, line), lineValues)
    assert.deepStrictEqual(Object.keys(Entity.valuesSync(LoadedLine)(line)), Object.keys(lineValues))
  })

  it.effect("are the same as an Effect, and for many rows", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Entity.values(LoadedLine, line), lineValues)
      assert.deepStrictEqual(yield* Entity.values(LoadedLine)(line), lineValues)
      assert.deepStrictEqual(yield* Entity.valuesAll(LoadedLine)([line, line]), [lineValues, lineValues])
      assert.deepStrictEqual(yield* Entity.valuesAll(LoadedLine, []), [])
    })
  )

  it("leave out the keys of a related row that is null or undefined", () => {
    const { Manufacturer_id, Manufacturer_uuid, Manufacturer_name, Manufacturer_externalID, ...rest } = lineValues
    const lonely = { ...line, product: { ...line.product, manufacturer: null } }
    assert.deepStrictEqual(Entity.valuesSync(LoadedLine, lonely), rest)
    const WithBuyer = Order.pipe(
      Entity.one("buyer", Item, (order: { buyer?: { id: number } }) => order.buyer, { optional: true })
    )
    assert.deepStrictEqual(Entity.valuesSync(WithBuyer, line.order), {
      Order_id: 357,
      Order_uuid: line.order.uuid,
      Order_total: 714328
    })
  })

  it("take a prefix of the relation's own, so that one entity is reached by two paths", () => {
    const Trade = Item.pipe(
      Entity.one("from", Item, (trade: { from: { id: number } }) => trade.from, { prefix: "Seller" }),
      Entity.one("to", Item, (trade: { to: { id: number } }) => trade.to, { prefix: "Buyer" })
    )
    assert.deepStrictEqual(Entity.valuesSync(Trade, { id: 1, from: { id: 2 }, to: { id: 3 } }), {
      Item_id: 1,
      Seller_id: 2,
      Buyer_id: 3
    })
  })

  it("relate an entity to itself, one composed level at a time", () => {
    interface Node {
      readonly id: number
      readonly parent: Node | null
    }
    const Parent = Entity.one(Item, "parent", Item, (node: Node) => node.parent, { prefix: "Parent" })
    const root: { id: number; parent: Node | null } = { id: 1, parent: null }
    const child = { id: 2, parent: root }
    root.parent = child
    assert.deepStrictEqual(Entity.valuesSync(Parent, child), { Item_id: 2, Parent_id: 1 })
  })

  it("are encoded to JSON by each attribute's schema", () => {
    const Everything = Entity.make("Everything", {
      key: "id",
      attributes: {
        id: Schema.BigInt,
        at: Schema.Date,
        price: Schema.BigDecimal,
        note: Schema.Option(Schema.Date),
        gone: Schema.Option(Schema.String),
        maybe: Schema.optionalKey(Schema.String),
        optional: Schema.optional(Schema.Finite),
        undefinedOr: Schema.UndefinedOr(Schema.String),
        nullable: Schema.NullOr(Schema.String),
        size: Schema.Literals(["S", "M"]),
        text: Schema.NumberFromString,
        tags: Schema.Array(Schema.Date),
        address: Schema.Struct({ street: Schema.String }),
        flag: Schema.Boolean,
        missing: Schema.OptionFromOptionalKey(Schema.String),
        short: Schema.String.check(Schema.isMaxLength(3))
      }
    })
    const row = {
      id: 12n,
      at: new Date(0),
      price: BigDecimal.fromStringUnsafe("1.50"),
      note: Option.some(new Date(1)),
      gone: Option.none(),
      optional: undefined,
      undefinedOr: undefined,
      nullable: null,
      size: "M" as const,
      text: 5,
      tags: [new Date(2)],
      address: { street: "Main", secret: "not tracked" },
      flag: true,
      missing: Option.none(),
      short: "abc"
    }
    const values = Entity.valuesSync(Everything, row)
    assert.deepStrictEqual(values, {
      Everything_id: "12",
      Everything_at: "1970-01-01T00:00:00.000Z",
      Everything_price: "1.5",
      Everything_note: "1970-01-01T00:00:00.001Z",
      Everything_nullable: null,
      Everything_size: "M",
      Everything_text: "5",
      Everything_tags: ["1970-01-01T00:00:00.002Z"],
      Everything_address: { street: "Main" },
      Everything_flag: true,
      Everything_short: "abc"
    })
    assert.deepStrictEqual(Entity.valuesSync(Entity.unchecked(Everything), row), values)
    assert.deepStrictEqual(JSON.parse(JSON.stringify(values)), values)
    assert.strictEqual(Entity.valuesSync(Everything, { ...row, missing: Option.some("x") }).Everything_missing, "x")
  })

  it("come from a Schema.Class or Schema.Struct with the names of the attributes to pick", () => {
    class User extends Schema.Class<User>("User")({
      id: Schema.Int,
      name: Schema.String,
      passwordHash: Schema.String
    }) {}
    const Buyer = Entity.make("Buyer", { key: "id", schema: User, attributes: ["id", "name"] })
    assert.deepStrictEqual(Entity.valuesSync(Buyer, new User({ id: 1, name: "Luigi", passwordHash: "x" })), {
      Buyer_id: 1,
      Buyer_name: "Luigi"
    })
    const Struct = Schema.Struct({ id: Schema.Int, name: Schema.String })
    assert.deepStrictEqual(
      Entity.valuesSync(Entity.make("S", { key: "name", schema: Struct, attributes: ["name"] }), { name: "n" }),
      { S_name: "n" }
    )
  })

  it("read class instances with private fields, getters and proxies, each attribute once", () => {
    class Model {
      #qty = 3
      reads = 0
      get id(): number {
        this.reads++
        return 1001
      }
      get qty(): number {
        return this.#qty
      }
    }
    const Line = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } })
    const model = new Model()
    assert.deepStrictEqual(Entity.valuesSync(Line, model), { OrderLine_id: 1001, OrderLine_qty: 3 })
    assert.strictEqual(model.reads, 1)
    const proxy = new Proxy({ id: 1, qty: 2 }, { get: (target, key) => Reflect.get(target, key) })
    assert.deepStrictEqual(Entity.valuesSync(Line, proxy), { OrderLine_id: 1, OrderLine_qty: 2 })
  })
})

describe("computed attributes", () => {
  const Priced = Product.pipe(
    Entity.computed("margin", Schema.Finite, (product: { price: number; cost: number }) => product.price - product.cost)
  )
  class Acting extends Context.Service<Acting, { readonly userId: number }>()("test/Acting") {}

  it("are computed from the row", () => {
    assert.strictEqual(Entity.valuesSync(Priced, { ...line.product, cost: 1 }).Product_margin, 99999)
  })

  it.effect("can be Effects that read who acts", () =>
    Effect.gen(function* () {
      const Owned = Item.pipe(
        Entity.computed("mine", Schema.Boolean, (row: { ownerId: number }) =>
          Effect.map(Acting, (acting) => acting.userId === row.ownerId)
        )
      )
      const values = Entity.valuesAll(Owned, [
        { id: 1, ownerId: 7 },
        { id: 2, ownerId: 8 }
      ])
      assert.deepStrictEqual(yield* Effect.provideService(values, Acting, { userId: 7 }), [
        { Item_id: 1, Item_mine: true },
        { Item_id: 2, Item_mine: false }
      ])
    })
  )

  it("are encoded like any attribute", () => {
    const Dated = Item.pipe(Entity.computed("at", Schema.Date, () => new Date(0)))
    assert.deepStrictEqual(Entity.valuesSync(Dated, { id: 1 }), { Item_id: 1, Item_at: "1970-01-01T00:00:00.000Z" })
  })
})

describe("resolvers", () => {
  it.effect("can answer with a promise of another realm, which ends no process where it rejects", () =>
    Effect.gen(function* () {
      const reject = runInNewContext("() => Promise.reject(new Error('down'))") as () => Promise<OrderRow>
      const Line = Item.pipe(Entity.one("order", Order, () => reject()))
      const error = yield* Effect.flip(Entity.values(Line, { id: 1 }))
      assert.instanceOf(error, RowError.ResolveFailed)
      // Node reports unhandled rejections after this turn.
      yield* Effect.promise(() => turn())
    })
  )

  it.effect("can give a row now or as an Effect, from one call to the next", () =>
    Effect.gen(function* () {
      const cache = new Map<number, OrderRow>()
      let queries = 0
      const Line = Item.pipe(
        Entity.one("order", Order, (item: { orderId: number }) => {
          const hit = cache.get(item.orderId)
          if (hit !== undefined) return hit
          return Effect.sync(() => {
            queries++
            cache.set(item.orderId, line.order)
            return line.order
          })
        })
      )
      const expected = { Item_id: 1, Order_id: 357, Order_uuid: line.order.uuid, Order_total: 714328 }
      for (let i = 0; i < 3; i++) assert.deepStrictEqual(yield* Entity.values(Line, { id: 1, orderId: 357 }), expected)
      assert.strictEqual(queries, 1)
    })
  )

  it.effect("fail the values with their own typed failure", () =>
    Effect.gen(function* () {
      class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { id: Schema.Int }) {}
      const Line = Item.pipe(
        Entity.one("order", Order, (item: { orderId: number }): Effect.Effect<OrderRow, NotFound> =>
          Effect.fail(new NotFound({ id: item.orderId }))
        )
      )
      const error = yield* Effect.flip(Entity.values(Line, { id: 1, orderId: 3 }))
      assert.deepStrictEqual(error, new NotFound({ id: 3 }))
      const later = yield* Effect.flip(Entity.valuesAll(Line, [{ id: 1, orderId: 4 }]))
      assert.deepStrictEqual(later, new NotFound({ id: 4 }))
    })
  )

  it.effect("are not called for a relation that is omitted, nor for its relations", () =>
    Effect.gen(function* () {
      const called: Array<string> = []
      const Maker = Product.pipe(
        Entity.one("manufacturer", Manufacturer, () => {
          called.push("manufacturer")
          return Effect.succeed(line.product.manufacturer)
        })
      )
      const Line = Item.pipe(
        Entity.one("product", Maker, () => {
          called.push("product")
          return line.product
        }),
        Entity.one("order", Order, () => {
          called.push("order")
          return line.order
        })
      )
      const values = yield* Entity.values(Line.pipe(Entity.omit("order", "product.manufacturer")), { id: 1 })
      assert.deepStrictEqual(Object.keys(values), [
        "Item_id",
        "Product_id",
        "Product_name",
        "Product_price",
        "Product_sku"
      ])
      assert.deepStrictEqual(called, ["product"])
      assert.deepStrictEqual(Entity.valuesSync(Line.pipe(Entity.omit("product", "order")), { id: 1 }), { Item_id: 1 })
    })
  )

  it("are called once for a row that is as it should be", () => {
    let calls = 0
    const Line = Item.pipe(
      Entity.one("order", Order, () => {
        calls++
        return line.order
      })
    )
    Entity.valuesSync(Line, { id: 1 })
    assert.strictEqual(calls, 1)
  })
})

describe("to-many relations", () => {
  const rows = [
    { id: 3, qty: 5, weight: 1 },
    { id: 1, qty: 2, weight: undefined },
    { id: 2, qty: 9, weight: 4 }
  ]
  const Line = Entity.make("OrderLine", {
    key: "id",
    attributes: { id: Schema.Int, qty: Schema.Int, weight: Schema.optional(Schema.Finite) }
  })
  const Full = Order.pipe(
    Entity.many(
      "lines",
      Line,
      (order: { lines: typeof rows }) => order.lines,
      Aggregate.list({ max: 2 }),
      Aggregate.count,
      Aggregate.keys,
      Aggregate.sum("qty"),
      Aggregate.min("qty"),
      Aggregate.max("weight"),
      Aggregate.first
    )
  )

  it("come as the aggregates that are named, the list cut at its maximum and saying so", () => {
    const { Order_id, Order_uuid, Order_total, ...lines } = Entity.valuesSync(Full, { ...line.order, lines: rows })
    assert.deepStrictEqual(lines, {
      Order_lines: [
        { OrderLine_id: 3, OrderLine_qty: 5, OrderLine_weight: 1 },
        { OrderLine_id: 1, OrderLine_qty: 2 }
      ],
      Order_lines_truncated: true,
      Order_lines_count: 3,
      Order_lines_keys: [3, 1, 2],
      Order_lines_qty_sum: 16,
      Order_lines_qty_min: 2,
      Order_lines_weight_max: 4,
      Order_lines_first: { OrderLine_id: 3, OrderLine_qty: 5, OrderLine_weight: 1 }
    })
  })

  it("have no minimum, maximum or first of no rows", () => {
    const { Order_id, Order_uuid, Order_total, ...lines } = Entity.valuesSync(Full, { ...line.order, lines: [] })
    assert.deepStrictEqual(lines, {
      Order_lines: [],
      Order_lines_truncated: false,
      Order_lines_count: 0,
      Order_lines_keys: [],
      Order_lines_qty_sum: 0
    })
  })

  it.effect("carry the relations of nested entities, and can be Effects", () =>
    Effect.gen(function* () {
      const Nested = Order.pipe(
        Entity.many(
          "lines",
          LoadedLine.pipe(Entity.omit("order")),
          () => Effect.succeed([line]),
          Aggregate.list({ max: 5 })
        )
      )
      const values = yield* Entity.values(Nested, line.order)
      assert.strictEqual(values.Order_lines[0]!.Manufacturer_name, "Mario Bros Plumbing Supply")
      assert.isFalse(values.Order_lines_truncated)
      assert.deepStrictEqual(yield* Entity.values(Nested, line.order), values)
      assert.deepStrictEqual(yield* Entity.valuesAll(Nested, [line.order]), [values])
    })
  )

  it.effect("value relations that are Effects inside a list that is loaded", () =>
    Effect.gen(function* () {
      const Slow = Line.pipe(Entity.one("item", Item, (row: { id: number }) => Effect.succeed({ id: row.id })))
      const Nested = Order.pipe(
        Entity.many("lines", Slow, (order: { lines: typeof rows }) => order.lines, Aggregate.list({ max: 9 }))
      )
      const values = yield* Entity.values(Nested, { ...line.order, lines: rows })
      assert.deepStrictEqual(
        values.Order_lines.map((row) => row.Item_id),
        [3, 1, 2]
      )
    })
  )

  it("are absent with the optional row that has them", () => {
    const Company = Item.pipe(
      Entity.one(
        "order",
        Full,
        (company: { order: { id: number; uuid: string; total: number; lines: typeof rows } | null }) => company.order
      )
    )
    assert.deepStrictEqual(Entity.valuesSync(Company, { id: 1, order: null }), { Item_id: 1 })
    assert.strictEqual(
      Entity.valuesSync(Company, { id: 1, order: { ...line.order, lines: rows } }).Order_lines_count,
      3
    )
  })

  it("refuse a sum that is no finite number", () => {
    const Heavy = Order.pipe(
      Entity.many("lines", Line, (order: { lines: typeof rows }) => order.lines, Aggregate.sum("weight"))
    )
    const heavy = [
      { id: 1, qty: 1, weight: 1.7e308 },
      { id: 2, qty: 1, weight: 1.7e308 }
    ]
    const error = invalidRow(() => Entity.valuesSync(Heavy, { ...line.order, lines: heavy }))
    assert.strictEqual(error.path, "Order.lines.weight")
    assert.strictEqual(error.actual, "Infinity")
  })

  it("aggregate rows that are tracked as changes", () => {
    const Changes = Order.pipe(
      Entity.many(
        "edits",
        Entity.changed(Line),
        (order: { edits: ReadonlyArray<{ before: (typeof rows)[0] | null; after: (typeof rows)[0] }> }) => order.edits,
        Aggregate.sum("qty"),
        Aggregate.count
      )
    )
    const values = Entity.valuesSync(Changes, { ...line.order, edits: [{ before: null, after: rows[0]! }] })
    assert.strictEqual(values.Order_edits_qty_sum, 5)
  })
})

describe("changes", () => {
  const Line = Entity.make("OrderLine", {
    key: "id",
    attributes: {
      id: Schema.Int,
      qty: Schema.Int,
      tags: Schema.Array(Schema.String),
      note: Schema.optionalKey(Schema.String)
    }
  }).pipe(Entity.one("order", Order, (row: { order: OrderRow }) => row.order))
  const Changed = Entity.changed(Line)
  const before = { id: 1001, qty: 2, tags: ["a"], order: line.order }
  const order = { Order_id: 357, Order_uuid: line.order.uuid, Order_total: 714328 }

  it("carry the attributes of after, what changed, and what it was before", () => {
    assert.deepStrictEqual(
      Entity.valuesSync(Changed, { before, after: { ...before, qty: 3, tags: ["a", "b"], note: "n" } }),
      {
        OrderLine_id: 1001,
        OrderLine_qty: 3,
        OrderLine_tags: ["a", "b"],
        OrderLine_note: "n",
        OrderLine_state: "updated",
        OrderLine_changed: ["qty", "tags", "note"],
        OrderLine_qty_before: 2,
        OrderLine_tags_before: ["a"],
        ...order
      }
    )
  })

  it("are unchanged where every value is the same", () => {
    const values = Entity.valuesSync(Changed, { before, after: { ...before, tags: ["a"] } })
    assert.strictEqual(values.OrderLine_state, "unchanged")
    assert.deepStrictEqual(values.OrderLine_changed, [])
    assert.notProperty(values, "OrderLine_tags_before")
  })

  it("are created without before, and deleted without after", () => {
    const created = Entity.valuesSync(Changed, { before: null, after: before })
    const deleted = Entity.valuesSync(Changed, { before, after: null })
    assert.deepStrictEqual([created.OrderLine_state, created.OrderLine_changed], ["created", []])
    assert.deepStrictEqual([deleted.OrderLine_state, deleted.OrderLine_changed], ["deleted", []])
    assert.deepStrictEqual([created.Order_id, deleted.Order_id, deleted.OrderLine_qty], [357, 357, 2])
  })

  it.effect("compare computed attributes and follow loaders", () =>
    Effect.gen(function* () {
      const Computed = Entity.changed(
        Item.pipe(Entity.computed("double", Schema.Int, (row: { qty: number }) => Effect.succeed(row.qty * 2)))
      )
      assert.deepStrictEqual(yield* Entity.values(Computed, { before: { id: 1, qty: 1 }, after: { id: 1, qty: 2 } }), {
        Item_id: 1,
        Item_double: 4,
        Item_state: "updated",
        Item_changed: ["double"],
        Item_double_before: 2
      })
    })
  )

  it("need a row in before or in after", () => {
    const error = invalidRow(() => Entity.valuesSync(Changed, { before: null, after: null } as never))
    assert.strictEqual(error.expected, "a row in before or in after")
  })

  it("are not tracked as changes of changes", () => {
    assert.strictEqual(refusal(() => Entity.changed(Changed as never)).reason, "DuplicateName")
  })
})

describe("extras", () => {
  it("are attributes that come beside the row, for one event", () => {
    const Placed = LoadedLine.pipe(
      Entity.computed("twice", Schema.Int, (row: { qty: number }) => row.qty * 2),
      Entity.extras({ coupon: Schema.String, at: Schema.Date })
    )
    const values = Entity.valuesSync(Placed, { row: line, extras: { coupon: "TAPE10", at: new Date(0) } })
    const { OrderLine_id, OrderLine_qty, ...related } = lineValues
    assert.deepStrictEqual(
      Object.entries(values),
      Object.entries({
        OrderLine_id,
        OrderLine_qty,
        OrderLine_twice: 6,
        OrderLine_coupon: "TAPE10",
        OrderLine_at: "1970-01-01T00:00:00.000Z",
        ...related
      })
    )
  })
})

describe("a bad definition fails when it is composed", () => {
  const paths = (error: DefinitionError.DefinitionError) => [error.entity, error.reason, ...error.paths]

  it("names two relations onto one prefix, and the remedy", () => {
    const error = refusal(() =>
      Item.pipe(
        Entity.one("from", Order, (row: { from: OrderRow }) => row.from),
        Entity.one("to", Order, (row: { to: OrderRow }) => row.to)
      )
    )
    assert.deepStrictEqual(paths(error).slice(0, 4), ["Item", "DuplicateKey", "Item.from.id", "Item.to.id"])
    assert.include(error.message, "Order_id (Item.from.id and Item.to.id)")
    assert.include(error.message, "{ prefix:")
  })

  it("names an attribute that is called like another's flat key, and an aggregate's key", () => {
    const Clash = Entity.make("Item", { key: "id", attributes: { id: Schema.Int, lines_count: Schema.Int } })
    const error = refusal(() =>
      Clash.pipe(Entity.many("lines", Order, (row: { lines: ReadonlyArray<OrderRow> }) => row.lines, Aggregate.count))
    )
    assert.deepStrictEqual(paths(error), ["Item", "DuplicateKey", "Item.lines_count", "Item.lines"])
    const Under = Entity.make("A", { key: "B_id", attributes: { B_id: Schema.Int } })
    const other = refusal(() =>
      Under.pipe(Entity.one("b", Item, (row: { b: { id: number } }) => row.b, { prefix: "A_B" }))
    )
    assert.deepStrictEqual(paths(other), ["A", "DuplicateKey", "A.B_id", "A.b.id"])
  })

  it("says how many more keys collide than it lists", () => {
    const Wide = Entity.make("Wide", {
      key: "a",
      attributes: Object.fromEntries([..."abcdefgh"].map((name) => [name, Schema.Int]))
    })
    const error = refusal(() =>
      Item.pipe(
        Entity.one("x", Wide, (row: { x: never }) => row.x),
        Entity.one("y", Wide, (row: { y: never }) => row.y)
      )
    )
    assert.include(error.message, "and 3 more keys")
  })

  it("refuses an attribute twice, a relation twice, and an entity tracked as a change whose names are taken", () => {
    assert.strictEqual(refusal(() => Item.pipe(Entity.computed("id", Schema.Int, () => 1))).reason, "DuplicateKey")
    const related = Item.pipe(Entity.one("order", Order, (row: { order: OrderRow }) => row.order))
    assert.strictEqual(
      refusal(() => related.pipe(Entity.one("order", Product, () => null, { prefix: "Other" }))).reason,
      "DuplicateName"
    )
    const Stated = Entity.make("Stated", { key: "id", attributes: { id: Schema.Int, state: Schema.String } })
    assert.deepStrictEqual(paths(refusal(() => Entity.changed(Stated))).slice(0, 2), ["Stated", "DuplicateKey"])
  })

  it("refuses a key that is no attribute", () => {
    const error = refusal(() => Entity.make("Item", { key: "uuid" as "id", attributes: { id: Schema.Int } }))
    assert.deepStrictEqual(paths(error), ["Item", "BadKey", "Item.uuid"])
  })

  it.each([
    ["Schema.Any", Schema.Any],
    ["Schema.Unknown", Schema.Unknown],
    ["Schema.ObjectKeyword", Schema.ObjectKeyword],
    ["Schema.Symbol", Schema.Symbol],
    ["Schema.Never", Schema.Never],
    ["Schema.instanceOf", Schema.instanceOf(WeakMap)],
    ["Schema.Redacted", Schema.Redacted(Schema.String)],
    ["inside an array", Schema.Array(Schema.Symbol)],
    ["inside a struct", Schema.Struct({ a: Schema.Unknown })],
    ["inside a record", Schema.Record(Schema.String, Schema.Any)],
    ["inside a union", Schema.Union([Schema.String, Schema.Symbol])],
    ["inside an Option", Schema.Option(Schema.Symbol)],
    ["a string instead of a schema", "string" as never]
  ])("refuses a schema without JSON encoding: %s", (_, schema) => {
    const error = refusal(() => Entity.make("Item", { key: "id", attributes: { id: Schema.Int, bad: schema } }))
    assert.deepStrictEqual(paths(error), ["Item", "NotJson", "Item.bad"])
  })

  it("takes a type without JSON that is decoded from something that has it, and never a Redacted one", () => {
    class Money {
      readonly cents: number
      constructor(cents: number) {
        this.cents = cents
      }
    }
    const MoneyFromInt = Schema.Int.pipe(
      Schema.decodeTo(
        Schema.instanceOf(Money),
        SchemaTransformation.transform({ decode: (cents) => new Money(cents), encode: (money) => money.cents })
      )
    )
    const Paid = Entity.make("Paid", { key: "id", attributes: { id: Schema.Int, sum: MoneyFromInt } })
    assert.deepStrictEqual(Entity.valuesSync(Paid, { id: 1, sum: new Money(250) }), { Paid_id: 1, Paid_sum: 250 })
    const secret = Schema.RedactedFromValue(Schema.String)
    assert.strictEqual(
      refusal(() => Entity.make("Paid", { key: "id", attributes: { id: Schema.Int, secret } })).reason,
      "NotJson"
    )
  })

  it("says what is missing where there are no attributes", () => {
    for (const options of [null, {}, { attributes: null }, { attributes: 5 }]) {
      assert.strictEqual(refusal(() => Entity.make("Item", options as never)).reason, "BadPath")
    }
  })

  it("takes a schema that refers to itself", () => {
    interface Tree {
      readonly children: ReadonlyArray<Tree>
    }
    const Tree: Schema.Codec<Tree> = Schema.Struct({
      children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
    })
    const Rooted = Entity.make("Rooted", { key: "id", attributes: { id: Schema.Int, tree: Tree } })
    const tree = { children: [{ children: [] }] }
    assert.deepStrictEqual(Entity.valuesSync(Rooted, { id: 1, tree }), { Rooted_id: 1, Rooted_tree: tree })
  })

  it("takes schemas that refer to each other, and refuses what is not JSON in the second", () => {
    interface Order {
      readonly parent: { readonly order: Order | null } | null
    }
    const tangled = (more: {} = {}) => {
      const Order: Schema.Codec<Order> = Schema.Struct({ parent: Schema.NullOr(Schema.suspend(() => Parent)) })
      const Parent = Schema.Struct({ order: Schema.NullOr(Schema.suspend(() => Order)), ...more })
      return Entity.make("Tangled", { key: "id", attributes: { id: Schema.Int, order: Order } })
    }
    const order = { parent: { order: { parent: null } } }
    assert.deepStrictEqual(Entity.valuesSync(tangled(), { id: 1, order }), { Tangled_id: 1, Tangled_order: order })
    for (const secret of [Schema.Symbol, Schema.Any, Schema.Redacted(Schema.String)]) {
      assert.strictEqual(refusal(() => tangled({ secret })).reason, "NotJson")
    }
  })

  it.each([
    "",
    "order total",
    "a.b",
    "$id",
    "mp_event",
    "1st",
    "naïve",
    "_id",
    "constructor",
    "toString",
    "x".repeat(101)
  ])("refuses the name %j, which a vendor refuses or JavaScript has taken", (name) => {
    const attribute = refusal(() => Entity.make("Item", { key: name, attributes: { [name]: Schema.Int } }))
    assert.deepStrictEqual(paths(attribute), ["Item", "BadName", `Item.${name}`])
    assert.strictEqual(
      refusal(() => Entity.make(name, { key: "id", attributes: { id: Schema.Int } })).reason,
      "BadName"
    )
    assert.strictEqual(refusal(() => Item.pipe(Entity.one(name, Order, () => null))).reason, "BadName")
    assert.strictEqual(
      refusal(() => Item.pipe(Entity.one("order", Order, () => null, { prefix: name }))).reason,
      "BadName"
    )
  })

  it("refuses the attribute __proto__, however it is written", () => {
    assert.strictEqual(
      refusal(() => Entity.make("Item", { key: "__proto__", attributes: { ["__proto__"]: Schema.Int } })).reason,
      "BadName"
    )
  })

  it("refuses a flat key that is longer than vendors accept", () => {
    const long = "x".repeat(100)
    const Deep = Entity.make("Deep", { key: "id", attributes: { id: Schema.Int, [long]: Schema.Int } })
    const error = refusal(() =>
      Entity.make(`E${"y".repeat(99)}`, { key: "id", attributes: { id: Schema.Int } }).pipe(
        Entity.many(long, Deep as any, () => [], Aggregate.sum(long))
      )
    )
    assert.strictEqual(error.reason, "BadName")
    assert.include(error.message, "has 306 characters, and vendors accept 255")
  })

  it("refuses aggregates that are missing, unknown, or of an attribute that is not there or not a number", () => {
    const many = (...aggregates: ReadonlyArray<any>) =>
      refusal(() => Item.pipe(Entity.many("orders", Order, () => [], ...(aggregates as unknown as [Aggregate.Count]))))
    assert.deepStrictEqual(paths(many()), ["Item", "BadAggregate", "Item.orders"])
    assert.deepStrictEqual(paths(many({ _tag: "Median" })), ["Item", "BadAggregate", "Item.orders"])
    assert.deepStrictEqual(paths(many(Aggregate.sum("nothing"))), [
      "Item",
      "BadAggregate",
      "Item.orders",
      "Order.nothing"
    ])
    assert.deepStrictEqual(paths(many(Aggregate.max("uuid"))), ["Item", "BadAggregate", "Item.orders", "Order.uuid"])
    for (const max of [0, -1, 1.5, Number.NaN]) assert.strictEqual(many(Aggregate.list({ max })).reason, "BadLimit")
  })

  it("refuses a relation to what is not an entity, by what is no resolver, and an omission of nothing", () => {
    assert.strictEqual(refusal(() => Item.pipe(Entity.one("x", {} as never, () => null))).reason, "BadPath")
    assert.strictEqual(refusal(() => Item.pipe(Entity.one("x", Order, 5 as never))).reason, "BadPath")
    assert.strictEqual(refusal(() => Item.pipe(Entity.computed("x", Schema.Int, 5 as never))).reason, "BadPath")
    const omitted = refusal(() => Entity.omit(LoadedLine, "product.maker" as "product"))
    assert.deepStrictEqual(paths(omitted), ["Product", "BadPath", "OrderLine.product.maker"])
    assert.strictEqual(refusal(() => Entity.omit(Item, "x" as never)).reason, "BadPath")
    assert.strictEqual(
      refusal(() => Entity.make("S", { key: "id", schema: Schema.Struct({}), attributes: ["id"] } as never)).reason,
      "BadPath"
    )
  })

  it("leaves the entity that was composed on as it was", () => {
    const before = Object.keys(Item.relations)
    Item.pipe(Entity.one("order", Order, () => null))
    assert.deepStrictEqual(Object.keys(Item.relations), before)
    assert.isTrue(Object.isFrozen(Item))
    assert.strictEqual(String(Item), "Entity(Item)")
    assert.isTrue(Entity.isEntity(Item))
    assert.isFalse(Entity.isEntity({ name: "Item" }))
  })
})

describe("a bad row has one answer: InvalidRow, which names the place and never the value", () => {
  const of = (row: unknown) => invalidRow(() => Entity.valuesSync(LoadedLine, row as never))
  const withProduct = (product: object) => ({ ...line, product: { ...line.product, ...product } })

  it.each([
    ["null", null, "OrderLine", "a row", "null"],
    ["undefined", undefined, "OrderLine", "a row", "undefined"],
    ["a number", 7, "OrderLine", "a row", "an integer"],
    ["a string", "row", "OrderLine", "a row", "a string of length 3"],
    ["a function", () => line, "OrderLine", "a row", "a function"],
    ["a missing attribute", { ...line, qty: undefined }, "OrderLine.qty", "an integer", "undefined"],
    ["a wrong attribute", { ...line, qty: "3" }, "OrderLine.qty", "an integer", "a string of length 1"],
    ["NaN", withProduct({ price: Number.NaN }), "OrderLine.product.price", "a finite number", "NaN"],
    ["Infinity", withProduct({ price: Infinity }), "OrderLine.product.price", "a finite number", "Infinity"],
    ["a bigint", { ...line, id: 1n }, "OrderLine.id", "an integer", "a bigint"],
    ["a fraction", { ...line, id: 1.5 }, "OrderLine.id", "an integer", "a fraction"],
    ["a symbol", withProduct({ name: Symbol("secret") }), "OrderLine.product.name", "a string", "a symbol"],
    ["a boolean", withProduct({ name: true }), "OrderLine.product.name", "a string", "a boolean"],
    ["an array", withProduct({ name: ["secret"] }), "OrderLine.product.name", "a string", "an array of length 1"],
    ["a Map", withProduct({ name: new Map() }), "OrderLine.product.name", "a string", "an object of class Map"],
    ["a null attribute", withProduct({ name: null }), "OrderLine.product.name", "a string", "null"],
    [
      "a related row that is no object",
      { ...line, product: 123 },
      "OrderLine.product",
      "a row or nothing",
      "an integer"
    ],
    [
      "a deep one",
      withProduct({ manufacturer: { id: "x" } }),
      "OrderLine.product.manufacturer.id",
      "an integer",
      "a string of length 1"
    ]
  ])("%s", (_, row, path, expected, actual) => {
    const error = of(row)
    assert.deepStrictEqual(
      [error.entity, error.path, error.expected, error.actual],
      ["OrderLine", path, expected, actual]
    )
    assert.include(error.message, `${path}: expected ${expected}, got ${actual}. `)
    assert.notInclude(error.message, "secret")
  })

  it.effect("as a typed failure of values and valuesAll, where the row's index is part of the path", () =>
    Effect.gen(function* () {
      const bad = { ...line, qty: 1.5 }
      assert.strictEqual((yield* Effect.flip(Entity.values(LoadedLine, bad))).path, "OrderLine.qty")
      assert.strictEqual((yield* Effect.flip(Entity.valuesAll(LoadedLine, [line, bad]))).path, "OrderLine[1].qty")
      // oxlint-disable-next-line no-sparse-arrays
      const withHole = [line, , line] as ReadonlyArray<typeof line>
      assert.strictEqual((yield* Effect.flip(Entity.valuesAll(LoadedLine, withHole))).path, "OrderLine[1]")
      assert.strictEqual((yield* Effect.flip(Entity.valuesAll(LoadedLine, null as never))).path, "OrderLine")
      assert.strictEqual((yield* Effect.flip(Entity.values(LoadedLine, undefined as never))).path, "OrderLine")
    })
  )

  it("for a getter that throws, with its cause", () => {
    const cause = new RangeError("secret")
    const error = of({
      ...line,
      get qty() {
        throw cause
      }
    })
    assert.deepStrictEqual([error.path, error.actual, error.cause], ["OrderLine.qty", "a throw of RangeError", cause])
    assert.notInclude(error.message, "secret")
  })

  it("for a resolver and a computed attribute that throw", () => {
    const Throwing = Item.pipe(
      Entity.one("order", Order, (row: { deep: { order: OrderRow } }) => row.deep.order),
      Entity.computed("word", Schema.String, (row: { word: string }) => row.word.toUpperCase())
    )
    const resolver = invalidRow(() => Entity.valuesSync(Throwing, { id: 1, word: "x" } as never))
    assert.deepStrictEqual([resolver.path, resolver.actual], ["Item.order", "a throw of TypeError"])
    const computed = invalidRow(() => Entity.valuesSync(Throwing, { id: 1, deep: { order: line.order } } as never))
    assert.deepStrictEqual([computed.path, computed.actual], ["Item.word", "a throw of TypeError"])
    const Odd = Item.pipe(
      Entity.one("order", Order, () => {
        throw Object.create(null)
      })
    )
    assert.strictEqual(invalidRow(() => Entity.valuesSync(Odd, { id: 1 })).actual, "a throw of an object")
  })

  it("for proxies that are revoked or throw", () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    assert.strictEqual(of(proxy).actual, "a throw of TypeError")
    const thrower = new Proxy(
      {},
      {
        get: () => {
          throw new Proxy(
            {},
            {
              getPrototypeOf: () => {
                throw new Error("x")
              }
            }
          )
        }
      }
    )
    assert.strictEqual(of(thrower).actual, "a throw of an object that throws when it is read")
    assert.strictEqual(of(withProduct({ name: proxy })).actual, "an object that throws when it is read")
  })

  it("for an attribute that only the prototype of all objects has", () => {
    const Named = Entity.make("Named", { key: "id", attributes: { id: Schema.Int, name: Schema.String } })
    const row = Object.assign(() => {}, { id: 1 })
    assert.strictEqual(invalidRow(() => Entity.valuesSync(Named, row as never)).expected, "a row")
    assert.deepStrictEqual(Entity.valuesSync(Named, JSON.parse('{"__proto__": {"name": "x"}, "id": 1, "name": "y"}')), {
      Named_id: 1,
      Named_name: "y"
    })
  })

  it("for values that their schema cannot encode", () => {
    const Typed = Entity.make("Typed", {
      key: "id",
      attributes: {
        id: Schema.Int,
        at: Schema.Date,
        note: Schema.Option(Schema.String),
        size: Schema.Literals(["S", "M"])
      }
    })
    const good = { id: 1, at: new Date(0), note: Option.some("x"), size: "S" }
    const bad = (row: object) => invalidRow(() => Entity.valuesSync(Typed, { ...good, ...row } as never))
    assert.deepStrictEqual(
      [bad({ at: new Date(Number.NaN) }).path, bad({ at: new Date(Number.NaN) }).actual],
      ["Typed.at", "an invalid Date"]
    )
    assert.strictEqual(bad({ at: 5 }).actual, "an integer")
    assert.strictEqual(bad({ at: Option.none() }).actual, "an Option")
    assert.strictEqual(bad({ id: new Date(0) }).actual, "a Date")
    assert.strictEqual(bad({ note: "x" }).expected, "an Option of a string")
    assert.strictEqual(bad({ size: "L" }).expected, '"S" or "M"')
    const Listed = Entity.make("Listed", { key: "id", attributes: { id: Schema.Int, n: Schema.NullOr(Schema.Number) } })
    assert.strictEqual(
      invalidRow(() => Entity.valuesSync(Listed, { id: 1, n: Infinity })).expected,
      "a finite number or null"
    )
    assert.deepStrictEqual(Entity.valuesSync(Listed, { id: 1, n: null }), { Listed_id: 1, Listed_n: null })
  })

  it("for a to-many relation that is no array, or has a bad row in it", () => {
    const Full = Order.pipe(
      Entity.many(
        "lines",
        LoadedLine.pipe(Entity.omit("order")),
        (order: { lines: ReadonlyArray<typeof line> }) => order.lines,
        Aggregate.list({ max: 5 })
      )
    )
    const bad = (lines: unknown) => invalidRow(() => Entity.valuesSync(Full, { ...line.order, lines } as never))
    assert.deepStrictEqual([bad(undefined).path, bad(undefined).expected], ["Order.lines", "an array of rows"])
    assert.strictEqual(bad({}).actual, "an object")
    assert.deepStrictEqual([bad([line, null]).path, bad([line, null]).expected], ["Order.lines[1]", "a row"])
    assert.match(bad([line, null]).remedy, /^Make the resolver return rows/)
    assert.strictEqual(invalidRow(() => Entity.valuesSync(Full, null as never)).remedy, "Pass the row to the call.")
    assert.strictEqual(bad([line, withProduct({ price: "1" })]).path, "Order.lines[1].product.price")
  })

  it("for resolvers that answer with an Effect where there is none to run", () => {
    const Slow = Item.pipe(Entity.one("order", Order, () => Effect.succeed(line.order)))
    const error = invalidRow(() => Entity.valuesSync(Slow as never, { id: 1 } as never))
    assert.deepStrictEqual([error.path, error.expected, error.actual], ["Item.order", "an answer at once", "an Effect"])
  })

  it.effect("after an Effect as well", () =>
    Effect.gen(function* () {
      const Slow = Item.pipe(
        Entity.one("order", Order, () => Effect.succeed({ ...line.order, total: Number.NaN })),
        Entity.computed("at", Schema.Date, () => Effect.succeed(new Date(Number.NaN)))
      )
      assert.strictEqual((yield* Effect.flip(Entity.values(Slow, { id: 1 }))).path, "Item.at")
      assert.strictEqual(
        (yield* Effect.flip(
          Entity.values(Item.pipe(Entity.one("order", Order, () => Effect.succeed(5 as never))), { id: 1 })
        )).path,
        "Item.order"
      )
    })
  )
})

describe("what is unusual and still JSON", () => {
  const Text = Entity.make("Text", {
    key: "id",
    attributes: { id: Schema.Int, text: Schema.String, record: Schema.Record(Schema.String, Schema.Finite) }
  })

  it("passes: a lone surrogate, which JSON.stringify escapes, and a megabyte of text, which is a sink's to judge", () => {
    for (const text of ["\uD800", "x".repeat(1_000_000)]) {
      const values = Entity.valuesSync(Text, { id: 1, text, record: {} })
      assert.strictEqual(JSON.parse(JSON.stringify(values)).Text_text, text)
    }
  })

  it("keeps prototype names inside a record as plain keys", () => {
    const record = JSON.parse('{"__proto__": 1, "constructor": 2}')
    const values = Entity.valuesSync(Text, { id: 1, text: "", record })
    assert.strictEqual(JSON.stringify(values.Text_record), '{"__proto__":1,"constructor":2}')
    assert.strictEqual(Object.getPrototypeOf(values.Text_record), Object.prototype)
  })
})

describe("unchecked", () => {
  it("passes scalars as they are, and still encodes and resolves", () => {
    const Loose = Entity.unchecked(LoadedLine)
    assert.deepStrictEqual(Entity.valuesSync(Loose, line), lineValues)
    assert.strictEqual(Entity.valuesSync(Loose, { ...line, qty: "3" as never }).OrderLine_qty as unknown, "3")
    assert.strictEqual(invalidRow(() => Entity.valuesSync(Loose, null as never)).path, "OrderLine")
    const Dated = Entity.unchecked(Entity.make("Dated", { key: "at", attributes: { at: Schema.Date } }))
    assert.strictEqual(invalidRow(() => Entity.valuesSync(Dated, { at: 5 as never })).path, "Dated.at")
  })
})

describe("schema", () => {
  const Lines = Order.pipe(
    Entity.many(
      "lines",
      LoadedLine.pipe(Entity.omit("order")),
      (order: { lines: ReadonlyArray<typeof line> }) => order.lines,
      Aggregate.list({ max: 5 }),
      Aggregate.count,
      Aggregate.keys,
      Aggregate.sum("qty"),
      Aggregate.min("qty"),
      Aggregate.first
    )
  )

  it("accepts what the entity yields, and refuses what it cannot", () => {
    const is = Schema.is(Entity.schema(Lines))
    const values = Entity.valuesSync(Lines, { ...line.order, lines: [line] })
    assert.isTrue(is(values))
    assert.isTrue(is(Entity.valuesSync(Lines, { ...line.order, lines: [] })))
    assert.isFalse(is({ ...values, Order_lines_count: "1" }))
    assert.isFalse(is({ ...values, Order_total: Number.NaN }))
    const { Order_lines, ...rest } = values
    assert.isFalse(is(rest))
  })

  it("gives the JSON Schema of the flat record", () => {
    const document = Schema.toJsonSchemaDocument(Entity.schema(Entity.omit(LoadedLine, "product")))
    const definition = document.definitions["OrderLine"] as { required: ReadonlyArray<string>; properties: object }
    assert.deepStrictEqual(definition.required, ["OrderLine_id", "OrderLine_qty"])
    assert.deepStrictEqual(Object.keys(definition.properties), [
      "OrderLine_id",
      "OrderLine_qty",
      "Order_id",
      "Order_uuid",
      "Order_total"
    ])
  })
})
