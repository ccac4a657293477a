import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as v from "valibot"
import { z } from "zod"
import { refusal } from "../test/refusal.ts"
import { Aggregate, Entity, EventSink, Loader, Plan, Receipt, TrackedEvent } from "./index.ts"

type Row = { readonly id: number }
const Manager = Entity.make("Manager", { key: "id", attributes: { id: Schema.Int } })
const Employee = Entity.make("Employee", { key: "id", attributes: { id: Schema.Int } })
const managerOf = (employee: { readonly manager: Row }) => employee.manager
const Managed = Employee.pipe(Entity.one("manager", Manager, managerOf))
const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } })
const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } })

describe("two relations to one entity that has relations of its own", () => {
  type Sale = { readonly buyer: Entity.Row<typeof Managed>; readonly seller: Entity.Row<typeof Managed> }
  const buyerOf = (order: Sale) => order.buyer
  const sellerOf = (order: Sale) => order.seller
  const row = { id: 1, buyer: { id: 2, manager: { id: 3 } }, seller: { id: 4, manager: { id: 5 } } }

  it("collide in both: the message has a remedy for each, which work when they are followed", () => {
    const { message } = refusal(() =>
      Order.pipe(Entity.one("buyer", Managed, buyerOf), Entity.one("seller", Managed, sellerOf))
    )
    assert.include(message, 'give one of the relations its own prefix, { prefix: "…" }, or rename the attribute')
    assert.include(
      message,
      'prefixes do not nest, and both paths share the relation "manager" of Employee: leave it out on one path, with Entity.omit("manager") on Employee, or compose Employee twice, with another prefix for "manager"'
    )
    const Followed = Order.pipe(
      Entity.one("buyer", Managed, buyerOf),
      Entity.one("seller", Managed.pipe(Entity.omit("manager")), sellerOf, { prefix: "Seller" })
    )
    assert.deepStrictEqual(Entity.valuesSync(Followed, row), {
      Order_id: 1,
      Employee_id: 2,
      Seller_id: 4,
      Manager_id: 3
    })
  })

  it("collide in the nested one after a prefix, which the second remedy ends", () => {
    const { message } = refusal(() =>
      Order.pipe(
        Entity.one("buyer", Managed, buyerOf, { prefix: "Buyer" }),
        Entity.one("seller", Managed, sellerOf, { prefix: "Seller" })
      )
    )
    assert.match(
      message,
      /^Order: more than one path writes Manager_id \(Order\.buyer\.manager\.id and Order\.seller\.manager\.id\): prefixes do not nest/
    )
    const SellerManaged = Employee.pipe(Entity.one("manager", Manager, managerOf, { prefix: "SellerManager" }))
    const Followed = Order.pipe(
      Entity.one("buyer", Managed, buyerOf, { prefix: "Buyer" }),
      Entity.one("seller", SellerManaged, sellerOf, { prefix: "Seller" })
    )
    assert.deepStrictEqual(Entity.valuesSync(Followed, row), {
      Order_id: 1,
      Buyer_id: 2,
      Seller_id: 4,
      Manager_id: 3,
      SellerManager_id: 5
    })
  })
})

