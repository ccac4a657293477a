import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { complete, deferring, sentOf, storedOf, track } from "../test/deferring.ts"
import { runs } from "../test/runs.ts"
import { collector, pathsOf, propertiesOf, quiet } from "../test/tracker.ts"
import {
  Actor,
  Aggregate,
  Attribute,
  Delivery,
  Entity,
  Envelope,
  EventSink,
  Loader,
  Message,
  Pii,
  Plan,
  Receipt,
  TrackedEvent,
  Tracker
} from "./index.ts"

// -----------------------------------------------------------------------------
// any entity and any row
// -----------------------------------------------------------------------------

const kinds = {
  int: [Schema.Int, fc.oneof(fc.maxSafeInteger(), fc.double())],
  string: [Schema.String, fc.oneof(fc.string({ unit: "binary" }), fc.anything())],
  personal: [Pii.personal(Schema.String), fc.string()],
  optional: [Schema.optional(Schema.String), fc.option(fc.string(), { nil: undefined })],
  date: [Schema.Date, fc.date({ noInvalidDate: false })],
  option: [Schema.Option(Schema.Finite), fc.option(fc.double()).map((value) => Option.fromNullishOr(value))],
  array: [Schema.Array(Schema.Date), fc.array(fc.date(), { maxLength: 3 })]
} satisfies Record<string, readonly [Attribute.Any, fc.Arbitrary<unknown>]>
type Kind = keyof typeof kinds

/** How a relation finds its rows: by a function, later, or by a loader. */
type Way = "now" | "promise" | "loader" | "required loader"

interface Related {
  readonly way: Way
  readonly shape: Shape
}
interface Shape {
  readonly attributes: ReadonlyArray<Kind>
  readonly computed: ReadonlyArray<Kind>
  readonly ones: ReadonlyArray<Related>
  readonly manys: ReadonlyArray<Related>
}

const kind = fc.constantFrom(...(Object.keys(kinds) as ReadonlyArray<Kind>))
const way = fc.constantFrom<Way>("now", "promise", "loader", "loader", "required loader")
const shapeOf = (depth: number): fc.Arbitrary<Shape> => {
  const related = fc.record({
    way,
    shape: depth === 0 ? fc.constant<Shape | undefined>(undefined) : shapeOf(depth - 1)
  })
  const relations = depth === 0 ? fc.constant([]) : fc.array(related as fc.Arbitrary<Related>, { maxLength: 2 })
  return fc.record({
    attributes: fc.array(kind, { maxLength: 3 }),
    computed: fc.array(kind, { maxLength: 1 }),
    ones: relations,
    manys: relations
  })
}

/** Keys of every kind that can be stored. Equal keys are the same row. */
const keyOf = (n: number): unknown => {
  switch (n % 6) {
    case 0:
      return n
    case 1:
      return `key ${n}`
    case 2:
      return BigInt(n)
    case 3:
      return new Date(n)
    case 4:
      return new Uint8Array([n % 256, n >> 8])
    default:
      return n === 5 ? true : -n
  }
}

const textOf = (key: unknown): string => `${typeof key} ${key instanceof Date ? key.getTime() : String(key)}`

/** The rows of the loaders, each with the key that it is found by. */
type Table = Array<Record<string, unknown>>

const isLoaded = (way: Way): boolean => way.includes("loader")

/** Makes a row, and adds the rows that loaders find to the table. */
type MakeRow = (table: Table) => Record<string, unknown>

/** What can be in place of a value that fits its attribute. */
type Spoil = (fitting: fc.Arbitrary<unknown>) => fc.Arbitrary<unknown>

const wildly: Spoil = (arbitrary) => fc.oneof({ weight: 20, arbitrary }, { weight: 1, arbitrary: fc.anything() })

