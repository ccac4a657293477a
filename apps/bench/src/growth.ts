/** How the cost of an event grows: with its sinks, its properties, its relations by loaders, and the plan's events. */
import { Entity, EventSink, Loader, Plan, Receipt, TrackedEvent, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schema from "effect/Schema"
import { compete, type Contestant, type Contestants, slow } from "./Contest.ts"
import { compare, type Measured, type Question } from "./Report.ts"

const events = 256
const times = 10

/** The limit for how many times as long twice the work may take. */
const mostGrowth = 2.4

const numbers = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, index) => index)

/** The number of messages that all sinks have accepted. */
let taken = 0
const everything = (name: string) =>
  EventSink.make({
    name,
    send: (batch) => {
      taken += batch.length
      return Effect.succeed(batch.all(Receipt.delivered))
    }
  })

const row = { id: 1, name: "Gold Plated Duck Tape" }
const Thing = Entity.make("Thing", { key: "id", attributes: { id: Schema.Int, name: Schema.String } })

/** Tracks the events one by one, as most services do. */
const contestant = (event: TrackedEvent.Any, input: object, options: Tracker.Options, sinks = 1) => {
  const all = numbers(sinks).map((index) => everything(`sink ${index}`))
  const runtime = ManagedRuntime.make(Tracker.layer(EventSink.fanOut(...all), options))
  // The event's properties are only known at run time.
  const track = Tracker.track as (event: TrackedEvent.Any, input: object) => ReturnType<typeof Tracker.track>
  const work = Effect.gen(function* () {
    for (let i = 0; i < events; i++) yield* track(event, input)
    yield* Tracker.flushWithin(Infinity)
  })
  return slow(events, times, async () => {
    const before = taken
    await runtime.runPromise(work as Effect.Effect<void, never, Tracker.Tracker>)
    return [(taken - before) / sinks]
  })
}

const related = (count: number): Entity.Any =>
  numbers(count).reduce<Entity.Any>((from, index) => {
    const loader = Loader.byKey({
      load: (ids: ReadonlyArray<number>) => Effect.succeed(ids.map((id) => ({ ...row, id }))),
      keyOf: ({ id }: typeof row) => id
    })
    const lookup = Loader.at(loader, ({ id }: typeof row) => id)
    return Entity.one(from, `r${index}`, Thing, lookup, { prefix: `R${index}` })
  }, Thing)

const makers = {
  sinks: (count: number) =>
    contestant(TrackedEvent.make("seen", { entities: { thing: Thing } }), { thing: row }, {}, count),
  properties: (count: number) => {
    const names = numbers(count).map((index) => `p${index}`)
    const event = TrackedEvent.make("seen", { properties: Object.fromEntries(names.map((name) => [name, Schema.Int])) })
    return contestant(event, { properties: Object.fromEntries(names.map((name, index) => [name, index])) }, {})
  },
  relations: (count: number) =>
    contestant(TrackedEvent.make("seen", { entities: { thing: related(count) } }), { thing: row }, {}),
  plan: (count: number) => {
    const planned = numbers(count).map((index) =>
      TrackedEvent.make(`e${index}`, { properties: { id: Schema.Int }, entities: { thing: Thing } })
    )
    return contestant(planned[0]!, { thing: row, properties: { id: 1 } }, { plan: Plan.make(...planned) })
  }
} satisfies Record<string, (count: number) => Contestant>

const sizes = {
  sinks: { whole: 8, title: "sinks" },
  properties: { whole: 200, title: "properties" },
  relations: { whole: 20, title: "relations with loaders" },
  plan: { whole: 5_000, title: "events in the plan" }
} satisfies Record<keyof typeof makers, { readonly whole: number; readonly title: string }>
type Part = keyof typeof makers
const parts = Object.keys(makers) as Array<Part>

type Name = `${Part} ${"whole" | "half"}`

export const contestants = Object.fromEntries(
  parts.flatMap((part) => [
    [`${part} whole`, () => makers[part](sizes[part].whole)],
    [`${part} half`, () => makers[part](sizes[part].whole / 2)]
  ])
) as Record<Name, () => Contestant> satisfies Contestants

const rowOf = async (part: Part): Promise<Measured> => {
  const { title, whole } = sizes[part]
  const samples = await compete<Name>(import.meta.url, [`${part} whole`, `${part} half`], { processes: 2, rounds: 2 })
  const name = `track, ${whole.toLocaleString("en-US")} ${title}`
  return compare(
    { name, unit: "ns CPU/event", baseline: "half as many", target: mostGrowth },
    samples(`${part} whole`, "cpu"),
    samples(`${part} half`, "cpu")
  )
}

export const growth: Question = {
  name: "growth",
  measure: async () => {
    const rows: Array<Measured> = []
    for (const part of parts) rows.push(await rowOf(part))
    return rows
  }
}
