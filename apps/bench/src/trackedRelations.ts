/** The cost of relations by loaders for an event that is tracked alone: side by side, and nested. */
import * as Core from "@trackmap/core"
import { Entity, EventSink, Loader, TrackedEvent, Tracking } from "@trackmap/node"
import DataLoader from "dataloader"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schema from "effect/Schema"
import { compete, type Contestant, type Contestants, type Sample } from "./Contest.ts"
import { compare, type Measured } from "./Report.ts"

interface Row {
  readonly id: number
  readonly name: string
  readonly next: number
}

const table = Array.from({ length: 512 }, (_, id): Row => ({ id, name: `row ${id}`, next: (id * 7 + 1) % 512 }))
const load = async (ids: ReadonlyArray<number>): Promise<Array<Row>> => ids.map((id) => table[id]!)

const Thing = Entity.make("Thing", { key: "id", attributes: { id: Schema.Int, name: Schema.String } })

/** The types would grow with the number of relations, and the bench needs none of them. */
const relate = (from: typeof Thing, prefix: string, to: typeof Thing): typeof Thing => {
  const loader = Loader.required(Loader.byKey({ load, keyOf: ({ id }: Row) => id }))
  const lookup = Loader.at(loader, ({ next }: Row) => next)
  return from.pipe(Entity.one(prefix, to, lookup, { prefix })) as unknown as typeof Thing
}

interface Shape {
  readonly relations: number
  /** Whether each relation needs the row of the one before. */
  readonly isDeep: boolean
}
const shapes = {
  none: { relations: 0, isDeep: false },
  "1": { relations: 1, isDeep: false },
  "10 side by side": { relations: 10, isDeep: false },
  "4 in depth": { relations: 4, isDeep: true },
  "8 in depth": { relations: 8, isDeep: true }
} satisfies Record<string, Shape>
type Name = keyof typeof shapes
const names = Object.keys(shapes) as Array<Name>

const prefixesOf = ({ relations }: Shape): ReadonlyArray<string> => Array.from({ length: relations }, (_, i) => `R${i}`)

const eventOf = (shape: Shape) => {
  const prefixes = prefixesOf(shape)
  const thing = shape.isDeep
    ? prefixes.reduceRight((to, prefix, i) => relate(Thing, prefix, i === prefixes.length - 1 ? Thing : to), Thing)
    : prefixes.reduce((from, prefix) => relate(from, prefix, Thing), Thing)
  return TrackedEvent.make("thingSeen", { entities: { thing } })
}

/** Tracks some events, each alone, and returns the values of the last. */
type Work = (events: number) => Promise<object>

const tracked = {
  promises: (shape: Shape): Work => {
    const event = eventOf(shape)
    const sink = EventSink.make({ name: "everything", send: async (batch) => batch.map(() => Core.Receipt.delivered) })
    const tracking = Tracking.make({ sinks: sink, flushAtExit: false })
    return async (events) => {
      let last: object = {}
      for (let i = 0; i < events; i++) last = (await tracking.track(event, { thing: table[i]! })).message.properties
      await tracking.flush({ within: Infinity })
      return last
    }
  },
  effects: (shape: Shape): Work => {
    const event = eventOf(shape)
    const sink = Core.EventSink.make({
      name: "everything",
      send: (batch) => Effect.succeed(batch.map(() => Core.Receipt.delivered))
    })
    const runtime = ManagedRuntime.make(Core.Tracker.layer(sink))
    const work = Effect.fnUntraced(function* (events: number) {
      let last: object = {}
      for (let i = 0; i < events; i++) {
        const { message } = yield* Core.Tracker.track(event, { thing: table[i]! })
        last = message.properties
      }
      yield* Core.Tracker.flushWithin(Infinity)
      return last
    })
    return (events) => runtime.runPromise(work(events))
  }
}

