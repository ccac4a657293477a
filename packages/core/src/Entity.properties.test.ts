import { execFileSync } from "node:child_process"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { type } from "arktype"
import * as fc from "fast-check"
import * as v from "valibot"
import { z } from "zod"
import { describesRecord } from "../test/describes.ts"
import * as paths from "../test/paths.ts"
import { runs } from "../test/runs.ts"
import { line, lineValues } from "../test/wholesale.ts"
import { Aggregate, type Attribute, Entity, Loader, TrackedEvent } from "./index.ts"

/** Attributes of every kind that is compiled in its own way, each with the values that rows hold for it. */
const kinds = {
  int: [Schema.Int, fc.oneof(fc.maxSafeInteger(), fc.double())],
  number: [Schema.Number, fc.double()],
  finite: [Schema.Finite, fc.oneof(fc.double(), fc.bigInt())],
  string: [Schema.String, fc.oneof(fc.string({ unit: "binary" }), fc.string(), fc.anything())],
  boolean: [Schema.Boolean, fc.oneof(fc.boolean(), fc.constant("true"))],
  short: [Schema.String.check(Schema.isMaxLength(5)), fc.string()],
  literal: [Schema.Literals(["S", "M"]), fc.constantFrom("S", "M", "L")],
  nullable: [Schema.NullOr(Schema.Number), fc.option(fc.double())],
  optional: [Schema.optional(Schema.String), fc.option(fc.string(), { nil: undefined })],
  date: [Schema.Date, fc.date({ noInvalidDate: false })],
  bigint: [Schema.BigInt, fc.oneof(fc.bigInt(), fc.integer())],
  option: [Schema.Option(Schema.Finite), fc.option(fc.double()).map((value) => Option.fromNullishOr(value))],
  struct: [Schema.Struct({ a: Schema.String }), fc.record({ a: fc.string(), b: fc.anything() })],
  array: [Schema.Array(Schema.Date), fc.array(fc.date(), { maxLength: 3 })],
  json: [Schema.Json, fc.jsonValue()],
  zod: [
    z.object({ at: z.date().transform((at) => at.toJSON()) }),
    fc.record({ at: fc.date({ noInvalidDate: false }) })
  ],
  valibot: [v.optional(v.number()), fc.option(fc.double(), { nil: undefined })],
  arktype: [type("string | number[]"), fc.oneof(fc.string(), fc.array(fc.double()))]
} satisfies Record<string, readonly [Attribute.Any, fc.Arbitrary<unknown>]>
type Kind = keyof typeof kinds

interface Shape {
  readonly attributes: ReadonlyArray<Kind>
  readonly computed: ReadonlyArray<Kind>
  readonly ones: ReadonlyArray<Shape>
  readonly manys: ReadonlyArray<Shape>
}
const kind = fc.constantFrom(...(Object.keys(kinds) as ReadonlyArray<Kind>))
const shapeOf = (depth: number): fc.Arbitrary<Shape> =>
  fc.record({
    attributes: fc.array(kind, { minLength: 1, maxLength: 4 }),
    computed: fc.array(kind, { maxLength: 2 }),
    ones: depth === 0 ? fc.constant([]) : fc.array(shapeOf(depth - 1), { maxLength: 2 }),
    manys: depth === 0 ? fc.constant([]) : fc.array(shapeOf(depth - 1), { maxLength: 1 })
  })

/** Rows of a shape. With `wild`, any value can stand anywhere. */
const rowOf = (shape: Shape, wild: boolean): fc.Arbitrary<Record<string, unknown>> => {
  const spoil = (arbitrary: fc.Arbitrary<unknown>) =>
    wild ? fc.oneof({ weight: 30, arbitrary }, { weight: 1, arbitrary: fc.anything() }) : arbitrary
  const fields: Record<string, fc.Arbitrary<unknown>> = { id: spoil(fc.integer()) }
  shape.attributes.forEach((name, i) => (fields[`a${i}`] = spoil(kinds[name][1])))
  shape.computed.forEach((name, i) => (fields[`c${i}`] = spoil(kinds[name][1])))
  shape.ones.forEach((inner, i) => (fields[`one${i}`] = spoil(fc.option(rowOf(inner, wild), { freq: 3 }))))
  shape.manys.forEach((inner, i) => (fields[`many${i}`] = spoil(fc.array(rowOf(inner, wild), { maxLength: 4 }))))
  return fc.record(fields)
}

