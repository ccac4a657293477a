import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { Callback, Entity, EventSink, Loader, Receipt, TrackedEvent, Tracker } from "./index.ts"
import * as callback from "./internal/base/callback.ts"

const Thing = Entity.make("Thing", { key: "id", attributes: { id: Schema.Int } })
const relatedBy = (load: (ids: Array<number>) => Promise<ReadonlyArray<{ readonly id: number }>>) => {
  const loader = Loader.byKey({ name: "things", load, keyOf: ({ id }) => id })
  return Thing.pipe(
    Entity.one(
      "of",
      Thing,
      Loader.at(loader, ({ of }: { of: number }) => of),
      { prefix: "Of" }
    )
  )
}
/** Its calls, and the fibers that they ran in. */
const recorded = () => {
  const calls: Array<ReadonlyArray<number>> = []
  const fibers: Array<unknown> = []
  const related = relatedBy(async (ids) => {
    calls.push(ids)
    fibers.push(Fiber.getCurrent())
    return ids.map((id) => ({ id }))
  })
  return { calls, fibers, related }
}
const exitOf = <A, E>(register: (onExit: (exit: Exit.Exit<A, E>) => void) => void) => new Promise(register)

describe("code outside of Effect", () => {
  it("has the values of a row at once, or why there are none", () => {
    const exits: Array<unknown> = []
    Callback.values(Thing, { id: 1 }, Context.empty(), (exit) => exits.push(exit))
    Callback.valuesAll(Thing, [{ id: 1 }, { id: 2 }], Context.empty(), (exit) => exits.push(exit))
    Callback.values(Thing, { id: "1" } as never, Context.empty(), (exit) => exits.push(Exit.isFailure(exit)))
    assert.deepStrictEqual(exits, [
      Exit.succeed({ Thing_id: 1 }),
      Exit.succeed([{ Thing_id: 1 }, { Thing_id: 2 }]),
      true
    ])
  })

  it("waits for loaders without a fiber, and shares their calls", async () => {
    const { calls, fibers, related } = recorded()
    const values = (of: number) => exitOf((resume) => Callback.values(related, { id: 0, of }, Context.empty(), resume))
    assert.deepStrictEqual(await Promise.all([values(1), values(2), values(1)]), [
      Exit.succeed({ Thing_id: 0, Of_id: 1 }),
      Exit.succeed({ Thing_id: 0, Of_id: 2 }),
      Exit.succeed({ Thing_id: 0, Of_id: 1 })
    ])
    assert.deepStrictEqual([calls, fibers], [[[1, 2]], [undefined]])
  })

  it("waits for the loaders of many rows without a fiber, level by level", async () => {
    const fibers: Array<unknown> = []
    const loader = Loader.byKey({
      load: async (ids: Array<number>) => ids.map((id) => ({ id })),
      keyOf: ({ id }) => id
    })
    const next = Loader.at(loader, ({ id }: { id: number }) => {
      fibers.push(Fiber.getCurrent())
      return id + 1
    })
    const Middle = Thing.pipe(Entity.one("next", Thing, next, { prefix: "Next" }))
    const Root = Thing.pipe(
      Entity.one("left", Middle, next, { prefix: "Left" }),
      Entity.one("right", Thing, next, { prefix: "Right" })
    )
    const all = exitOf((resume) => Callback.valuesAll(Root, [{ id: 1 }, { id: 5 }], Context.empty(), resume))
    const exit = (await all) as Exit.Exit<ReadonlyArray<object>>
    assert.deepStrictEqual(Exit.isSuccess(exit) && exit.value.map((values) => Object.values(values).toSorted()), [
      [1, 2, 2, 3],
      [5, 6, 6, 7]
    ])
    assert.deepStrictEqual(new Set(fibers), new Set([undefined]))
  })

  it("tracks without a fiber, too", async () => {
    const { calls, fibers, related } = recorded()
    const Other = Entity.make("Other", { key: "id", attributes: { id: Schema.Int } })
    const Seen = TrackedEvent.make("seen", { entities: { thing: related, other: Other } })
    const sink = EventSink.make({ name: "memory", send: (batch) => Effect.succeed(batch.all(Receipt.delivered)) })
    const program = Effect.gen(function* () {
      const tracker = yield* Tracker.make(sink)
      const input = { thing: { id: 1, of: 3 }, other: { id: 2 } }
      const effect = Tracker.trackUnsafe(tracker, Context.empty(), Seen, input)
      return yield* Effect.promise(() => exitOf((resume) => Callback.run(effect, Context.empty(), resume)))
    })
    const exit = (await Effect.runPromise(Effect.scoped(program))) as Exit.Exit<Tracker.Tracked>
    assert.isTrue(Exit.isSuccess(exit))
    assert.deepStrictEqual([calls, fibers], [[[3]], [undefined]])
  })

  it("runs any other Effect, in a fiber", async () => {
    const effect = Effect.andThen(Effect.yieldNow, Effect.fail("no"))
    assert.deepStrictEqual(await exitOf((resume) => Callback.run(effect, Context.empty(), resume)), Exit.fail("no"))
  })
})

describe("Effects that wait for callbacks", () => {
  const waiting = () => {
    let left = 0
    let resume: (end: Exit.Exit<number, string>) => void = () => {}
    const effect = callback.make<number, string>((_, given) => {
      resume = given
      return Effect.sync(() => void left++)
    })
    return { effect, left: () => left, resume: (end: Exit.Exit<number, string>) => resume(end) }
  }

  it("are awaited together, in their order, with those that are there", async () => {
    const [a, b] = [waiting(), waiting()]
    const all = Effect.runPromise(callback.all([a.effect, Effect.succeed(0), b.effect]) as Effect.Effect<Array<number>>)
    b.resume(Exit.succeed(2))
    a.resume(Exit.succeed(1))
    assert.deepStrictEqual(await all, [1, 0, 2])
    assert.deepStrictEqual(await Effect.runPromise(callback.all([]) as Effect.Effect<Array<never>>), [])
  })

  it("end with the first that fails, and with their fiber", async () => {
    const [a, b, c] = [waiting(), waiting(), waiting()]
    const failing = Effect.runPromiseExit(callback.all([a.effect, b.effect]) as Effect.Effect<Array<number>, string>)
    b.resume(Exit.fail("no"))
    assert.deepStrictEqual(await failing, Exit.fail("no"))
    assert.strictEqual(a.left(), 1)
    const fiber = Effect.runFork(callback.all([c.effect, Effect.never]) as Effect.Effect<Array<number>, string>)
    await Effect.runPromise(Fiber.interrupt(fiber))
    assert.strictEqual(c.left(), 1)
  })

  it("end with their fiber while what follows them runs", async () => {
    const a = waiting()
    let interrupted = 0
    const going = callback.andThen<number, string, number, string>(a.effect, () =>
      Effect.onInterrupt(Effect.never, () => Effect.sync(() => void interrupted++))
    )
    const fiber = Effect.runFork(callback.all([going]) as Effect.Effect<Array<number>, string>)
    a.resume(Exit.succeed(1))
    const exit = await Effect.runPromise(Effect.andThen(Fiber.interrupt(fiber), Fiber.await(fiber)))
    assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
    assert.deepStrictEqual([interrupted, a.left()], [1, 0])
  })
})