const add = (record: Record<string, unknown>, prefix: string, { id, name }: Row): void => {
  record[`${prefix}_id`] = id
  record[`${prefix}_name`] = name
}

/** The same rows by hand: a function that loads the row of a relation, again for each event. */
const byHand =
  (loaderOf: () => (id: number) => Promise<Row>) =>
  (shape: Shape): Work =>
  async (events) => {
    let last: object = {}
    for (let i = 0; i < events; i++) {
      const record: Record<string, unknown> = {}
      const row = table[i]!
      add(record, "Thing", row)
      const prefixes = prefixesOf(shape)
      if (shape.isDeep) {
        let from = row
        for (const prefix of prefixes) add(record, prefix, (from = await loaderOf()(from.next)))
      } else {
        const rows = await Promise.all(prefixes.map(() => loaderOf()(row.next)))
        for (const [j, prefix] of prefixes.entries()) add(record, prefix, rows[j]!)
      }
      last = record
    }
    return last
  }

const ways = {
  ...tracked,
  dataloader: byHand(() => {
    const loader = new DataLoader(load)
    return (id) => loader.load(id)
  }),
  "Promise.all": byHand(() => async (id) => (await load([id]))[0]!)
}
type Way = keyof typeof ways

const events = 512
const times = 4

const contestant = (way: Way): Contestant => {
  const works = names.map((name) => [name, ways[way](shapes[name])] as const)
  const sample = async (): Promise<Sample> => {
    const cpu: Record<string, number> = {}
    // Not after a forced collection, which drops compiled code: the first shape would pay for that.
    for (const [name, work] of works) {
      const start = process.cpuUsage()
      for (let i = 0; i < times; i++) await work(events)
      const { system, user } = process.cpuUsage(start)
      cpu[name] = ((user + system) * 1000) / (events * times)
    }
    return cpu
  }
  return {
    result: async () => {
      const results: Array<object> = []
      for (const [, work] of works) results.push(await work(events))
      return results
    },
    warmUp: async () => {
      const end = performance.now() + 300
      do await sample()
      while (performance.now() < end)
    },
    sample
  }
}

export const contestants: Contestants = Object.fromEntries(
  (Object.keys(ways) as Array<Way>).map((way) => [way, () => contestant(way)])
)

const microseconds = (nanoseconds: number): number => nanoseconds / 1000

const allowed = (values: ReadonlyArray<number>, most: number): ReadonlyArray<number> => values.map(() => most)

export const trackedRelationRows = async (): Promise<ReadonlyArray<Measured>> => {
  const samples = await compete(import.meta.url, Object.keys(ways) as Array<Way>, { processes: 2, rounds: 2 })
  const eventsOf = (way: Way, name: Name): ReadonlyArray<number> => samples(way, name).map(microseconds)
  /** The cost of each relation, added to that of an event without any. */
  const relationsOf = (way: Way, name: Name): ReadonlyArray<number> => {
    const none = eventsOf(way, "none")
    return eventsOf(way, name).map((all, round) => (all - none[round]!) / shapes[name].relations)
  }
  const rows: Array<Measured> = []
  for (const way of ["promises", "effects"] as const) {
    const one = relationsOf(way, "1")
    const ten = eventsOf(way, "10 side by side")
    const label = { unit: "µs CPU", baseline: "the allowed maximum", target: 1 }
    rows.push(
      compare({ ...label, name: `one relation of an event tracked alone: ${way}` }, one, allowed(one, 3.5)),
      compare({ ...label, name: `an event with ten, side by side: ${way}` }, ten, allowed(ten, 40))
    )
    for (const name of ["10 side by side", "4 in depth", "8 in depth"] as const) {
      for (const baseline of ["dataloader", "Promise.all"] as const) {
        const each = { name: `each relation of an event, ${name}: ${way}`, unit: "µs CPU", baseline, target: null }
        rows.push(compare(each, relationsOf(way, name), relationsOf(baseline, name)))
      }
    }
  }
  return rows
}