type Answer = (value: unknown) => unknown
const now: Answer = (value) => value

const ids = Aggregate.make("ids", {
  schema: Schema.optionalKey(Schema.Array(Schema.Int)),
  attributes: ["id" as never],
  aggregate: (rows: ReadonlyArray<unknown>) =>
    rows.length > 2 ? undefined : rows.map((row) => (row as { readonly id: number }).id)
})

/** A loader whose rows are their own keys. */
const identities = new WeakMap<object, symbol>()
const identityOf = (key: unknown): unknown => {
  if ((typeof key !== "object" && typeof key !== "function") || key === null) return key
  if (!identities.has(key)) identities.set(key, Symbol("key"))
  return identities.get(key)
}
const itself = Loader.byKey({
  load: (keys: ReadonlyArray<unknown>) => Effect.succeed(keys),
  keyOf: (row) => row,
  hash: identityOf
})

/** The entity of a shape; `answer` is how its resolvers give what they give. */
const entityOf = (shape: Shape, answer: Answer, name = "E", loads = false, optional = false): Entity.Any => {
  let entity: any = Entity.make(name, {
    key: "id",
    attributes: {
      id: Schema.Int,
      ...Object.fromEntries(shape.attributes.map((kind, i) => [`a${i}`, kinds[kind][0] as Schema.Int]))
    }
  })
  shape.computed.forEach((kind, i) => {
    entity = entity.pipe(
      Entity.computed(`c${i}`, kinds[kind][0] as Schema.Int, (row: any) => answer(row[`c${i}`]) as number)
    )
  })
  shape.ones.forEach((inner, i) => {
    const target = entityOf(inner, answer, `${name}o${i}`, loads, optional)
    const read = (row: any) => row[`one${i}`]
    const resolve: any = loads ? Loader.at(itself, read) : (row: any) => answer(read(row))
    entity = entity.pipe(Entity.one(`one${i}`, target, resolve, optional ? { optional } : {}))
  })
  shape.manys.forEach((inner, i) => {
    const target = entityOf(inner, answer, `${name}m${i}`, false, optional)
    const aggregates = [
      Aggregate.list({ max: 2 }),
      Aggregate.count,
      Aggregate.keys,
      Aggregate.sum("id" as never),
      Aggregate.max("id" as never),
      Aggregate.avg("id" as never),
      Aggregate.countDistinct("a0" as never),
      Aggregate.first,
      Aggregate.last,
      ids
    ] as const
    entity = entity.pipe(Entity.many(`many${i}`, target, (row: any) => answer(row[`many${i}`]) as never, ...aggregates))
  })
  return entity
}

const interpreted = paths.loaded["the interpreter, which tells what is wrong"]

const cases = (wild: boolean) =>
  shapeOf(2).chain((shape) =>
    fc.record({ shape: fc.constant(shape), rows: fc.array(rowOf(shape, wild), { minLength: 1, maxLength: 4 }) })
  )