/** Whether JSON writes nothing in it as null, as it does numbers that are not finite and dates that are none. */
const isWritten = (value: unknown): boolean => {
  if (typeof value === "number") return Number.isFinite(value)
  if (value instanceof Date) return !Number.isNaN(value.getTime())
  if (Option.isOption(value)) return isWritten(Option.getOrNull(value))
  return typeof value !== "object" || value === null || Object.values(value).every(isWritten)
}

const rowOf = (shape: Shape, spoil: Spoil): fc.Arbitrary<MakeRow> => {
  const values: Record<string, fc.Arbitrary<unknown>> = { id: fc.integer() }
  shape.attributes.forEach((name, i) => (values[`a${i}`] = spoil(kinds[name][1])))
  shape.computed.forEach((name, i) => (values[`c${i}`] = spoil(kinds[name][1])))
  return fc
    .record({
      values: fc.record(values),
      ones: fc.tuple(...shape.ones.map(({ shape: inner }) => fc.option(rowOf(inner, spoil), { freq: 3 }))),
      manys: fc.tuple(...shape.manys.map(({ shape: inner }) => fc.array(rowOf(inner, spoil), { maxLength: 4 }))),
      dangling: fc.boolean()
    })
    .map(({ dangling, manys, ones, values }) => (table) => {
      const row: Record<string, unknown> = { ...values }
      const keyed = (rows: Table): unknown => {
        const at = keyOf(table.length)
        for (const one of rows) table.push({ ...one, at })
        return at
      }
      shape.ones.forEach(({ way }, i) => {
        const related = ones[i]?.(table)
        if (!isLoaded(way)) row[`one${i}`] = related ?? null
        else row[`one${i}`] = related === undefined ? (dangling ? "nobody" : null) : keyed([related])
      })
      shape.manys.forEach(({ way }, i) => {
        const related = manys[i]!.map((make) => make(table))
        row[`many${i}`] = isLoaded(way) ? keyed([...related, { at: "nobody" }]) : related
      })
      return row
    })
}

const answer = (way: Way, value: unknown): unknown => (way === "promise" ? Promise.resolve(value) : value)

const entityOf = (shape: Shape, table: Table, called: () => void, name = "E"): Entity.Any => {
  let entity: any = Entity.make(name, {
    key: "id",
    attributes: {
      id: Schema.Int,
      ...Object.fromEntries(shape.attributes.map((kind, i) => [`a${i}`, kinds[kind][0] as Schema.Int]))
    }
  })
  shape.computed.forEach((kind, i) => {
    entity = entity.pipe(Entity.computed(`c${i}`, kinds[kind][0] as Schema.Int, (row: any) => row[`c${i}`] as number))
  })
  const options = {
    load: async (keys: ReadonlyArray<any>) => {
      called()
      const wanted = new Set(keys.map(textOf))
      return table.filter(({ at }) => wanted.has(textOf(at))) as Array<any>
    },
    keyOf: (row: any) => row.at as unknown
  }
  const byKey = Loader.byKey(options)
  const byForeignKey = Loader.byForeignKey(options)
  shape.ones.forEach(({ shape: inner, way }, i) => {
    const read = (row: any) => row[`one${i}`]
    const loader: any = way === "required loader" ? Loader.required(byKey) : byKey
    const resolve: any = isLoaded(way) ? Loader.at(loader, read) : (row: unknown) => answer(way, read(row))
    entity = entity.pipe(Entity.one(`one${i}`, entityOf(inner, table, called, `${name}o${i}`), resolve))
  })
  shape.manys.forEach(({ shape: inner, way }, i) => {
    const read = (row: any) => row[`many${i}`]
    const resolve: any = isLoaded(way) ? Loader.at(byForeignKey, read) : (row: unknown) => answer(way, read(row))
    const aggregates = [
      Aggregate.list({ max: 2 }),
      Aggregate.first,
      Aggregate.last,
      Aggregate.count,
      Aggregate.sum("id" as never)
    ] as const
    entity = entity.pipe(
      Entity.many(`many${i}`, entityOf(inner, table, called, `${name}m${i}`), resolve, ...aggregates)
    )
  })
  return entity
}

