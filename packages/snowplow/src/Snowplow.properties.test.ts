import { Aggregate, Entity, EventSink, HttpTransport, Message, Plan, TrackedEvent } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { assert, it } from "vitest"
import { SnowplowServer } from "../../testing/src/index.ts"
import { registry } from "../test/iglu.ts"
import { Snowplow } from "./index.ts"

/** Types of attributes, and values of each. */
const types: ReadonlyArray<readonly [Schema.Top, fc.Arbitrary<unknown>]> = [
  [Schema.Int, fc.maxSafeInteger()],
  [Schema.Int.check(Schema.isGreaterThan(0)), fc.integer({ min: 1, max: 9 })],
  [Schema.Finite, fc.double({ noNaN: true, noDefaultInfinity: true })],
  [Schema.Finite.check(Schema.isLessThan(1)), fc.double({ noNaN: true, max: 0.9, noDefaultInfinity: true })],
  [Schema.Boolean, fc.boolean()],
  [Schema.String, fc.string({ unit: "binary" })],
  [Schema.String.check(Schema.isMinLength(2), Schema.isMaxLength(4)), fc.constantFrom("ab", "🦆", "🦆🦆", "abcd")],
  [Schema.String.check(Schema.isUUID()), fc.uuid()],
  [Schema.Date, fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("9999-12-31T00:00:00Z") })],
  [Schema.NullOr(Schema.Literals(["a", "b"])), fc.constantFrom("a", "b", null)],
  [Schema.Literals([1, "one", true]), fc.constantFrom(1, "one", true)],
  [Schema.Array(Schema.NullOr(Schema.String)), fc.array(fc.option(fc.string()), { maxLength: 3 })],
  [Schema.Tuple([Schema.Int, Schema.String]), fc.tuple(fc.integer(), fc.string())],
  [
    Schema.Struct({ x: Schema.Int, y: Schema.optionalKey(Schema.String) }),
    fc.record({ x: fc.integer(), y: fc.string() }, { requiredKeys: ["x"] })
  ],
  [
    Schema.Union([Schema.Int, Schema.Array(Schema.String), Schema.Null]),
    fc.oneof(fc.integer(), fc.array(fc.string()), fc.constant(null))
  ],
  [Schema.Record(Schema.String, Schema.Boolean), fc.dictionary(fc.string(), fc.boolean())],
  [Schema.BigDecimal, fc.constant(Schema.decodeUnknownSync(Schema.BigDecimalFromString)("1.50"))]
]

/** An entity that does not exist yet: its attributes, by the index of their types, and its relations. */
interface Spec {
  readonly attributes: ReadonlyArray<number>
  readonly optional: boolean
  readonly one: Spec | null
  readonly many: Spec | null
}

const { spec } = fc.letrec<{ spec: Spec }>((tie) => ({
  spec: fc.record({
    attributes: fc.array(fc.nat(types.length - 1), { minLength: 1, maxLength: 5 }),
    optional: fc.boolean(),
    one: fc.option(tie("spec"), { maxDepth: 2, depthIdentifier: "spec" }),
    many: fc.option(tie("spec"), { maxDepth: 2, depthIdentifier: "spec" })
  })
}))

const rowOf = ({ attributes, many, one, optional }: Spec): fc.Arbitrary<object> =>
  fc.record(
    {
      id: fc.integer(),
      ...Object.fromEntries(attributes.map((type, index) => [`a${index}`, types[type]![1]])),
      one: one === null ? fc.constant(null) : fc.option(rowOf(one)),
      many: many === null ? fc.constant([]) : fc.array(rowOf(many), { maxLength: 3 })
    },
    { requiredKeys: optional ? ["id", "one", "many"] : undefined! }
  )

const aggregates = [
  Aggregate.list({ max: 2 }),
  Aggregate.first,
  Aggregate.count,
  Aggregate.keys,
  Aggregate.avg("id")
] as const

const entityOf = (spec: Spec, name: string): Entity.Any => {
  const field = (type: number) => (spec.optional ? Schema.optionalKey(types[type]![0]) : types[type]![0])
  const attributes = Object.fromEntries(spec.attributes.map((type, index) => [`a${index}`, field(type)]))
  let entity: any = Entity.make(name, { key: "id", attributes: { id: Schema.Int, ...attributes } as {} } as never)
  if (spec.one !== null)
    entity = Entity.one(entity, "one", entityOf(spec.one, `${name}One`) as any, (row: any) => row.one)
  if (spec.many !== null) {
    entity = (Entity.many as any)(
      "many",
      entityOf(spec.many, `${name}Many`),
      (row: any) => row.many,
      ...aggregates
    )(entity)
  }
  return entity
}

/** The number of values in properties, counting those in rows. */
const count = (value: unknown, isRow = true): number => {
  if (!isRow || typeof value !== "object" || value === null) return 1
  return Object.entries(value).reduce((sum, [key, inner]) => {
    if (!/_many(_first)?$/.test(key)) return sum + 1
    return sum + [inner].flat().reduce((of: number, row) => of + count(row), 0)
  }, 0)
}

it("whatever the plan and the rows are, each payload fits the schemas, and has all values", { timeout: 60_000 }, () =>
  Effect.gen(function* () {
    let validate: SnowplowServer.Validate = () => undefined
    const server = yield* SnowplowServer.make({ validate: (self) => validate(self) })
    const run = (spec: Spec, rows: ReadonlyArray<object>) =>
      Effect.gen(function* () {
        yield* server.clear
        const Thing = entityOf(spec, "Thing")
        const ThingSeen = TrackedEvent.make("Thing Seen", {
          entities: { thing: Thing },
          properties: { reason: Schema.String }
        })
        const plan = Plan.make(ThingSeen)
        const naming = { vendor: "com.acme", version: "1-2-0" }
        validate = registry(Snowplow.schemas(plan, naming))
        const messages = rows.map((row): Message.Track => ({
          type: "track",
          event: "Thing Seen",
          properties: { reason: "test", ...(Entity.valuesSync(Thing as never, row as never) as {}) },
          messageId: Message.nextId(Date.now()),
          timestamp: new Date().toISOString()
        }))
        const sink = Snowplow.sink({ endpoint: server.url, ...naming })
        const receipts = yield* EventSink.deliver(sink, messages, { plan })
        assert.deepStrictEqual(yield* server.failed, [])
        assert.isTrue(receipts.every(({ outcome }) => outcome._tag === "Delivered"))
        for (const [index, { entities, event }] of (yield* server.events).entries()) {
          const sent = [event!, ...entities].reduce((sum, { data }) => sum + Object.keys(data).length, 0)
          const first = JSON.stringify(messages[index]!.properties).split('_first":').length - 1
          // The first row is the list's, and is sent once.
          if (first === 0) assert.strictEqual(sent, count(messages[index]!.properties))
          else assert.isAtMost(sent, count(messages[index]!.properties))
        }
      }).pipe(Effect.scoped, Effect.provide(HttpTransport.layerFetch))
    const cases = spec.chain((one) => fc.tuple(fc.constant(one), fc.array(rowOf(one), { minLength: 1, maxLength: 5 })))
    yield* Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(cases, ([one, rows]) => Effect.runPromise(run(one, rows))),
        { numRuns: 40 }
      )
    )
  }).pipe(Effect.scoped, Effect.runPromise)
)