describe("for any entity and any row", () => {
  it("the paths of a row that needs no Effect give the same values, in the same order, or the same failure", () => {
    fc.assert(
      fc.property(cases(true), ({ rows, shape }) => {
        const checked = entityOf(shape, now)
        for (const entity of [checked, Entity.unchecked(checked)]) {
          for (const row of rows) {
            const expected = interpreted(entity, row)
            for (const [name, value] of Object.entries(paths.loaded)) {
              assert.deepStrictEqual(value(entity, row), expected, name)
            }
          }
        }
      }),
      { numRuns: runs(120) }
    )
  })

  it("the paths of any row give the same, whether its resolvers answer at once, with Effects or with promises", async () => {
    await fc.assert(
      fc.asyncProperty(cases(true), async ({ rows, shape }) => {
        const direct = entityOf(shape, now)
        const entities = {
          "at once": direct,
          "with Effects": entityOf(shape, Effect.succeed),
          "with promises": entityOf(shape, (value) => Promise.resolve(value)),
          "with async functions": entityOf(shape, async (value) => value)
        }
        for (const row of rows) {
          const expected = interpreted(direct, row)
          for (const [how, entity] of Object.entries(entities)) {
            for (const [name, value] of Object.entries(paths.all)) {
              const outcome = await value(entity, row)
              // Which of several failures comes first depends on when resolvers answer.
              if (how === "at once" || "entries" in outcome)
                assert.deepStrictEqual(outcome, expected, `${name}, ${how}`)
              else assert.notProperty(expected, "entries", `${name}, ${how}`)
            }
          }
        }
      }),
      { numRuns: runs(80) }
    )
  })

  it("a tracker that goes on without what is wrong gives the same values of a row in which nothing is", async () => {
    await fc.assert(
      fc.asyncProperty(cases(true), fc.boolean(), async ({ rows, shape }, loads) => {
        // An undefined key of a loader is no row, too.
        const direct = entityOf(shape, now, "E", false, true)
        const entity = loads ? entityOf(shape, now, "E", true, true) : direct
        for (const row of rows) {
          const expected = interpreted(direct, row)
          const { values, violations } = await Effect.runPromise(paths.tolerant(entity, row))
          if (violations.length === 0) assert.deepStrictEqual({ entries: Object.entries(values) }, expected as never)
          else assert.notProperty(expected, "entries")
        }
      }),
      { numRuns: runs(80) }
    )
  })

  it("loaders give what functions give, to many rows together and to each row alone, however often they are asked", async () => {
    await fc.assert(
      fc.asyncProperty(cases(true), fc.boolean(), async ({ rows, shape }, effectful) => {
        const direct = entityOf(shape, now, "E", false, true)
        const loaded = entityOf(shape, effectful ? Effect.succeed : now, "E", true, true)
        const each = Effect.forEach(rows, (row) => Effect.result(Entity.values(loaded, row as never)), {
          concurrency: "unbounded"
        })
        const [once, twice] = await Effect.runPromise(
          Effect.all([each, each]) as any as Effect.Effect<ReadonlyArray<ReadonlyArray<Result.Result<object, unknown>>>>
        )
        const all = await Effect.runPromise(
          Effect.result(Entity.valuesAll(loaded, rows as never)) as Effect.Effect<
            Result.Result<ReadonlyArray<object>, unknown>
          >
        )
        rows.forEach((row, index) => {
          const expected = interpreted(direct, row)
          for (const result of [once![index]!, twice![index]!]) {
            if (Result.isSuccess(result)) assert.deepStrictEqual(paths.outcome(result), expected)
            else {
              assert.notProperty(expected, "entries")
              assert.match(String(result.failure), /InvalidRow/)
            }
          }
          if (Result.isSuccess(all))
            assert.deepStrictEqual({ entries: Object.entries(all.success[index]!) }, expected as never)
        })
      }),
      { numRuns: runs(80) }
    )
  })

  it("many rows are valued as each of them is", () => {
    fc.assert(
      fc.property(cases(false), ({ rows, shape }) => {
        const entity = entityOf(shape, now)
        const one = rows.map((row) => interpreted(entity, row) as { readonly entries?: unknown })
        const all = Effect.runSync(
          Effect.result(Entity.valuesAll(entity, rows as never) as Effect.Effect<ReadonlyArray<object>, unknown>)
        )
        if (Result.isSuccess(all)) {
          assert.deepStrictEqual(
            all.success.map((values) => ({ entries: Object.entries(values) })),
            one as never
          )
        } else assert.isTrue(one.some((result) => result.entries === undefined))
      }),
      { numRuns: runs(80) }
    )
  })

  it("values are JSON, are what the entity's schema and its description say, and no failure is anything but InvalidRow", () => {
    fc.assert(
      fc.property(cases(true), ({ rows, shape }) => {
        const entity = entityOf(shape, now)
        const is = Schema.is(Entity.schema(entity))
        const event = TrackedEvent.make("seen", { entities: { entity } })
        const { nodes } = TrackedEvent.describe(event)
        assert.deepStrictEqual(
          nodes.flatMap(({ keys }) => keys.map(({ key }) => key)),
          [...TrackedEvent.keys(event)]
        )
        for (const row of rows) {
          const result = interpreted(entity, row) as {
            readonly entries?: Iterable<readonly [string, unknown]>
            readonly path?: string
          }
          if (result.entries === undefined) assert.isString(result.path)
          else {
            const values = Object.fromEntries(result.entries)
            assert.isTrue(is(values))
            assert.isTrue(describesRecord(nodes, values), JSON.stringify([nodes, values]))
            assert.strictEqual(JSON.stringify(JSON.parse(JSON.stringify(values))), JSON.stringify(values))
          }
        }
      }),
      { numRuns: runs(80) }
    )
  })

  it("a loader gives what a function gives that looks the rows up one by one", async () => {
    const Leaf = Entity.make("Leaf", { key: "id", attributes: { id: Schema.Int } })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ id: fc.integer(), ref: fc.option(fc.integer({ min: 0, max: 9 })) })),
        fc.subarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        async (rows, table, size, reversed) => {
          let asked: Array<number> = []
          const loader = Loader.byKey({
            load: (ids: ReadonlyArray<number>) => {
              asked = [...asked, ...ids]
              assert.isAtMost(ids.length, size)
              const found = ids.filter((id) => table.includes(id)).map((id) => ({ id }))
              return Effect.succeed(reversed ? found.toReversed() : found)
            },
            keyOf: (row) => row.id
          }).pipe(Loader.batchN(size))
          const relate = (via: any) => Leaf.pipe(Entity.one("ref", Leaf, via, { prefix: "Ref" })) as Entity.Any
          const read = (row: { ref: number | null }) => row.ref
          const direct = relate((row: { ref: number | null }) =>
            row.ref !== null && table.includes(row.ref) ? { id: row.ref } : null
          )
          const values = (entity: Entity.Any) =>
            Effect.runPromise(Entity.valuesAll(entity, rows as never) as Effect.Effect<ReadonlyArray<object>>)
          assert.deepStrictEqual(await values(relate(Loader.at(loader, read))), await values(direct))
          assert.strictEqual(new Set(asked).size, asked.length)
        }
      ),
      { numRuns: runs(60) }
    )
  })
})

describe("where the platform allows no code generation", () => {
  it("the interpreter gives the same values", () => {
    const script = `
      import { Entity } from ${JSON.stringify(new URL("../dist/index.js", import.meta.url).href)}
      import * as Schema from "effect/Schema"
      let allowed = true
      try { new Function("") } catch { allowed = false }
      const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int, uuid: Schema.String, total: Schema.Number } })
      const row = ${JSON.stringify(line.order)}
      process.stdout.write(JSON.stringify([allowed, Entity.valuesSync(Order, row)]))`
    const printed = execFileSync(
      process.execPath,
      ["--disallow-code-generation-from-strings", "--input-type=module", "--eval", script],
      { encoding: "utf8", cwd: import.meta.dirname }
    )
    const { Order_id, Order_total, Order_uuid } = lineValues
    assert.deepStrictEqual(JSON.parse(printed), [false, { Order_id, Order_uuid, Order_total }])
  })
})
