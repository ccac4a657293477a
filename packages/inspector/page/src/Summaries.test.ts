import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { EventSummary } from "../../src/internal/protocol.ts"
import { everything } from "./filter.ts"
import { summaryOf } from "./samples.ts"
import { Summaries } from "./Summaries.ts"

const seqs = (summaries: Summaries, filter = everything) => summaries.passing(filter).map(({ seq }) => seq)
const some = (...numbers: ReadonlyArray<number>) => numbers.map((seq) => summaryOf({ seq }))

/** Changes of some events, as they may come: of the same event, `seq` and id are the same. */
const changes = fc.array(
  fc
    .record({ seq: fc.integer({ min: 1, max: 30 }), revision: fc.integer({ min: 1, max: 50 }) })
    .map(({ revision, seq }) => summaryOf({ seq, revision, keys: revision })),
  { maxLength: 80 }
)
const capacity = fc.integer({ min: 1, max: 12 })

/** What has to remain, said another way: of the greatest `seq`s, each at its greatest revision. */
const remains = (all: ReadonlyArray<EventSummary>, capacity: number) => {
  const newest = new Map<number, number>()
  for (const { revision, seq } of all) newest.set(seq, Math.max(newest.get(seq) ?? 0, revision))
  return [...newest].sort(([a], [b]) => a - b).slice(-capacity)
}

const held = (summaries: Summaries) => summaries.passing(everything).map(({ revision, seq }) => [seq, revision])

/** Cuts a list into pieces. */
const pieces = <A>(items: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size))

describe("the events of the page", () => {
  it("are in the order in which they happened, whatever order they come in", () => {
    const summaries = new Summaries(10)
    summaries.merge(some(3, 1))
    summaries.merge(some(2))
    expect(seqs(summaries)).toEqual([1, 2, 3])
  })

  it("are replaced by a newer revision, and by no older one", () => {
    const summaries = new Summaries(10)
    summaries.merge([summaryOf({ seq: 1, revision: 5, keys: 5 })])
    summaries.merge([summaryOf({ seq: 1, revision: 4, keys: 4 })])
    expect(summaries.get("m1")?.keys).toBe(5)
    summaries.merge([summaryOf({ seq: 1, revision: 6, keys: 6 })])
    expect(summaries.get("m1")?.keys).toBe(6)
    expect(summaries.size).toBe(1)
  })

  it("make room, the oldest first, and do not come back", () => {
    const summaries = new Summaries(2)
    summaries.merge(some(1, 2, 3))
    expect(seqs(summaries)).toEqual([2, 3])
    summaries.merge([summaryOf({ seq: 1, revision: 99 })])
    expect(seqs(summaries)).toEqual([2, 3])
    expect(summaries.get("m1")).toBeUndefined()
  })

  it("are the same whatever the order and the batches in which they came", () => {
    fc.assert(
      fc.property(
        changes,
        capacity,
        fc.integer({ min: 1, max: 9 }),
        fc.infiniteStream(fc.nat()),
        (all, capacity, size, keys) => {
          const shuffled = all.map((change) => [keys.next().value, change] as const)
          shuffled.sort(([a], [b]) => a - b)
          const summaries = new Summaries(capacity)
          for (const piece of pieces(shuffled, size)) summaries.merge(piece.map(([, change]) => change))
          expect(held(summaries)).toEqual(remains(all, capacity))
        }
      )
    )
  })

  it("are never more than fit, also when paused between", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), changes)), capacity, (steps, capacity) => {
        const summaries = new Summaries(capacity)
        for (const [pauses, batch] of steps) {
          if (pauses) summaries.pause()
          summaries.merge(batch)
          expect(summaries.size).toBeLessThanOrEqual(capacity)
          if (!pauses) summaries.resume()
        }
        summaries.resume()
        expect(held(summaries)).toEqual(
          remains(
            steps.flatMap(([, batch]) => batch),
            capacity
          )
        )
      })
    )
  })

  it("fewer fit when the service keeps fewer", () => {
    const summaries = new Summaries(10)
    summaries.merge(some(1, 2, 3, 4))
    summaries.setCapacity(2)
    expect(seqs(summaries)).toEqual([3, 4])
  })
})

