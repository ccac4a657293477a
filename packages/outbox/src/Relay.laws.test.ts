import { assert, describe, it } from "@effect/vitest"
import * as Envelope from "@trackmap/core/Envelope"
import * as EventSink from "@trackmap/core/EventSink"
import * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import * as MemoryStore from "../test/memoryStore.ts"
import * as OutboxStore from "./OutboxStore.ts"
import * as Relay from "./Relay.ts"

/** `RUNS=100` has a hundred times as many histories. */
const runs = (usual: number): number => usual * Number(process.env["RUNS"] ?? 1)

/** The sinks of every history. The second one sends three batches at a time. */
const sinks = ["a", "b"] as const
type SinkName = (typeof sinks)[number]

type Command =
  | { readonly do: "add"; readonly count: number; readonly refused: boolean }
  | { readonly do: "start"; readonly order: "any" | "user" }
  /** The process dies before or after one of its next steps: a call of the store, or a request. */
  | { readonly do: "kill"; readonly relay: number; readonly step: number; readonly done: boolean }
  /** The process sleeps, as after SIGSTOP. */
  | { readonly do: "pause"; readonly relay: number; readonly seconds: number }
  | { readonly do: "stop"; readonly relay: number }
  | { readonly do: "outage"; readonly sink: SinkName; readonly wrongKey: boolean; readonly seconds: number }
  | { readonly do: "database"; readonly seconds: number; readonly done: boolean }
  | { readonly do: "wait"; readonly millis: number }

const relays = fc.nat({ max: 3 })
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("add"), count: fc.integer({ min: 1, max: 25 }), refused: fc.boolean() })
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("start"), order: fc.constantFrom("any", "user") }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("kill"), relay: relays, step: fc.nat({ max: 6 }), done: fc.boolean() })
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("pause"), relay: relays, seconds: fc.integer({ min: 1, max: 90 }) })
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("stop"), relay: relays }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("outage"),
      sink: fc.constantFrom(...sinks),
      wrongKey: fc.boolean(),
      seconds: fc.integer({ min: 1, max: 300 })
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("database"), seconds: fc.integer({ min: 1, max: 90 }), done: fc.boolean() })
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("wait"), millis: fc.integer({ min: 0, max: 20_000 }) }) }
) as fc.Arbitrary<Command>

const bodyOf = (id: string, userId: string): string =>
  Envelope.toJson({
    format: 1,
    message: { type: "alias", previousId: "p", userId, messageId: id, timestamp: "2026-01-01T00:00:00.000Z" },
    purposes: [],
    consent: "all",
    personal: [],
    violations: []
  })

/** A process with one relay, which can die or sleep. */
class Process {
  #stepsLeft = Number.POSITIVE_INFINITY
  #diesAfter = false
  readonly #awake = Latch.makeUnsafe(true)

  kill(step: number, done: boolean): void {
    this.#stepsLeft = step
    this.#diesAfter = done
  }

  readonly sleep = this.#awake.close
  readonly wake = this.#awake.open

  /** One step of the process, after or before which it may die. Nothing of a dead process ever ends. */
  step<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.andThen(
      this.#awake.await,
      Effect.suspend(() => {
        const left = this.#stepsLeft--
        if (left > 0) return Effect.flatMap(effect, (a) => Effect.as(this.#awake.await, a))
        return left === 0 && this.#diesAfter ? Effect.andThen(effect, Effect.never) : Effect.never
      })
    )
  }

  storeOf(store: MemoryStore.Memory): OutboxStore.Service {
    return {
      ...store,
      start: (name, from) => this.step(store.start(name, from)),
      claim: (name, options) => this.step(store.claim(name, options)),
      renew: (claim, lease) => this.step(store.renew(claim, lease)),
      complete: (claim, parked) => this.step(store.complete(claim, parked)),
      release: (claim) => this.step(store.release(claim))
    }
  }
}

/** The vendors: what each has received, and until when it is out of order. */
class Vendors {
  readonly received: Record<SinkName, Array<string>> = { a: [], b: [] }
  readonly outages: Record<SinkName, { readonly until: number; readonly wrongKey: boolean }> = {
    a: { until: 0, wrongKey: false },
    b: { until: 0, wrongKey: false }
  }
  readonly refused = new Set<string>()

  #sinkOf(name: SinkName, process: Process): EventSink.EventSink {
    const send = (batch: EventSink.Batch): ReturnType<EventSink.Send> =>
      Effect.clockWith((clock) =>
        Effect.suspend(() => {
          const { until, wrongKey } = this.outages[name]
          if (clock.currentTimeMillisUnsafe() < until) {
            const reason = "out of order"
            return Effect.fail(
              wrongKey ? new SendError.Misconfigured({ reason }) : new SendError.Unavailable({ reason })
            )
          }
          return Effect.succeed(
            batch.map(({ messageId }) => {
              if (this.refused.has(messageId)) return Receipt.rejected("refused")
              this.received[name].push(messageId)
              return Receipt.delivered
            })
          )
        })
      )
    return EventSink.make({
      name,
      limits: { messages: 5 },
      send: (batch) => process.step(Effect.delay(send(batch), 20))
    })
  }

