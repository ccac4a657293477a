import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import { type Aside, Backlog, type Missed } from "./backlog.ts"

interface Setup {
  readonly capacity?: number
  readonly age?: number
  readonly together?: number
  readonly bytes?: number
  readonly run?: (items: ReadonlyArray<number>) => Effect.Effect<void>
}

/** A backlog of numbers, what it has run, and what it has given up. */
const backlogOf = ({ age = 100, bytes = Infinity, capacity = 10, run = () => Effect.void, together = 4 }: Setup) => {
  const parts: Array<ReadonlyArray<number>> = []
  const missed: Array<readonly [why: Missed, ReadonlyArray<number>]> = []
  const backlog = new Backlog<number>({
    capacity,
    age,
    together,
    bytes,
    bytesOf: (item) => item,
    run: (items) =>
      Effect.andThen(
        Effect.sync(() => parts.push(items)),
        Effect.suspend(() => run(items))
      ),
    missed: (items, why) => Effect.sync(() => void missed.push([why, items]))
  })
  return { backlog, parts, missed }
}

/** Runs work in fibers of the test. */
const asides = Effect.map(Effect.context<never>(), (context) => {
  const fibers: Array<Fiber.Fiber<void>> = []
  const aside: Aside = (work) => void fibers.push(Effect.runForkWith(context)(work as Effect.Effect<void>))
  return { aside, fibers }
})

describe("a backlog", () => {
  it.effect("runs things together that come within its age, and at once as many as may go together", () =>
    Effect.gen(function* () {
      const { aside } = yield* asides
      const { backlog, parts } = backlogOf({})
      backlog.add([1], aside)
      yield* TestClock.adjust("99 millis")
      backlog.add([2], aside)
      assert.deepStrictEqual([parts, backlog.size], [[], 2])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual([parts, backlog.size], [[[1, 2]], 0])
      backlog.add([3, 4, 5, 6, 7], aside)
      yield* Effect.yieldNow
      assert.deepStrictEqual(parts, [[1, 2], [3, 4, 5, 6], [7]])
    })
  )

  it.effect("keeps a part within its bytes, but for an item that has more alone", () =>
    Effect.gen(function* () {
      const { aside } = yield* asides
      const { backlog, parts } = backlogOf({ age: 0, bytes: 5 })
      backlog.add([2, 3, 1, 9, 4], aside)
      assert.deepStrictEqual(parts, [[2, 3], [1], [9], [4]])
    })
  )

  it.effect("does one part after the other, and holds no more than its capacity", () =>
    Effect.gen(function* () {
      const { aside, fibers } = yield* asides
      const { backlog, missed, parts } = backlogOf({ age: 0, capacity: 3, together: 1, run: () => Effect.never })
      backlog.add([1, 2], aside)
      backlog.add([3, 4, 5], aside)
      assert.deepStrictEqual([parts, backlog.size, missed], [[[1]], 3, [["full", [4, 5]]]])
      yield* Fiber.interruptAll(fibers)
      assert.deepStrictEqual([backlog.size, missed[1]], [0, ["closed", [1, 2, 3]]])
    })
  )

  it.effect("waits for no more once it is hurried, or while a tracker closes, which leaves it as much as it has", () =>
    Effect.gen(function* () {
      const { aside } = yield* asides
      const { backlog, missed, parts } = backlogOf({ capacity: 1 })
      backlog.add([1], aside)
      backlog.hurry("flush", aside)
      yield* Effect.yieldNow
      assert.deepStrictEqual(parts, [[1]])
      backlog.add([2], aside)
      assert.strictEqual(backlog.size, 1)
      backlog.hurry("close", aside)
      backlog.add([3, 4, 5], aside)
      yield* Effect.yieldNow
      assert.deepStrictEqual([parts, backlog.size, missed], [[[1], [2], [3, 4, 5]], 0, []])
    })
  )

  it.effect("begins everything in one turn of the event loop if it is the last", () =>
    Effect.gen(function* () {
      const { aside } = yield* asides
      const { backlog, parts } = backlogOf({ capacity: 100, together: 2, run: () => Effect.never })
      backlog.add([1, 2, 3, 4, 5], aside)
      yield* Effect.yieldNow
      assert.deepStrictEqual(parts, [[1, 2]])
      backlog.hurry("end", aside)
      backlog.add([6], aside)
      assert.deepStrictEqual(parts, [[1, 2], [3, 4], [5], [6]])
    })
  )

  it.effect("runs or gives up everything once, in order, whatever comes when", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat({ max: 5 }), { maxLength: 20 }),
          fc.nat({ max: 3 }),
          fc.constantFrom("flush", "close", "end"),
          async (counts, slow, urgency) => {
            const run = (): Effect.Effect<void> => (slow === 0 ? Effect.void : Effect.sleep(slow))
            const { backlog, missed, parts } = backlogOf({ age: 1, run })
            const aside: Aside = (work) => void Effect.runFork(work as Effect.Effect<void>)
            let n = 0
            for (const [index, count] of counts.entries()) {
              backlog.add(
                Array.from({ length: count }, () => n++),
                aside
              )
              if (index % 3 === 2) await Promise.resolve()
            }
            backlog.hurry(urgency, aside)
            while (backlog.size > 0) await new Promise((resolve) => setTimeout(resolve, 1))
            const ran = parts.flat()
            assert.deepStrictEqual(
              ran,
              ran.toSorted((a, b) => a - b)
            )
            const all = [...ran, ...missed.flatMap(([, items]) => items)].toSorted((a, b) => a - b)
            assert.deepStrictEqual(all, [...Array(n).keys()])
          }
        ),
        { numRuns: 50 }
      )
    )
  )
})