const cases = (spoil: Spoil) =>
  shapeOf(2).chain((shape) => fc.record({ shape: fc.constant(shape), row: rowOf(shape, spoil) }))

/** Nobody checks values with "off": those that JSON writes as null are null, or left out of a message that has other violations. */
const anyValidation = fc
  .constantFrom<TrackedEvent.Validation>("strip", "annotate", "off")
  .chain((validation) =>
    fc.tuple(cases(validation === "off" ? (one) => wildly(one).filter(isWritten) : wildly), fc.constant(validation))
  )

/** A message without its violations; these in an order of their own, or their number, if not all are named. */
const apart = ({ context, ...message }: Message.Message) => {
  const { violations = [], violationsOmitted = 0, ...rest } = context ?? {}
  const told = (violations as ReadonlyArray<unknown>).map((one) => JSON.stringify(one))
  const some = told.length + Number(violationsOmitted)
  return [JSON.stringify({ ...message, context: rest }), violationsOmitted === 0 ? told.toSorted() : some] as const
}

/** What is sent of a case at once, and what a relay completes; the number of calls of loaders while it was tracked. */
const both = (given: { readonly shape: Shape; readonly row: MakeRow }, validation: TrackedEvent.Validation) =>
  Effect.gen(function* () {
    const table: Table = []
    let calls = 0
    const row = given.row(table)
    const other = Entity.make("Other", { key: "id", attributes: { id: Schema.Int } })
    const event = TrackedEvent.make("happened", {
      entities: { it: entityOf(given.shape, table, () => calls++), other },
      properties: { action: Schema.String },
      relations: "later",
      validation
    })
    const input = { it: row, other: { id: 7 }, properties: { action: "x" } }
    const plan = Plan.make(event)
    const stored = yield* storedOf(event, input, { plan })
    const called = calls
    const completion = yield* Effect.provide(complete(plan, stored), quiet)
    const sent = yield* sentOf(event, input, { plan })
    return { called, completion, sent, stored }
  })

describe("for any entity and any row, a message whose relations are looked up later", () => {
  it("is byte for byte the message that track would have sent, and track calls no loader", () =>
    fc.assert(
      fc.asyncProperty(
        cases((fitting) => fitting),
        async (given) => {
          const { called, completion, sent } = await Effect.runPromise(both(given, "strip"))
          assert.strictEqual(called, 0)
          if (completion._tag !== "Complete") return assert.fail(completion.reason)
          const { message } = completion.envelope
          if (sent.context?.["violations"] === undefined) {
            assert.strictEqual(Message.toJson(message), Message.toJson(sent))
          } else assert.deepStrictEqual(apart(message), apart(sent))
        }
      ),
      { numRuns: runs(20), endOnFailure: true }
    ))

  it("has the same violations, however values are validated", () =>
    fc.assert(
      fc.asyncProperty(anyValidation, async ([given, validation]) => {
        const { called, completion, sent } = await Effect.runPromise(both(given, validation))
        assert.strictEqual(called, 0)
        if (completion._tag !== "Complete") return assert.fail(completion.reason)
        assert.deepStrictEqual(apart(completion.envelope.message), apart(sent))
      }),
      { numRuns: runs(20), endOnFailure: true }
    ))
})

// -----------------------------------------------------------------------------
// one event
// -----------------------------------------------------------------------------

class Down extends Data.TaggedError("Down") {}

const product = { id: 123, name: "Gold Plated Duck Tape", makerId: 789 }
const maker = { id: 789, name: "Mario Bros Plumbing Supply" }

