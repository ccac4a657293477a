import { Entity, Plan, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"
import { compare, type Measured, type Question } from "./Report.ts"

const rounds = 9

/** The limit for how many times as long twice the work may take. */
const mostGrowth = 2.4
/** Milliseconds that each definition may take. */
const allowed = 1_000

const Target = Entity.make("Target", {
  key: "id",
  attributes: { id: Schema.Int, name: Schema.String, price: Schema.Int, sku: Schema.String }
})
const numbers = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, index) => index)

/** Composes an entity step by step, as `pipe` does. */
const composed = (steps: number, step: (entity: Entity.Any, index: number) => Entity.Any): Entity.Any =>
  numbers(steps).reduce<Entity.Any>(step, Entity.make("Line", { key: "id", attributes: { id: Schema.Int } }))

const related = (count: number): Entity.Any =>
  composed(count, (entity, index) => Entity.one(entity, `r${index}`, Target, () => null, { prefix: `R${index}` }))

const Wide = related(20)

const definitions: ReadonlyArray<{
  readonly name: string
  readonly count: number
  /** How often a sample defines it, so that a sample takes long enough. */
  readonly times: number
  readonly define: (count: number) => unknown
}> = [
  {
    name: "relations of an event's entity",
    count: 2_000,
    times: 5,
    define: (count) => TrackedEvent.make("related", { entities: { line: related(count) } })
  },
  {
    name: "computed attributes of an event's entity",
    count: 2_000,
    times: 5,
    define: (count) => {
      const line = composed(count, (entity, index) => Entity.computed(entity, `c${index}`, Schema.Int, () => index))
      return TrackedEvent.make("computed", { entities: { line } })
    }
  },
  {
    name: "properties of an event",
    count: 1_000,
    times: 50,
    define: (count) =>
      TrackedEvent.make("own", {
        properties: Object.fromEntries(numbers(count).map((index) => [`p${index}`, Schema.String]))
      })
  },
  {
    name: "events of a plan, each with 81 keys",
    count: 5_000,
    times: 1,
    define: (count) =>
      Plan.make(...numbers(count).map((index) => TrackedEvent.make(`e${index}`, { entities: { line: Wide } })))
  },
  {
    name: "events of a plan with its description and version",
    count: 1_000,
    times: 1,
    define: (count) =>
      Plan.version(
        Plan.make(...numbers(count).map((index) => TrackedEvent.make(`e${index}`, { entities: { line: Wide } })))
      )
  }
]

/** Milliseconds of CPU for each time. */
const spent = (times: number, work: () => unknown): number => {
  const before = process.cpuUsage()
  for (let time = 0; time < times; time++) work()
  const { system, user } = process.cpuUsage(before)
  return (system + user) / 1_000 / times
}

const rowsOf = ({ count, define, name, times }: (typeof definitions)[number]): ReadonlyArray<Measured> => {
  define(count / 10)
  const samples = Array.from({ length: rounds }, () => ({
    half: spent(times, () => define(count / 2)),
    whole: spent(times, () => define(count))
  }))
  const whole = samples.map((sample) => sample.whole)
  const what = `definition: ${count.toLocaleString("en-US")} ${name}`
  return [
    compare(
      { name: what, unit: "ms of CPU", baseline: "half as many", target: mostGrowth },
      whole,
      samples.map(({ half }) => half)
    ),
    compare(
      { name: what, unit: "ms of CPU", baseline: "a second", target: 1 },
      whole,
      samples.map(() => allowed)
    )
  ]
}

export const definition: Question = {
  name: "definition",
  measure: async () => definitions.flatMap(rowsOf)
}
