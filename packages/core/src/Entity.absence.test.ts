import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as paths from "../test/paths.ts"
import { refusal } from "../test/refusal.ts"
import { collector } from "../test/tracker.ts"
import { Aggregate, Entity, Loader, Plan, RowError, TrackedEvent, Tracker } from "./index.ts"

interface ProductRow {
  readonly id: number
}
const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int } })
const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int } })
type Row = { readonly product: ProductRow | null }
const productOf = (line: Row) => line.product
const Related = Line.pipe(Entity.one("product", Product, productOf))
const Optional = Line.pipe(Entity.one("product", Product, productOf, { optional: true }))
const Required = Line.pipe(Entity.one("product", Product, productOf, { required: true }))
const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } }).pipe(
  Entity.many(
    "lines",
    Related,
    (order: { readonly lines: ReadonlyArray<Entity.Row<typeof Related>> }) => order.lines,
    Aggregate.list({ max: 3 })
  )
)

const tracked = <Event extends TrackedEvent.Any>(event: Event, input: TrackedEvent.Input<Event>) =>
  Effect.scoped(Effect.flatMap(Tracker.make(collector().sink), (tracker) => tracker.track(event, input)))

/** Rows that lack the relation: as it was never selected, and as it was selected and is undefined. */
const unloaded: ReadonlyArray<any> = [{ id: 1 }, { id: 1, product: undefined }]

const everyPath = async (entity: Entity.Any, row: unknown): Promise<ReadonlyArray<paths.Outcome>> => {
  const now = Object.values(paths.loaded).flatMap((path) => path(entity, row) ?? [])
  const later = await Promise.all(Object.values(paths.all).map((path) => path(entity, row)))
  return [...now, ...later]
}

describe("a to-one relation that is undefined", () => {
  it("was not loaded: InvalidRow names it and the remedy, on every path", async () => {
    for (const row of unloaded) {
      for (const outcome of await everyPath(Related, row)) {
        assert.deepStrictEqual(outcome, {
          path: "Line.product",
          expected: "a related row, or null",
          actual: "undefined"
        })
      }
      const error = paths.invalidRow(() => Entity.valuesSync(Related, row))
      assert.strictEqual(
        error.remedy,
        "Load product with the row. If undefined means that no row exists, return null, or relate it with { optional: true }."
      )
    }
  })

  it("is no row once each of the remedies is followed, and null is no row always", async () => {
    const OrNull = Line.pipe(Entity.one("product", Product, (line: Row) => line.product ?? null))
    for (const [entity, row] of [
      [OrNull, unloaded[0]],
      [Optional, unloaded[0]],
      [Optional, unloaded[1]],
      [Related, { id: 1, product: null }]
    ] as const) {
      for (const outcome of await everyPath(entity, row)) assert.deepStrictEqual(outcome, { entries: [["Line_id", 1]] })
    }
    for (const outcome of await everyPath(Related, { id: 1, product: { id: 2 } })) {
      assert.deepStrictEqual(outcome, {
        entries: [
          ["Line_id", 1],
          ["Product_id", 2]
        ]
      })
    }
  })

  it("names the row of a list, and the to-many relation that was not loaded", () => {
    const inside = paths.invalidRow(() =>
      Entity.valuesSync(Order, { id: 1, lines: [{ id: 1, product: null }, unloaded[0]] })
    )
    assert.strictEqual(inside.path, "Order.lines[1].product")
    const whole = paths.invalidRow(() => Entity.valuesSync(Order, { id: 1 } as never))
    assert.deepStrictEqual(
      [whole.path, whole.remedy],
      ["Order.lines", "Load lines with the row, or return [] if there are none."]
    )
  })

  it.effect("is left out of an event and named, and fails one whose relations have to be there", () =>
    Effect.gen(function* () {
      const event = TrackedEvent.make("e", { entities: { line: Related } })
      const { message } = yield* tracked(event, { line: unloaded[0] })
      assert.deepStrictEqual([message.properties, message.context], [
        { Line_id: 1 },
        { violations: [{ path: "Line.product", expected: "a related row, or null", actual: "undefined" }] }
      ] as never)
      const strict = TrackedEvent.make("s", { entities: { line: Related }, relations: "fail" })
      assert.instanceOf(yield* Effect.flip(tracked(strict, { line: unloaded[0] })), RowError.InvalidRow)
    })
  )

  it.effect("is one that an async resolver or an Effect finds nothing for, too", () =>
    Effect.gen(function* () {
      for (const answer of [() => Effect.succeed(undefined), () => Promise.resolve(undefined)]) {
        const Slow = Line.pipe(
          Entity.one("product", Product, answer as never as () => Effect.Effect<ProductRow | null>)
        )
        assert.strictEqual((yield* Effect.flip(Entity.values(Slow, { id: 1 }))).path, "Line.product")
      }
    })
  )
})