/** A shop whose rows change, and what its loaders are asked for. */
const shopOf = () => {
  const shop = {
    products: [product] as Array<Record<string, unknown>>,
    makers: [maker] as Array<Record<string, unknown>>,
    isDown: false,
    calls: [] as Array<ReadonlyArray<unknown>>
  }
  const loader = (rows: () => Array<Record<string, unknown>>) =>
    Loader.byKey({
      load: (ids: ReadonlyArray<number>): Effect.Effect<Array<any>, Down> =>
        Effect.suspend(() => {
          shop.calls.push(ids)
          return shop.isDown
            ? Effect.fail(new Down())
            : Effect.succeed(rows().filter(({ id }) => ids.includes(Number(id))))
        }),
      keyOf: (row) => row.id as number
    })
  const Maker = Entity.make("Maker", {
    key: "id",
    attributes: { id: Schema.Int, name: Pii.personal(Schema.String) }
  })
  const makers = loader(() => shop.makers)
  const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int, name: Schema.String } }).pipe(
    Entity.one(
      "maker",
      Maker,
      Loader.at(makers, (row: { makerId: number }) => row.makerId)
    )
  )
  const products = loader(() => shop.products)
  const Line = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int } }).pipe(
    Entity.one(
      "product",
      Product,
      Loader.at(products, (row: { productId: unknown }) => row.productId as number)
    )
  )
  const event = (options: { readonly validation?: TrackedEvent.Validation; readonly name?: string } = {}) =>
    TrackedEvent.make(options.name ?? "lineAdded", {
      entities: { line: Line },
      properties: { action: Schema.String },
      purposes: ["analytics"],
      relations: "later",
      ...(options.validation !== undefined && { validation: options.validation })
    })
  return { event, Line, Product, shop }
}

const input = (productId: unknown = 123) => ({ line: { id: 1001, productId }, properties: { action: "add" } })
const whole = {
  action: "add",
  OrderLine_id: 1001,
  Product_id: 123,
  Product_name: product.name,
  Maker_id: 789,
  Maker_name: maker.name
}

const completed = (completion: Delivery.Completion): Envelope.Envelope => {
  if (completion._tag === "Complete") return completion.envelope
  throw new Error(`${completion._tag}: ${completion.reason}`)
}

