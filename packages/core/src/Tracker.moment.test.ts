import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { collector, propertiesOf, tracked } from "../test/tracker.ts"
import { Actor, Aggregate, Entity, Loader, type Message, TrackedEvent, Tracker } from "./index.ts"

const pause = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0))

type PartRow = { id: number; meta: { of: number } }
type Row = { id: number; meta: { of: number }; maker: number; part: PartRow; parts: Array<PartRow>; own: number }

/** The rows that loaders have returned. */
const returned = new Set<PartRow>()
const partOf = (id: number): PartRow => {
  const row = { id, meta: { of: id } }
  returned.add(row)
  return row
}

const Part = Entity.make("Part", { key: "id", attributes: { id: Schema.Int, meta: Schema.Json } })
const fast = Loader.byKey({
  load: async (ids: ReadonlyArray<number>) => ids.map(partOf),
  keyOf: (row: PartRow) => row.id
})
const slow = Loader.byKey({
  load: (ids: ReadonlyArray<number>) =>
    Effect.promise(async () => {
      for (let turns = 0; turns < 3; turns++) await pause()
      return ids.map(partOf)
    }),
  keyOf: (row: PartRow) => row.id
})
const spares = Loader.byForeignKey({
  load: async (ids: ReadonlyArray<number>) => {
    await pause()
    return ids.flatMap((id) => [partOf(id), partOf(id)])
  },
  keyOf: (row: PartRow) => row.id
})

const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int, meta: Schema.Json } }).pipe(
  Entity.computed("at", Schema.Int, (row: Row) => row.own),
  Entity.computed("later", Schema.Int, (row: Row) => {
    const { own } = row
    return Effect.promise(pause).pipe(Effect.as(own))
  }),
  Entity.one("part", Part, (row: Row) => row.part),
  Entity.one(
    "maker",
    Part.pipe(
      Entity.one(
        "owner",
        Part,
        Loader.at(slow, (row: PartRow) => row.id),
        { prefix: "Owner" }
      )
    ),
    Loader.at(fast, (row: Row) => row.maker),
    { prefix: "Maker" }
  ),
  Entity.many(
    "spares",
    Part,
    Loader.at(spares, (row: Row) => row.maker),
    Aggregate.list({ max: 3 }),
    Aggregate.sum("id")
  ),
  Entity.many("parts", Part, (row: Row) => row.parts, Aggregate.list({ max: 2 }), Aggregate.count, Aggregate.sum("id"))
)
const Seen = TrackedEvent.make("seen", { entities: { line: Line }, properties: { note: Schema.Json } })

const part = fc.record({ id: fc.nat(9), meta: fc.record({ of: fc.nat() }) })
const line = fc.record({
  id: fc.nat(),
  meta: fc.record({ of: fc.nat() }),
  maker: fc.nat(9),
  part,
  parts: fc.array(part, { maxLength: 4 }),
  own: fc.nat()
})

/** Changes everything in a row, and in all rows that loaders have returned. */
const spoil = (row: Row): void => {
  for (const one of [row.part, ...row.parts, ...returned]) {
    one.id++
    one.meta.of++
  }
  row.id++
  row.own++
  row.maker++
  row.meta.of++
  row.parts.push({ id: 77, meta: { of: 77 } })
  row.part = { id: 78, meta: { of: 78 } }
}

/** Runs a call, and calls `f` at every turn of the event loop until it is over. */
const meanwhile = async <A>(context: Context.Context<any>, call: Effect.Effect<A, any, any>, f: () => void) => {
  const calls = new Set([call])
  const result = Effect.runPromiseWith(context)(call).finally(() => calls.clear())
  for (; calls.size > 0; await pause()) f()
  return result
}

describe("a message", () => {
  it.effect("says what the rows were at the call, and those of loaders when they came, however they change", () =>
    tracked(
      collector().sink,
      {},
      Effect.flatMap(Effect.context<Tracker.Tracker>(), (context) =>
        Effect.promise(() =>
          fc.assert(
            fc.asyncProperty(line, async (row) => {
              const expected: any = await Effect.runPromise(Entity.values(Line, structuredClone(row)))
              returned.clear()
              const note = { of: row.id }
              const call = Tracker.track(Seen, { line: row, properties: { note } })
              const { message } = await meanwhile(context, call, () => {
                note.of++
                spoil(row)
              })
              spoil(row)
              assert.deepStrictEqual(propertiesOf(message), { note: { of: expected.Line_id }, ...expected })
            }),
            { numRuns: 50 }
          )
        )
      )
    )
  )

  const call = {
    identify: (traits: any, options: any) => Tracker.identify(traits, options),
    group: (traits: any, options: any) => Tracker.group("g-1", traits, options),
    alias: (_: any, options: any) => Tracker.alias("a-1", options),
    page: (properties: any, options: any) => Tracker.page("home", { properties }, options),
    screen: (properties: any, options: any) => Tracker.screen("home", { properties }, options)
  }
  for (const [type, run] of Object.entries(call)) {
    it.effect(`has what ${type} was given, as it was`, () => {
      const values = { deep: { n: 1 } }
      const context = { app: { name: "shop" } }
      const actor = { userId: "u-1", context: { page: { path: "/a" } } }
      const kept = collector()
      return Effect.gen(function* () {
        const { receipts } = yield* tracked(
          kept.sink,
          {},
          Effect.tap(run(values, { context }), () =>
            Effect.sync(() => {
              values.deep.n = 2
              context.app.name = "later"
              actor.context.page.path = "/later"
            })
          )
        ).pipe(Actor.as(actor))
        yield* receipts
        const [message] = kept.messages as ReadonlyArray<any>
        assert.deepStrictEqual(message.context, { app: { name: "shop" }, page: { path: "/a" } })
        if (type !== "alias") assert.deepStrictEqual(message.traits ?? message.properties, { deep: { n: 1 } })
      })
    })
  }

  it.effect("that is sent is the one that was given, as it was", () => {
    const message = {
      type: "track",
      event: "seen",
      messageId: "m-1",
      timestamp: "2026-01-01T00:00:00.000Z",
      properties: { deep: { n: 1 } }
    } satisfies Message.Message
    const kept = collector()
    return Effect.gen(function* () {
      yield* tracked(
        kept.sink,
        {},
        Effect.tap(Tracker.send(message), () => Effect.sync(() => void (message.properties.deep.n = 2)))
      )
      assert.deepStrictEqual(propertiesOf(kept.messages[0]), { deep: { n: 1 } })
    })
  })
})