describe("a pause", () => {
  it("holds back new events, counts them, and lists them afterwards", () => {
    const summaries = new Summaries(10)
    summaries.merge(some(1))
    summaries.pause()
    summaries.merge(some(2, 3))
    summaries.merge([summaryOf({ seq: 3, revision: 9 })])
    expect(seqs(summaries)).toEqual([1])
    expect(summaries.waiting).toBe(2)
    summaries.resume()
    expect(held(summaries)).toEqual([
      [1, 1],
      [2, 2],
      [3, 9]
    ])
    expect(summaries.waiting).toBe(0)
  })

  it("goes on telling what becomes of those that are listed", () => {
    const summaries = new Summaries(10)
    summaries.merge(some(1))
    summaries.pause()
    summaries.merge([summaryOf({ seq: 1, revision: 7 })])
    expect(summaries.get("m1")?.revision).toBe(7)
    expect(summaries.waiting).toBe(0)
  })

  it("counts each event that waits once, also those that there was no room for", () => {
    const summaries = new Summaries(2)
    summaries.pause()
    for (let seq = 1; seq <= 50; seq++) summaries.merge(some(seq))
    summaries.merge(some(1, 2, 3))
    expect(summaries.waiting).toBe(50)
    summaries.resume()
    expect(seqs(summaries)).toEqual([49, 50])
  })

  it("can follow a pause", () => {
    const summaries = new Summaries(2)
    summaries.pause()
    for (let seq = 1; seq <= 50; seq++) summaries.merge(some(seq))
    summaries.resume()
    summaries.pause()
    summaries.merge(some(51))
    expect(summaries.waiting).toBe(1)
  })
})

describe("clearing", () => {
  it("forgets what came, also what waits, and lists what comes then", () => {
    const summaries = new Summaries(10)
    summaries.merge(some(1, 2))
    summaries.pause()
    summaries.merge(some(3))
    summaries.clear()
    expect(summaries.waiting).toBe(0)
    summaries.resume()
    summaries.merge([summaryOf({ seq: 2, revision: 50 }), summaryOf({ seq: 3, revision: 51 }), summaryOf({ seq: 4 })])
    expect(seqs(summaries)).toEqual([4])
    expect([...summaries.names]).toEqual(["orderLineUpdated"])
  })

  it("is not what another run of the service is: its events begin at one again", () => {
    const summaries = new Summaries(10)
    summaries.merge(some(8, 9))
    summaries.restart()
    summaries.merge(some(1))
    expect(seqs(summaries)).toEqual([1])
  })
})

describe("what can be filtered by", () => {
  it("is what the events that are kept have", () => {
    const summaries = new Summaries(2)
    summaries.merge([
      summaryOf({ seq: 1, name: "a", entities: ["A"] }),
      summaryOf({ seq: 2, name: "b", entities: ["B"] })
    ])
    summaries.merge([
      summaryOf({ seq: 2, revision: 9, name: "b", entities: ["B", "C"] }),
      summaryOf({ seq: 3, name: "b", entities: ["B"] })
    ])
    expect([...summaries.names]).toEqual(["b"])
    expect([...summaries.entities].sort()).toEqual(["B", "C"])
  })

  it("is judged anew when an event has changed", () => {
    const summaries = new Summaries(5)
    const lost = { ...everything, outcome: "lost" } as const
    summaries.merge([summaryOf({ seq: 1 })])
    expect(seqs(summaries, lost)).toEqual([])
    summaries.merge([summaryOf({ seq: 1, revision: 2, sinks: [{ sink: "segment", state: "expired", attempts: 3 }] })])
    expect(seqs(summaries, lost)).toEqual([1])
    expect(seqs(summaries, { ...everything, search: "duck" })).toEqual([1])
    expect(seqs(summaries, { ...everything, search: "goose" })).toEqual([])
  })
})