describe("a tracker whose sinks store envelopes", () => {
  it.effect("writes the row's own values and the keys of its relations, and calls no loader", () => {
    const { event, shop } = shopOf()
    const lineAdded = event()
    return Effect.gen(function* () {
      const envelope = yield* storedOf(lineAdded, input())
      assert.deepStrictEqual(shop.calls, [])
      assert.strictEqual(envelope.format, 2)
      assert.deepStrictEqual(propertiesOf(envelope.message), { action: "add", OrderLine_id: 1001 })
      assert.deepStrictEqual(envelope.later, {
        event: TrackedEvent.version(lineAdded),
        validation: "strip",
        relations: [{ relation: "OrderLine.product", at: "", key: 123 }]
      })
    })
  })

  it.effect("does the same for messages that go through its buffer", () => {
    const { event } = shopOf()
    const { sink, stored } = deferring()
    const buffered = EventSink.accepting({
      name: "outbox",
      defers: true,
      open: () =>
        Effect.succeed({
          accept: () => Effect.succeed(false),
          send: (batch) =>
            Effect.sync(() => {
              stored.push(...batch.envelopes.map(Envelope.toJson))
              return batch.all(Receipt.delivered)
            })
        })
    })
    return Effect.gen(function* () {
      yield* Effect.provide(track(event(), input()), Tracker.layer(buffered))
      yield* Effect.provide(track(event(), input()), Tracker.layer(sink))
      assert.strictEqual(stored[0], stored[1])
    })
  })

  it.effect("writes a whole message if the row has no keys", () => {
    const { event } = shopOf()
    return Effect.map(storedOf(event(), input(null)), (envelope) => {
      assert.strictEqual(envelope.format, 1)
      assert.isUndefined(envelope.later)
    })
  })

  it.effect("leaves out a relation whose key cannot be stored, and says which", () => {
    const { event, shop } = shopOf()
    const key = { toString: () => "507f1f77bcf86cd799439011" }
    class ObjectId {
      readonly toString = key.toString
    }
    return Effect.gen(function* () {
      for (const unstorable of [new ObjectId(), Symbol.for("key"), Number.NaN]) {
        const { message } = yield* storedOf(event(), input(unstorable))
        assert.deepStrictEqual(pathsOf(message), ["OrderLine.product"])
      }
      assert.deepStrictEqual(shop.calls, [])
    })
  })

  const redacted = (sink: EventSink.EventSink) => EventSink.redact(sink, "drop")
  const filtered = (sink: EventSink.EventSink) => EventSink.filter(sink, () => true)
  for (const [what, sinkOf] of Object.entries({
    "another sink": (sink: EventSink.EventSink) => EventSink.fanOut(sink, collector().sink),
    "a combinator that hides values": redacted,
    "a combinator that looks at messages": filtered,
    "dead letters": (sink: EventSink.EventSink) => EventSink.deadLetter(sink, collector("letters").sink)
  })) {
    it.effect(`looks relations up at once beside ${what}, so that all have the whole message`, () => {
      const { event, shop } = shopOf()
      const { sink, stored } = deferring()
      return Effect.gen(function* () {
        yield* Effect.provide(track(event(), input()), Tracker.layer(sinkOf(sink)))
        const { format, message } = Envelope.fromJson(stored[0]!)
        assert.strictEqual(format, 1)
        const { Maker_name, ...rest } = whole
        assert.deepStrictEqual(propertiesOf(message), what.includes("hides") ? rest : { ...rest, Maker_name })
        assert.lengthOf(shop.calls, 2)
      })
    })
  }

  it.effect("stores a stored envelope as it is", () => {
    const { event } = shopOf()
    const { sink, stored } = deferring()
    return Effect.gen(function* () {
      const envelope = yield* storedOf(event(), input())
      yield* Effect.provide(Tracker.send(envelope), Tracker.layer(sink))
      assert.deepStrictEqual(Envelope.fromJson(stored[0]!), envelope)
    })
  })

  it.effect("is the only one that takes an envelope with relations to look up", () => {
    const { event } = shopOf()
    return Effect.gen(function* () {
      const envelope = yield* storedOf(event(), input())
      const refused = yield* Effect.flip(Effect.provide(Tracker.send(envelope), Tracker.layer(collector().sink)))
      assert.include(String(refused), "send it to a tracker whose sinks are outboxes")
    })
  })

  it.effect("leaves relations to be looked up for calls before it has opened, if it is told its sinks", () => {
    const { event, shop } = shopOf()
    const { sink, stored } = deferring()
    return Effect.gen(function* () {
      for (const early of [Tracker.early({}, sink), Tracker.early()]) {
        const call = early.track(Context.empty(), event(), input() as never)
        yield* Effect.scoped(Effect.flatMap(Tracker.make(sink), call.give))
      }
      assert.deepStrictEqual(
        stored.map((text) => Envelope.fromJson(text).format),
        [2, 1]
      )
      assert.lengthOf(shop.calls, 2)
    })
  })
})