describe("an event with two entities of one name", () => {
  it("tells them apart by their names in the event, and the remedy works", () => {
    const { message, paths } = refusal(() => TrackedEvent.make("moved", { entities: { from: Order, to: Order } }))
    assert.deepStrictEqual(paths, ["moved.from.id", "moved.to.id"])
    assert.include(
      message,
      "an event takes an entity once: define another entity with a name of its own, or relate it with Entity.one and a prefix"
    )
    const Target = Entity.make("Target", { key: "id", attributes: { id: Schema.Int } })
    const Moved = TrackedEvent.make("moved", { entities: { from: Order, to: Target } })
    assert.deepStrictEqual(TrackedEvent.keys(Moved), ["Order_id", "Target_id"])
  })

  it("says to rename a property that is called like a key", () => {
    const { message } = refusal(() =>
      TrackedEvent.make("placed", { entities: { order: Order }, properties: { Order_id: Schema.Int } })
    )
    assert.match(message, /: rename the event's property$/)
  })
})

describe("an aggregate that is none", () => {
  const many = (...aggregates: ReadonlyArray<unknown>) =>
    refusal(() => Entity.many(Order, "lines", Line, () => [], ...(aggregates as [Aggregate.Count]))).message

  it("is described, with what to do", () => {
    assert.match(
      many([Aggregate.count]),
      /Order\.lines has an array where an aggregate is expected: pass the aggregates one by one/
    )
    assert.match(
      many(Aggregate.list),
      /has a function where an aggregate is expected\. Call it, as in Aggregate\.list\(\{ max: 10 \}\)$/
    )
    for (const given of [null, undefined, 5, {}])
      assert.match(many(given), /where an aggregate is expected\. Use one of Aggregate's$/)
  })

  it("has an attribute that is a text, however often and as what it is asked for", () => {
    const evil = 'qty"]; throw new Error("run"); ["'
    for (const attribute of [{ toString: () => "qty" }, ["qty"], 5, null, evil]) {
      for (const _tag of ["Sum", "Avg", "Min", "Max", "CountDistinct"]) {
        assert.match(many({ _tag, attribute }), /needs the name of an attribute, not |has no attribute/)
      }
    }
    let reads = 0
    const changing = {
      _tag: "Sum",
      get attribute() {
        return reads++ === 0 ? "qty" : evil
      }
    } as never as Aggregate.Sum<"qty">
    const lines = (order: { readonly lines: ReadonlyArray<{ readonly id: number; readonly qty: number }> }) =>
      order.lines
    const Whole = Entity.many(Order, "lines", Line, lines, changing)
    assert.deepStrictEqual(Object.keys(Entity.valuesSync(Whole, { id: 1, lines: [] })), [
      "Order_id",
      "Order_lines_qty_sum"
    ])
    assert.strictEqual(reads, 1)
    const attributes = ["qty"]
    const own = { _tag: "Custom", name: "own", schema: Schema.Int, attributes, aggregate: () => 1 } as never
    const Own = Entity.many(Order, "lines", Line, lines, own)
    attributes[0] = evil
    assert.deepStrictEqual(Entity.valuesSync(Own, { id: 1, lines: [] }) as object, { Order_id: 1, Order_lines_own: 1 })
    assert.match(
      many({ _tag: "Custom", name: "own", schema: Schema.Int, attributes: [5], aggregate: () => 1 }),
      /needs the name/
    )
  })
})

describe("a field that an attribute reads", () => {
  it("is a text, of an attribute that is there", () => {
    const make = (from: unknown) =>
      refusal(() => Entity.make("Item", { key: "id", attributes: { id: Schema.Int }, from } as never)).message
    assert.strictEqual(make({ uuid: "_id" }), 'Item: from names "uuid", which is not one of its attributes')
    for (const field of [5, "", () => 1])
      assert.match(make({ id: field }), /^Item: from\.id needs the name of a field of the row, not /)
  })

  it("can have any name, which no generated code runs", () => {
    for (const name of ["_id", "order-id", 'a"b', "a.b", "]; throw 1; [", "\u2028", "constructor"]) {
      const Item = Entity.make("Item", { key: "id", attributes: { id: Schema.Int, n: Schema.Int }, from: { id: name } })
      assert.deepStrictEqual(Entity.valuesSync(Item, { [name]: 7, n: 1 } as never), { Item_id: 7, Item_n: 1 })
    }
  })
})

describe("two entities of one name whose transforms write one attribute differently", () => {
  const planOf = (a: object, b: object) => {
    const [first, second] = [a, b].map((at) =>
      Entity.make("Order", { key: "id", attributes: { id: Schema.Int, at: at as Schema.String } })
    )
    return Plan.make(
      TrackedEvent.make("placed", { entities: { order: first! } }),
      TrackedEvent.make("shipped", { entities: { order: second! } })
    )
  }
  const iso = () => z.date().transform((at) => at.toISOString())

  it("are refused, in zod and valibot, and the remedy works: one schema for both", () => {
    const millis = z.date().transform((at) => at.getTime())
    const minutes = z
      .date()
      .transform((at) => at.toISOString().slice(0, 16))
      .pipe(z.string())
    const valibot = v.pipe(
      v.date(),
      v.transform((at) => at.getTime())
    )
    for (const other of [
      millis,
      minutes,
      valibot,
      z
        .date()
        .transform((at) => String(at))
        .pipe(z.string())
    ]) {
      const { message, reason } = refusal(() => planOf(iso(), other))
      assert.strictEqual(reason, "DuplicateName")
      assert.strictEqual(
        message,
        'Order: two entities share this name and differ in the attribute "at": use one entity for both, or rename one'
      )
    }
    const unknowable = () =>
      z.object({ nested: z.object({ at: z.date() }) }).transform(({ nested }) => nested.at.getTime())
    assert.strictEqual(refusal(() => planOf(unknowable(), unknowable())).reason, "DuplicateName")
    const shared = unknowable()
    assert.isTrue(Plan.isPlan(planOf(shared, shared)))
  })

  it("are refused where only one may leave it out, in every schema library", () => {
    const pairs: ReadonlyArray<readonly [object, object]> = [
      [Schema.String, Schema.optionalKey(Schema.String)],
      [Schema.String, Schema.optional(Schema.String)],
      [z.string(), z.string().optional()],
      [v.string(), v.optional(v.string())]
    ]
    for (const [always, sometimes] of pairs) {
      for (const [a, b] of [
        [always, sometimes],
        [sometimes, always]
      ] as const) {
        const { message, reason } = refusal(() => planOf(a, b))
        assert.strictEqual(reason, "DuplicateName")
        assert.include(message, 'differ in whether the attribute "at" is optional: use one entity for both')
      }
      assert.isTrue(Plan.isPlan(planOf(sometimes, sometimes)))
    }
  })

  it("are taken where they write the same", () => {
    assert.isTrue(Plan.isPlan(planOf(iso(), iso())))
    assert.isTrue(Plan.isPlan(planOf(z.string(), z.string())))
    assert.isTrue(Plan.isPlan(planOf(v.string(), v.string())))
    assert.isTrue(Plan.isPlan(planOf(Schema.Date, Schema.Date)))
  })
})

describe("an option of a sink that cannot be", () => {
  const sink = EventSink.make({ name: "m", send: (batch) => Effect.succeed(batch.map(() => Receipt.delivered)) })
  it("is named, with the kind of what was given and never the value", () => {
    const secret = "s3cret" as never
    const said = (define: () => unknown) => refusal(define).message
    assert.strictEqual(
      said(() => sink.pipe(EventSink.retried({ limit: secret }))),
      'm: the limit of the retries (EventSink.retried) must be a number of milliseconds (0 or more), or a string like "10 seconds", not a string of length 6'
    )
    for (const given of [() => 1, Number.NaN, -1, true] as ReadonlyArray<any>) {
      assert.match(
        said(() => sink.pipe(EventSink.retried({ limit: given }))),
        /EventSink\.retried.*, not /
      )
      assert.match(
        said(() => sink.pipe(EventSink.batched({ age: given }))),
        /EventSink\.batched.*, not /
      )
      assert.match(
        said(() => sink.pipe(EventSink.rateLimited({ limit: 1, window: given }))),
        /EventSink\.rateLimited.*, not /
      )
    }
    assert.match(
      said(() => sink.pipe(EventSink.rateLimited({ limit: 0, window: 1 }))),
      /whole number of at least 1, not 0$/
    )
    assert.match(
      said(() => sink.pipe(EventSink.circuitBroken({ openDuration: secret, tripPolicy: undefined as never }))),
      /EventSink\.circuitBroken.*, not a string of length 6$/
    )
  })
})

describe("what a newcomer writes", () => {
  const id = { id: Schema.Int }

  it.each([
    ["zod", z.object({ id: z.int() }), z.object({ id: z.int() }).shape],
    ["Effect", Schema.Struct(id), Schema.Struct(id).fields]
  ] as const)(
    "is the schema of an object of %s in place of its fields, which the message asks for",
    (_, whole: unknown, fields: unknown) => {
      const remedy = "pass its fields, z.object(…).shape or Schema.Struct(…).fields"
      const entity = refusal(() => Entity.make("Line", { key: "id", attributes: whole as typeof id }))
      assert.strictEqual(
        entity.message,
        `Line: attributes must be schemas by name, not one schema of an object: ${remedy}`
      )
      const event = refusal(() => TrackedEvent.make("updated", { properties: whole as typeof id }))
      assert.strictEqual(
        event.message,
        `updated: properties must be schemas by name, not one schema of an object: ${remedy}`
      )
      const Followed = Entity.make("Line", { key: "id", attributes: fields as typeof id })
      assert.deepStrictEqual(Entity.valuesSync(Followed, { id: 1 }), { Line_id: 1 })
      assert.deepStrictEqual(TrackedEvent.keys(TrackedEvent.make("updated", { properties: fields as typeof id })), [
        "id"
      ])
    }
  )

  it.each([
    [[Line], "an array of length 1"],
    [Line, "one entity"]
  ])("is entities without their names (%#)", (entities: unknown, found) => {
    assert.strictEqual(
      refusal(() => TrackedEvent.make("updated", { entities: entities as never })).message,
      `updated: entities must be entities by the names that calls pass their rows under, such as { line: Line }, not ${found}`
    )
    assert.include(TrackedEvent.keys(TrackedEvent.make("updated", { entities: { line: Line } })), "Line_qty")
  })

  it("is an entity that is undefined, as in a circle of imports", () => {
    assert.strictEqual(
      refusal(() => TrackedEvent.make("updated", { entities: { line: undefined as never } })).message,
      'updated: "line" is not an entity, but undefined'
    )
  })

  it.each([undefined, "", 7])("is a sink without a name: %s", (name) => {
    const { message } = refusal(() => EventSink.make({ name: name as never, send: () => Effect.succeed([]) }))
    assert.match(message, /^EventSink\.make: a sink needs a name, which its receipts, log lines and metrics have, not /)
  })

  it("is a sink's function that was not called", () => {
    const memory = () =>
      EventSink.make({ name: "memory", send: (batch) => Effect.succeed(batch.all(Receipt.delivered)) })
    assert.strictEqual(
      refusal(() => EventSink.fanOut(memory as never)).message,
      "EventSink: one of the sinks is not a sink, but a function: call it"
    )
    assert.deepStrictEqual(EventSink.fanOut(memory()).names, ["memory"])
  })
})

describe("a name that stands in logs and receipts", () => {
  const named: Readonly<Record<string, (name: string) => unknown>> = {
    "TrackedEvent.make: an event's name": (name) => TrackedEvent.make(name),
    "EventSink.make: a sink's name": (name) => EventSink.make({ name, send: () => Promise.resolve([]) }),
    "Loader: a loader's name": (name) =>
      Loader.byKey({ name, load: async (_: Array<number>): Promise<Array<Row>> => [], keyOf: (row) => row.id }),
    "e: a purpose": (name) => TrackedEvent.make("e", { purposes: [name] }),
    "m: a purpose": (name) =>
      EventSink.make({ name: "m", send: () => Promise.resolve([]) }).pipe(EventSink.consented(name)),
    "Plan: a key of identify": (name) => Plan.make().pipe(Plan.calls({ identify: { [name]: Schema.Int } })),
    "Plan: a key of context": (name) => Plan.make().pipe(Plan.context({ [name]: Schema.Int }))
  }
  for (const [what, define] of Object.entries(named)) {
    it(`is one visible line, or refused: ${what}`, () => {
      const said = (name: unknown) => refusal(() => define(name as string)).message
      for (const name of ["a\nb", "a\u001b[31mb", "a\u0000b", "a\u2028b", "a\u202eb", "a\ud800b"]) {
        const message = said(name)
        assert.match(message, /visible characters, but "a \S*b" contains a control character or a line break$/)
        assert.isTrue(message.startsWith(`${what} must be a string of 1 to 255`))
      }
      assert.match(said(" "), /characters, and is empty$/)
      assert.match(said("a".repeat(256)), /characters, and has 256$/)
      for (const name of ["Order Placed", "naïve 🦆", "a".repeat(255)]) define(name)
    })
  }

  it("is described where it is none, and an entity's is quoted on one line", () => {
    assert.match(
      refusal(() => EventSink.make({ name: 5 as never, send: () => Promise.resolve([]) })).message,
      /, not an integer$/
    )
    assert.match(refusal(() => TrackedEvent.make(undefined as never)).message, /, not undefined$/)
    const { message } = refusal(() => Entity.make("a\u001b[31m\u202eb", { key: "id", attributes: { id: Schema.Int } }))
    assert.match(message, /^Entity\.make: the entity "a \[31m b" is not a name/)
  })
})