describe("a required relation", () => {
  it("fails with MissingRow where there is no row, with all paths, and its keys are not optional", async () => {
    for (const product of [null, undefined]) {
      const row = { id: 1, product } as never
      const result = Result.try({ try: () => Entity.valuesSync(Required, row), catch: (error) => error })
      assert.instanceOf(Result.getOrThrow(Result.flip(result)), RowError.MissingRow)
      const error = await Effect.runPromise(Effect.flip(Entity.values(Required, row)))
      assert.strictEqual(
        error.message,
        "Line.product: the resolver has found no row. Load it, or drop required: true to leave its keys out."
      )
      const [failed] = await Effect.runPromise(Effect.all([Effect.flip(Entity.valuesAll(Required, [row]))]))
      assert.instanceOf(failed, RowError.MissingRow)
    }
    const id: number = Entity.valuesSync(Required, { id: 1, product: { id: 2 } }).Product_id
    assert.strictEqual(id, 2)
  })

  it("is known to the plan, and to the schema of the values", () => {
    const describeIn = (line: Entity.Any) =>
      Plan.describe(Plan.make(TrackedEvent.make("e", { entities: { line } }))).events[0]!.nodes.flatMap(
        ({ keys }) => keys
      )
    assert.isTrue(describeIn(Related).find(({ key }) => key === "Product_id")!.optional)
    assert.isFalse(describeIn(Required).find(({ key }) => key === "Product_id")!.optional)
    assert.isFalse(Schema.is(Entity.schema(Required))({ Line_id: 1 }))
    assert.isTrue(Schema.is(Entity.schema(Related))({ Line_id: 1 }))
  })

  it.effect("can be one of a loader, whose other relations are as they were", () =>
    Effect.gen(function* () {
      const products = Loader.byKey({
        load: (ids: ReadonlyArray<number>) => Effect.succeed(ids.filter((id) => id > 1).map((id) => ({ id }))),
        keyOf: ({ id }) => id
      })
      const at = Loader.at(products, (line: { readonly productId: number }) => line.productId)
      const Must = Line.pipe(Entity.one("product", Product, at, { required: true }))
      const May = Line.pipe(Entity.one("product", Product, at))
      const error = yield* Effect.flip(Entity.values(Must, { id: 1, productId: 1 }))
      assert.deepInclude(error, { _tag: "MissingRow", path: "Line.product", key: 1 })
      assert.deepStrictEqual(yield* Entity.values(Must, { id: 1, productId: 2 }), { Line_id: 1, Product_id: 2 })
      assert.deepStrictEqual(yield* Entity.values(May, { id: 1, productId: 1 }), { Line_id: 1 })
    })
  )

  it.effect("is left out of an event and named by default", () =>
    Effect.gen(function* () {
      const event = TrackedEvent.make("e", { entities: { line: Required } })
      const { message } = yield* tracked(event, { line: { id: 1, product: null } })
      assert.deepStrictEqual(message.context, {
        violations: [{ path: "Line.product", expected: "a row for its key", actual: "none" }]
      } as never)
    })
  )

  it("is not optional as well, and both are true or false", () => {
    const both = refusal(() => Entity.one(Line, "product", Product, productOf, { optional: true, required: true }))
    assert.match(both.message, /Line\.product is both optional and required: remove one of the two$/)
    const said = refusal(() => Entity.one(Line, "product", Product, productOf, { required: "yes" as never }))
    assert.match(
      said.message,
      /the option required of the relation Line\.product must be true or false, not a string of length 3$/
    )
  })
})