describe("a message whose relations are looked up later", () => {
  it.effect("has the values of the moment when they are looked up", () => {
    const { event, shop } = shopOf()
    return Effect.gen(function* () {
      const lineAdded = event()
      const envelope = yield* storedOf(lineAdded, input())
      shop.products = [{ ...product, name: "Duck Tape" }]
      const { format, later, message, personal } = completed(yield* complete(Plan.make(lineAdded), envelope))
      assert.deepStrictEqual(propertiesOf(message), { ...whole, Product_name: "Duck Tape" })
      assert.deepStrictEqual([format, later, personal], [1, undefined, ["/properties/Maker_name"]])
    })
  })

  it.effect("lacks the keys of a row that is gone, as of a key without a row", () => {
    const { event, shop } = shopOf()
    return Effect.gen(function* () {
      const lineAdded = event()
      const envelope = yield* storedOf(lineAdded, input())
      shop.products = []
      const { message } = completed(yield* complete(Plan.make(lineAdded), envelope))
      assert.deepStrictEqual(propertiesOf(message), { action: "add", OrderLine_id: 1001 })
      assert.deepStrictEqual(pathsOf(message), [])
    })
  })

  it.effect("shares the calls of loaders with the others", () => {
    const { event, shop } = shopOf()
    return Effect.gen(function* () {
      const lineAdded = event()
      const envelope = yield* storedOf(lineAdded, input())
      const other = yield* storedOf(lineAdded, input(124))
      yield* Delivery.complete(Plan.make(lineAdded), [{ envelope }, { envelope: other }, { envelope }])
      assert.deepStrictEqual(shop.calls, [[123, 124], [789]])
    })
  })

  it.effect("can be looked up again after a loader has failed", () => {
    const { event, shop } = shopOf()
    return Effect.gen(function* () {
      const lineAdded = event()
      const envelope = yield* storedOf(lineAdded, input())
      shop.isDown = true
      const failed = yield* complete(Plan.make(lineAdded), envelope)
      assert.deepStrictEqual(failed, {
        _tag: "Failed",
        reason: "OrderLine.product: expected a related row, got a failure of Down"
      })
      shop.isDown = false
      const { message } = completed(yield* complete(Plan.make(lineAdded), envelope))
      assert.deepStrictEqual(propertiesOf(message), whole)
    })
  })

  it.effect("is left alone by a plan that cannot look its relations up, and says why", () => {
    const { event, Line } = shopOf()
    return Effect.gen(function* () {
      const lineAdded = event()
      const envelope = yield* storedOf(lineAdded, input())
      const without = TrackedEvent.make("lineAdded", {
        entities: { line: Entity.omit(Line, "product") },
        relations: "later"
      })
      const loaded = TrackedEvent.make("lineAdded", {
        entities: {
          line: Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int } }).pipe(
            Entity.one("product", Entity.omit(Line, "product"), (row: { product: any }) => row.product, {
              prefix: "Product"
            })
          )
        }
      })
      const reasons = []
      for (const [plan, anyVersion] of [
        [undefined, true],
        [Plan.make(event({ name: "other" })), true],
        [Plan.make(without), false],
        [Plan.make(without), true],
        [Plan.make(loaded), true]
      ] as const) {
        const completion = yield* complete(plan, envelope, anyVersion)
        reasons.push(completion._tag === "Unknown" ? completion.reason : completion._tag)
      }
      assert.deepStrictEqual(reasons, [
        "its relations are looked up when it is delivered, and there is no plan: pass the plan that has the event, with its loaders",
        'the plan lacks the event "lineAdded"',
        'the plan has another version of the event "lineAdded"',
        'in the plan, the event "lineAdded" has no relation OrderLine.product with a loader',
        'in the plan, the event "lineAdded" has no relation OrderLine.product with a loader'
      ])
    })
  })

  it.effect("can be completed by another version of its event", () => {
    const { event, Line } = shopOf()
    return Effect.gen(function* () {
      const envelope = yield* storedOf(event(), input())
      const newer = TrackedEvent.make("lineAdded", {
        entities: { line: Line.pipe(Entity.computed("added", Schema.Boolean, () => true)) },
        relations: "later"
      })
      const { message } = completed(yield* complete(Plan.make(newer), envelope, true))
      assert.deepStrictEqual(propertiesOf(message), whole)
    })
  })

  it.effect("keeps its consent, and what was wrong when it was tracked", () => {
    const { event, shop } = shopOf()
    return Effect.gen(function* () {
      const lineAdded = event()
      const { sink, stored } = deferring()
      const wrong = { ...input(), properties: { action: 1 } }
      const tracked = track(lineAdded, wrong).pipe(Actor.as({ userId: "user-1", consent: new Set(["analytics"]) }))
      yield* tracked.pipe(Effect.provide(Tracker.layer(sink)), Effect.provide(quiet))
      shop.products = [{ ...product, name: 5 }]
      const before = Envelope.fromJson(stored[0]!)
      const { consent, message, purposes, violations } = completed(yield* complete(Plan.make(lineAdded), before))
      assert.deepStrictEqual([consent, purposes], [["analytics"], ["analytics"]])
      const paths = ["lineAdded.properties.action", "OrderLine.product.name"]
      assert.deepStrictEqual(pathsOf(message), paths)
      assert.deepStrictEqual(
        violations.map(({ path }) => path),
        paths
      )
    })
  })

  it.effect("names ten violations of many, and counts the others", () => {
    const { event, shop } = shopOf()
    const lineAdded = event()
    return Effect.gen(function* () {
      const stored = yield* storedOf(lineAdded, input())
      shop.products = [{ ...product, name: 5 }]
      const before = Array.from({ length: 10 }, (_, n) => ({ path: `a${n}`, expected: "a", actual: "b" }))
      const message = { ...stored.message, context: { violations: before, violationsOmitted: 3 } }
      const envelope = { ...stored, message, violations: before }
      const completion = completed(yield* complete(Plan.make(lineAdded), envelope))
      assert.deepStrictEqual(
        pathsOf(completion.message),
        before.map(({ path }) => path)
      )
      assert.strictEqual(completion.message.context?.["violationsOmitted"], 4)
    })
  })

  for (const validation of ["deadLetter", "fail"] as const) {
    it.effect(`is refused if a looked-up value is invalid and its event's validation is "${validation}"`, () => {
      const { event, shop } = shopOf()
      return Effect.gen(function* () {
        const lineAdded = event({ validation })
        const envelope = yield* storedOf(lineAdded, input())
        const plan = Plan.make(lineAdded)
        assert.notProperty(yield* complete(plan, envelope), "rejection")
        shop.products = [{ ...product, name: 5 }]
        const completion = yield* complete(plan, envelope)
        assert.deepInclude(completion, {
          rejection: Receipt.rejected("not valid: OrderLine.product.name: expected a string, got an integer")
        })
      })
    })
  }

  it.effect("cannot be delivered before", () => {
    const { event } = shopOf()
    return Effect.gen(function* () {
      const envelope = yield* storedOf(event(), input())
      const kept = collector()
      const { sinks } = yield* Delivery.make(kept.sink)
      const exit = yield* Effect.exit(sinks[0]!.deliver([{ envelope, at: 0 }]))
      assert.include(String(exit), "pass it to Delivery.complete first")
      assert.deepStrictEqual(kept.messages, [])
    })
  })

  it.effect("comes back as it is if it has no relations to look up", () =>
    Effect.gen(function* () {
      const Ping = TrackedEvent.make("ping")
      const envelope = yield* storedOf(Ping, {})
      for (const plan of [undefined, Plan.make(Ping)]) {
        assert.deepStrictEqual(yield* complete(plan, envelope), { _tag: "Complete", envelope })
      }
    })
  )

  it("has a format that earlier versions leave to later ones, and is refused if it is not whole", () => {
    const text = (later: unknown) =>
      JSON.stringify({
        format: 2,
        message: { type: "track", event: "e", properties: {}, messageId: "m", timestamp: "2026-03-01T12:00:00.000Z" },
        purposes: [],
        consent: "all",
        personal: [],
        violations: [],
        later
      })
    const later = (key: unknown) => ({ event: "v", validation: "strip", relations: [{ relation: "A.b", at: "", key }] })
    for (const key of ["a", 1, true, { bigint: "-1" }, { date: "x" }, { bytes: "AA==" }, { json: { a: [1] } }]) {
      assert.deepStrictEqual(Envelope.fromJson(text(later(key))).later, later(key) as never)
    }
    for (const key of [null, { bigint: "a" }, { bytes: "A" }, {}]) {
      assert.throws(() => Envelope.fromJson(text(later(key))), 'it is not an envelope of format 2 at "later')
    }
  })
})