  sinksOf(process: Process): EventSink.EventSink {
    return EventSink.fanOut(
      this.#sinkOf("a", process),
      EventSink.buffered(this.#sinkOf("b", process), { concurrency: 3 })
    )
  }
}

const options = { from: "beginning", lease: "30 seconds", limit: 20, closeWithin: "1 second" } as const

const history = (commands: ReadonlyArray<Command>) =>
  Effect.gen(function* () {
    const store = yield* MemoryStore.make
    const vendors = new Vendors()
    const running: Array<{ readonly process: Process; readonly scope: Scope.Closeable }> = []
    const ids: Array<string> = []
    const start = (order: "any" | "user") => {
      const process = new Process()
      return Effect.gen(function* () {
        const scope = yield* Scope.make()
        const relay = Relay.make(vendors.sinksOf(process), { ...options, order }).pipe(
          Effect.provideService(OutboxStore.OutboxStore, process.storeOf(store))
        )
        yield* Effect.forkDetach(Effect.exit(Scope.provide(relay, scope)))
        running.push({ process, scope })
      })
    }
    const relayOf = (index: number) => running[index % Math.max(1, running.length)]
    const run = (one: Command): Effect.Effect<unknown> => {
      switch (one.do) {
        case "add":
          return store.add(
            Array.from({ length: one.count }, (_, i) => {
              const id = `m${ids.length}`
              ids.push(id)
              if (one.refused && i === 0) vendors.refused.add(id)
              return { id, body: bodyOf(id, `u${i % 3}`) }
            })
          )
        case "start":
          return start(one.order)
        case "kill":
          return Effect.sync(() => relayOf(one.relay)?.process.kill(one.step, one.done))
        case "pause": {
          const process = relayOf(one.relay)?.process
          if (process === undefined) return Effect.void
          return Effect.andThen(process.sleep, Effect.forkDetach(Effect.delay(process.wake, one.seconds * 1_000)))
        }
        case "stop": {
          const scope = relayOf(one.relay)?.scope
          return scope === undefined ? Effect.void : Effect.forkDetach(Scope.close(scope, Exit.void))
        }
        case "outage":
          return Effect.clockWith((clock) =>
            Effect.sync(() => {
              const until = clock.currentTimeMillisUnsafe() + one.seconds * 1_000
              vendors.outages[one.sink] = { until, wrongKey: one.wrongKey }
            })
          )
        case "database": {
          store.fails = () => ({ reason: "the database does not respond", done: one.done })
          const heal = Effect.sync(() => void (store.fails = () => undefined))
          return Effect.forkDetach(Effect.delay(heal, one.seconds * 1_000))
        }
        case "wait":
          return TestClock.adjust(one.millis)
      }
    }
    for (const one of commands) {
      yield* run(one)
      yield* TestClock.adjust(1)
    }
    // Whatever has happened, everything works again in the end, and one relay is left.
    store.fails = () => undefined
    for (const { process } of running) yield* process.wake
    for (const { process } of running) process.kill(0, false)
    yield* TestClock.adjust("6 minutes")
    yield* start("any")
    yield* TestClock.adjust("3 minutes")
    return { ids, store, vendors }
  })

const refusedOf = (store: MemoryStore.Memory, name: string): ReadonlyArray<string> =>
  store.sinks.get(name)!.aside.map(({ id }) => id)

describe("whatever happens to relays, destinations and the database", () => {
  it(
    "every message reaches every sink or is its dead letter, and nothing stays claimed",
    { timeout: 60_000 * runs(1) },
    () =>
      fc.assert(
        fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 30 }), async (commands) => {
          const { ids, store, vendors } = await Effect.runPromise(
            history(commands).pipe(Effect.scoped, Effect.provide(TestClock.layer()), Effect.provide(Logger.layer([])))
          )
          for (const name of sinks) {
            const received = new Set(vendors.received[name])
            assert.deepStrictEqual(
              ids.filter((id) => !received.has(id)),
              ids.filter((id) => vendors.refused.has(id)),
              `what ${name} has not received`
            )
            assert.sameMembers([...new Set(refusedOf(store, name))], [...vendors.refused])
            assert.isTrue([...received].every((id) => ids.includes(id)))
          }
          const stats = await Effect.runPromise(Effect.provide(store.stats, TestClock.layer()))
          assert.deepStrictEqual(
            stats.map(({ claims, depth, parked }) => [depth, claims, parked]),
            sinks.map(() => [0, 0, 0])
          )
        }),
        { numRuns: runs(25) }
      )
  )

  it(
    "without a crash, a pause or an error of the database, every message reaches every sink once",
    { timeout: 60_000 * runs(1) },
    () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(
            command.filter(
              ({ do: what }) => what === "add" || what === "start" || what === "wait" || what === "outage"
            ),
            { minLength: 5, maxLength: 20 }
          ),
          async (commands) => {
            const { ids, vendors } = await Effect.runPromise(
              Effect.gen(function* () {
                const done = yield* history([
                  ...commands,
                  { do: "start", order: "any" },
                  { do: "wait", millis: 600_000 }
                ])
                return done
              }).pipe(Effect.scoped, Effect.provide(TestClock.layer()), Effect.provide(Logger.layer([])))
            )
            for (const name of sinks) {
              assert.sameMembers(
                vendors.received[name],
                ids.filter((id) => !vendors.refused.has(id))
              )
            }
          }
        ),
        { numRuns: runs(8) }
      )
  )
})