describe("an array where one row is expected", () => {
  it("is refused with what to do, on every path: in a relation, and as the row itself", async () => {
    const Loose = Entity.make("Loose", { key: "id", attributes: { id: Schema.optional(Schema.Int) } })
    const Any = Line.pipe(Entity.one("loose", Loose, (line: { readonly loose: object }) => line.loose))
    for (const outcome of await everyPath(Any, { id: 1, loose: [{ id: 2 }, { id: 3 }] })) {
      assert.deepStrictEqual(outcome, {
        path: "Line.loose",
        expected: "a row or nothing",
        actual: "an array of length 2"
      })
    }
    const error = paths.invalidRow(() => Entity.valuesSync(Any, { id: 1, loose: [] }))
    assert.strictEqual(error.remedy, "Return one row, or relate many rows with Entity.many.")
    const root = paths.invalidRow(() => Entity.valuesSync(Loose, [{ id: 1 }] as never))
    assert.strictEqual(
      root.message,
      "Loose: expected a row, got an array of length 1. Pass one row; Entity.valuesAll takes many."
    )
  })
})

describe("valuesSync of a row that does not answer at once", () => {
  const inList = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } }).pipe(
    Entity.many(
      "lines",
      Line.pipe(Entity.one("product", Product, () => Promise.resolve({ id: 2 }))),
      () => [{ id: 1 }],
      Aggregate.list({ max: 1 })
    )
  )
  it.each<readonly [what: string, entity: Entity.Any, path: string, actual: string]>([
    ["a promise", Line.pipe(Entity.one("product", Product, async () => ({ id: 2 }))), "Line.product", "a promise"],
    [
      "an Effect",
      Line.pipe(Entity.one("product", Product, () => Effect.succeed({ id: 2 }))),
      "Line.product",
      "an Effect"
    ],
    ["a computed promise", Line.pipe(Entity.computed("n", Schema.Int, async () => 1)), "Line.n", "a promise"],
    ["inside a list", inList, "Order.lines[0].product", "a promise"]
  ])("names the relation or the attribute: %s", (_, entity, path, actual) => {
    const error = paths.invalidRow(() => Entity.valuesSync(entity, { id: 1 } as never))
    assert.deepStrictEqual([error.path, error.expected, error.actual], [path, "an answer at once", actual])
  })
})

describe("what a violation says", () => {
  const wrong = (schema: Schema.Top, value: unknown): string => {
    const Item = Entity.make("Item", { key: "id", attributes: { id: Schema.Int, value: schema as Schema.String } })
    const { actual, expected } = paths.invalidRow(() => Entity.valuesSync(Item, { id: 1, value } as never))
    return `expected ${expected}, got ${actual}`
  }
  it("reads as a sentence", () => {
    assert.strictEqual(
      wrong(Schema.Int, 2 ** 53),
      "expected an integer, got an integer beyond 2^53 - 1, which a number cannot represent exactly"
    )
    assert.strictEqual(wrong(Schema.UndefinedOr(Schema.String), 1), "expected a string or undefined, got an integer")
    assert.strictEqual(wrong(Schema.Array(Schema.String), 1), "expected an array, got an integer")
    assert.strictEqual(wrong(Schema.Struct({ a: Schema.String }), 1), "expected an object, got an integer")
  })

  it("says of a to-many relation that throws that rows were expected", () => {
    const Throwing = Line.pipe(
      Entity.many(
        "products",
        Product,
        (): ReadonlyArray<ProductRow> => {
          throw new TypeError("secret")
        },
        Aggregate.count
      )
    )
    const { actual, expected } = paths.invalidRow(() => Entity.valuesSync(Throwing, { id: 1 }))
    assert.deepStrictEqual([expected, actual], ["an array of rows", "a throw of TypeError"])
  })
})

it("types: a call takes the traits of an interface", () => {
  interface Traits {
    readonly plan: string
  }
  const traits: Traits = { plan: "pro" }
  assert.isTrue(Effect.isEffect(Tracker.identify(traits)))
})
