import { assert, describe, it } from "@effect/vitest"
import * as Envelope from "@trackmap/core/Envelope"
import * as EventSink from "@trackmap/core/EventSink"
import * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as MemoryStore from "../test/memoryStore.ts"
import * as OutboxStore from "./OutboxStore.ts"
import * as Relay from "./Relay.ts"

const bodyOf = (id: string, userId = "u"): string =>
  Envelope.toJson({
    format: 1,
    message: {
      type: "track",
      event: "orderPlaced",
      properties: { Order_id: 357 },
      userId,
      messageId: id,
      timestamp: "2026-01-01T00:00:00.000Z"
    },
    purposes: [],
    consent: "all",
    personal: [],
    violations: []
  })
const row = (id: string, userId?: string) => ({ id, body: bodyOf(id, userId) })
const rows = (count: number, prefix = "m") => Array.from({ length: count }, (_, i) => row(`${prefix}${i}`))
const ids = (count: number, prefix = "m") => rows(count, prefix).map(({ id }) => id)

type Answer = (batch: EventSink.Batch) => ReturnType<EventSink.Send>
const accepts: Answer = (batch) => Effect.succeed(batch.all(Receipt.delivered))
const down: Answer = () => Effect.fail(new SendError.Unavailable({ reason: "status 503" }))
const wrongKey: Answer = () => Effect.fail(new SendError.Misconfigured({ reason: "status 401" }))

/** A sink whose answers can change, and the ids that it accepted, in their order. */
const vendor = (name = "vendor", messages = 100) => {
  const own: { answer: Answer; readonly delivered: Array<string>; readonly sink: EventSink.EventSink } = {
    answer: accepts,
    delivered: [],
    sink: EventSink.make({
      name,
      limits: { messages },
      send: (batch) =>
        Effect.tap(own.answer(batch), (outcomes) =>
          Effect.sync(() => {
            for (const [index, { messageId }] of batch.messages.entries()) {
              if (outcomes[index]!._tag === "Delivered") own.delivered.push(messageId)
            }
          })
        )
    })
  }
  return own
}

const lines: Array<string> = []
const logged = Logger.layer([
  Logger.make<unknown, void>(({ logLevel, message }) => void lines.push(`${logLevel} ${String(message)}`))
])
/** Runs a test with a store in memory. */
const withStore = <A, E>(
  use: (store: MemoryStore.Memory) => Effect.Effect<A, E, Scope.Scope | OutboxStore.OutboxStore>
): Effect.Effect<A, E, Scope.Scope> =>
  Effect.flatMap(MemoryStore.make, (store) => {
    lines.length = 0
    return use(store).pipe(Effect.provideService(OutboxStore.OutboxStore, store), Effect.provide(logged))
  })

const fromBeginning = { from: "beginning" } as const

describe("a relay", () => {
  it.effect("sends every message to every sink, in batches, and completes it", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const [a, b] = [vendor("a"), vendor("b", 7)]
        yield* store.add(rows(50))
        yield* Relay.make(EventSink.fanOut(a.sink, b.sink), fromBeginning)
        yield* TestClock.adjust("5 seconds")
        yield* store.add(rows(10, "n"))
        yield* TestClock.adjust("5 seconds")
        for (const { delivered } of [a, b]) assert.deepStrictEqual(delivered, [...ids(50), ...ids(10, "n")])
        assert.deepStrictEqual(
          (yield* store.stats).map(({ claims, dead, depth, parked }) => [depth, claims, parked, dead]),
          [
            [0, 0, 0, 0],
            [0, 0, 0, 0]
          ]
        )
      })
    )
  )

  it.effect("sends a message as soon as the store wakes it, and asks an idle store only now and then", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const { delivered, sink } = vendor()
        yield* Relay.make(sink, { ...fromBeginning, poll: "10 seconds" })
        yield* TestClock.adjust("1 hour")
        assert.isBelow(store.calls.claim, 400)
        yield* store.add(rows(1))
        yield* TestClock.adjust(1)
        assert.deepStrictEqual(delivered, ["m0"])
      })
    )
  )

  it.effect("starts a new sink where you say, and goes on where a known one was", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const [late, first, since] = [vendor("late"), vendor("first"), vendor("since")]
        const sinks = EventSink.fanOut(late.sink, first.sink, since.sink)
        yield* store.add(rows(3, "old"))
        yield* TestClock.adjust("1 minute")
        yield* store.add(rows(3, "new"))
        const from = { late: "now", first: "beginning", since: new Date(60_000) } as const
        yield* Effect.scoped(Effect.andThen(Relay.make(sinks, { from }), TestClock.adjust("5 seconds")))
        assert.deepStrictEqual(late.delivered, [])
        assert.deepStrictEqual(first.delivered, [...ids(3, "old"), ...ids(3, "new")])
        assert.deepStrictEqual(since.delivered, ids(3, "new"))
        assert.deepStrictEqual(lines, [
          "Info late: a new sink of the outbox, which starts with the messages from now on",
          "Info first: a new sink of the outbox, which starts with all messages of the outbox",
          "Info since: a new sink of the outbox, which starts with the messages since 1970-01-01T00:01:00.000Z"
        ])
        yield* store.add(rows(1, "later"))
        yield* Relay.make(sinks, fromBeginning)
        yield* TestClock.adjust("5 seconds")
        assert.deepStrictEqual(late.delivered, ["later0"])
      })
    )
  )

  it.effect(
    "holds back only the sink whose destination is unavailable or refuses its key, and then sends everything once",
    () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [up, unavailable, refusing] = [vendor("up"), vendor("unavailable"), vendor("refusing")]
          unavailable.answer = down
          refusing.answer = wrongKey
          yield* Relay.make(EventSink.fanOut(up.sink, unavailable.sink, refusing.sink), fromBeginning)
          for (let hour = 0; hour < 3; hour++) {
            yield* store.add(rows(10, `h${hour}-`))
            yield* TestClock.adjust("1 hour")
          }
          const all = [0, 1, 2].flatMap((part) => ids(10, `h${part}-`))
          assert.deepStrictEqual([up.delivered, unavailable.delivered, refusing.delivered], [all, [], []])
          unavailable.answer = accepts
          refusing.answer = accepts
          yield* TestClock.adjust("5 minutes")
          assert.deepStrictEqual([unavailable.delivered, refusing.delivered], [all, all])
          assert.isTrue((yield* store.stats).every(({ dead, parked }) => dead + parked === 0))
          assert.deepStrictEqual(
            lines.filter((line) => !line.includes("new sink")),
            [
              "Warn unavailable: status 503; its messages wait and will be retried",
              "Error refusing: status 401; its messages wait until you fix its key or address",
              ...lines.slice(-2)
            ]
          )
          assert.deepStrictEqual(lines.slice(-2).toSorted(), [
            "Info refusing: it accepts messages again",
            "Info unavailable: it accepts messages again"
          ])
        })
      )
  )

  it.effect("claims no more than it can send", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const { sink } = vendor("vendor", 10)
        const slow = EventSink.make({ name: "slow", limits: { messages: 10 }, send: () => Effect.never })
        yield* store.add(rows(1_000))
        const relay = yield* Relay.make(EventSink.fanOut(slow, sink), { ...fromBeginning, closeWithin: 0 })
        yield* TestClock.adjust("1 hour")
        const [status] = yield* relay.status
        assert.deepStrictEqual([status?.sink, status?.claims, status?.sending, status?.depth], ["slow", 2, 20, 980])
      })
    )
  )

  it.effect("makes a dead letter of a message that the destination refuses, and of no other", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const own = vendor()
        own.answer = (batch) =>
          batch.messages.some(({ messageId }) => messageId === "m3")
            ? Effect.fail(new SendError.Refused({ reason: "status 400" }))
            : accepts(batch)
        yield* store.add(rows(8))
        const relay = yield* Relay.make(
          EventSink.filter(own.sink, ({ messageId }) => messageId !== "m5"),
          fromBeginning
        )
        yield* TestClock.adjust("1 minute")
        assert.sameMembers(own.delivered, ["m0", "m1", "m2", "m4", "m6", "m7"])
        const [letter, ...others] = store.sinks.get("vendor")!.aside
        assert.deepStrictEqual(others, [])
        assert.deepStrictEqual(
          [letter?.id, letter?.dead, letter?.outcome, letter?.attempts],
          ["m3", true, Receipt.rejected("status 400"), 4]
        )
        const [metrics] = yield* relay.metrics
        assert.deepStrictEqual([metrics?.delivered, metrics?.rejected, metrics?.skipped], [6, 1, 1])
      })
    )
  )

  it.effect("makes a dead letter of a row that it cannot read, and leaves one of a newer format to a newer relay", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const own = vendor()
        yield* store.add([
          row("m0"),
          { id: "broken", body: "{" },
          { id: "other", body: `{"format":1}` },
          { id: "newer", body: bodyOf("newer").replace(`"format":1`, `"format":3`) },
          row("m1")
        ])
        yield* Relay.make(own.sink, fromBeginning)
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual(own.delivered, ["m0", "m1"])
        assert.deepStrictEqual(
          store.sinks.get("vendor")!.aside.map(({ dead, id }) => [id, dead]),
          [
            ["broken", true],
            ["other", true],
            ["newer", false]
          ]
        )
        assert.include(lines, "Warn vendor: could not read 2 messages of the outbox: see the dead letters")
        assert.isAbove(
          lines.filter(
            (line) =>
              line === "Warn vendor: left a message of a newer format to newer relays: update @trackmap/outbox here"
          ).length,
          5
        )
        // What a newer relay does: it reads the format.
        Object.assign(store.log[3]!, { body: bodyOf("newer") })
        Object.assign(store.sinks.get("vendor")!.aside[2]!.row, { body: bodyOf("newer") })
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual(own.delivered, ["m0", "m1", "newer"])
      })
    )
  )

  it.effect("keeps its lease for as long as it sends", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const [slow, other] = [vendor(), vendor()]
        slow.answer = (batch) => Effect.delay(accepts(batch), "10 minutes")
        yield* store.add(rows(5))
        yield* Relay.make(slow.sink, fromBeginning)
        yield* TestClock.adjust("1 second")
        yield* Relay.make(other.sink, fromBeginning)
        yield* TestClock.adjust("11 minutes")
        assert.deepStrictEqual([slow.delivered, other.delivered], [ids(5), []])
      })
    )
  )

  it.effect("takes over what a dead relay was sending once its lease has run out", () =>
    withStore((store) =>
      Effect.gen(function* () {
        yield* store.start("vendor", "beginning")
        yield* store.add(rows(5))
        // A relay that claims, and dies.
        yield* store.claim("vendor", { limit: 3, lease: 30_000 })
        const { delivered, sink } = vendor()
        yield* Relay.make(sink, fromBeginning)
        yield* TestClock.adjust("29 seconds")
        assert.deepStrictEqual(delivered, ["m3", "m4"])
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(delivered, ["m3", "m4", "m0", "m1", "m2"])
      })
    )
  )

  it.effect("keeps a message that ends every relay from holding back others, and names it", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const others: Array<string> = []
        const deaths: Array<ReadonlyArray<string>> = []
        /** A relay in a process of its own. Once it has died, nothing of it ends, and nothing closes. */
        const start = Effect.gen(function* () {
          let isDead = false
          const alive = <A, E>(effect: Effect.Effect<A, E>) => Effect.suspend(() => (isDead ? Effect.never : effect))
          const own = vendor()
          own.answer = (batch) =>
            Effect.suspend(() => {
              const sending = batch.map(({ messageId }) => messageId)
              isDead ||= sending.includes("m3")
              if (isDead) {
                deaths.push(sending)
                return Effect.never
              }
              others.push(...sending)
              return accepts(batch)
            })
          yield* Relay.make(own.sink, fromBeginning).pipe(
            Scope.provide(yield* Scope.make()),
            Effect.provideService(OutboxStore.OutboxStore, {
              ...store,
              claim: (name, options) => alive(store.claim(name, options)),
              renew: (claim, lease) => alive(store.renew(claim, lease)),
              complete: (claim, parked) => alive(store.complete(claim, parked)),
              release: (claim) => alive(store.release(claim))
            })
          )
        })
        yield* store.add(rows(6))
        for (let process = 0; process < 16; process++) {
          yield* start
          yield* TestClock.adjust("20 seconds")
          yield* store.add(rows(1, `later${process}-`))
        }
        assert.sameMembers(
          others.filter((id) => id.startsWith("m")),
          ["m0", "m1", "m2", "m4", "m5"]
        )
        assert.includeMembers(others, ["later0-0", "later6-0"])
        assert.deepStrictEqual(deaths.slice(0, 4), Array(4).fill(ids(6)))
        assert.deepStrictEqual(
          deaths.slice(4).filter((sending) => !sending.includes("m3") || sending.length > 1),
          []
        )
        const warnings = lines.filter((line) => line.startsWith("Warn"))
        assert.include(
          warnings,
          "Warn vendor: relays died 3 times while they sent 6 messages, which now come after others, and one by one if a relay dies again"
        )
        assert.include(warnings, 'Warn vendor: sends "m3" alone: a relay died while it sent this message')
      })
    )
  )

  it.effect("does no harm when it wakes after another relay has taken over", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const sleeper = vendor()
        sleeper.answer = (batch) => Effect.delay(accepts(batch), "10 minutes")
        yield* store.add(rows(5))
        yield* Relay.make(sleeper.sink, fromBeginning)
        yield* TestClock.adjust("1 second")
        // It sleeps: others see its lease run out.
        store.sinks.get("vendor")!.open.get(1)!.leaseUntil = 0
        const other = vendor()
        yield* Relay.make(other.sink, fromBeginning)
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(other.delivered, ids(5))
        yield* TestClock.adjust("20 minutes")
        assert.deepStrictEqual(sleeper.delivered, [])
        assert.include(
          lines,
          "Warn vendor: another relay has taken over 5 messages whose lease ran out here; the destination may receive them twice, with the same ids"
        )
        assert.deepStrictEqual((yield* store.stats)[0]?.claims, 0)
      })
    )
  )

  it.effect("waits while the database fails, without sending anything again, and logs it once", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const own = vendor()
        own.answer = (batch) => Effect.delay(accepts(batch), "5 seconds")
        yield* Relay.make(own.sink, fromBeginning)
        yield* store.add(rows(3))
        yield* TestClock.adjust("1 second")
        store.fails = () => ({ reason: "the database does not respond", done: false })
        yield* TestClock.adjust("10 minutes")
        store.fails = () => undefined
        yield* TestClock.adjust("1 minute")
        yield* store.add(rows(1, "last"))
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(own.delivered, [...ids(3), "last0"])
        assert.deepStrictEqual(lines.slice(1), [
          "Error outbox, claim: the database does not respond: check that it runs; the relay waits and tries again",
          "Info outbox: its database responds again"
        ])
      })
    )
  )

  it.effect("does not take its own completion for a relay that takes over", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const { sink } = vendor()
        // The database completes the claim, and answers late.
        const late: OutboxStore.Service = {
          ...store,
          complete: (claim, parked) => Effect.tap(store.complete(claim, parked), () => Effect.sleep("25 seconds"))
        }
        yield* store.add(rows(3))
        yield* Effect.provideService(Relay.make(sink, fromBeginning), OutboxStore.OutboxStore, late)
        yield* TestClock.adjust("2 minutes")
        assert.lengthOf(
          lines.filter((line) => line.startsWith("Warn")),
          0
        )
      })
    )
  )

  it.effect("sends nothing twice if the answer to a completion is lost", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const { delivered, sink } = vendor()
        let lost = 0
        store.fails = (operation) =>
          operation === "complete" && lost++ === 0 ? { reason: "the connection broke", done: true } : undefined
        yield* Relay.make(sink, fromBeginning)
        yield* store.add(rows(3))
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual(delivered, ids(3))
        assert.deepStrictEqual(lines.slice(1), [
          "Error outbox, complete: the connection broke: check that it runs; the relay waits and tries again",
          "Info outbox: its database responds again"
        ])
      })
    )
  )

  it.effect("waits at its end for what it is sending, and gives back the rest", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const [own, next] = [vendor("vendor", 2), vendor("vendor", 2)]
        own.answer = (batch) => Effect.delay(accepts(batch), "5 seconds")
        yield* store.add(rows(20))
        const scope = yield* Scope.make()
        yield* Scope.provide(Relay.make(own.sink, fromBeginning), scope)
        yield* TestClock.adjust("1 second")
        const closing = yield* Effect.forkScoped(Scope.close(scope, Exit.void))
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(closing)
        assert.deepStrictEqual(own.delivered, ids(2))
        yield* Relay.make(next.sink, fromBeginning)
        yield* TestClock.adjust("15 seconds")
        assert.deepStrictEqual([...own.delivered, ...next.delivered], ids(20))
      })
    )
  )

  it.effect("ends after closeWithin, and at once if the destination is unavailable: others send the messages", () =>
    withStore((store) =>
      Effect.gen(function* () {
        for (const [answer, within] of [
          [() => Effect.never, "3 seconds"],
          [down, "100 millis"]
        ] as const) {
          const own = vendor()
          own.answer = answer
          yield* store.add(rows(3))
          const scope = yield* Scope.make()
          yield* Scope.provide(Relay.make(own.sink, { ...fromBeginning, closeWithin: "3 seconds" }), scope)
          yield* TestClock.adjust("2 seconds")
          const closing = yield* Effect.forkScoped(Scope.close(scope, Exit.void))
          yield* TestClock.adjust(within)
          yield* Fiber.join(closing)
          const next = vendor()
          yield* Effect.scoped(Effect.andThen(Relay.make(next.sink, fromBeginning), TestClock.adjust("1 second")))
          assert.deepStrictEqual(next.delivered, ids(3))
        }
      })
    )
  )

  it.effect("goes on, and sends nothing twice, if an answer of the database never comes", () =>
    Effect.gen(function* () {
      for (const operation of ["claim", "renew", "complete", "stats"] as const) {
        for (const done of [true, false]) {
          yield* withStore((store) =>
            Effect.gen(function* () {
              const own = vendor()
              // Long enough for a lease to be extended.
              own.answer = (batch) => Effect.delay(accepts(batch), "15 seconds")
              let calls = 0
              const once = <A, E>(name: typeof operation, call: Effect.Effect<A, E>): Effect.Effect<A, E> =>
                Effect.suspend(() => {
                  if (name !== operation || calls++ > 0) return call
                  return done ? Effect.andThen(call, Effect.never) : Effect.never
                })
              const silent: OutboxStore.Service = {
                ...store,
                claim: (sink, options) => once("claim", store.claim(sink, options)),
                renew: (claim, lease) => once("renew", store.renew(claim, lease)),
                complete: (claim, parked) => once("complete", store.complete(claim, parked)),
                stats: once("stats", store.stats)
              }
              yield* store.add(rows(3))
              yield* Relay.make(own.sink, fromBeginning).pipe(Effect.provideService(OutboxStore.OutboxStore, silent))
              yield* TestClock.adjust("3 minutes")
              assert.deepStrictEqual(own.delivered, ids(3))
              assert.strictEqual((yield* store.stats)[0]?.claims, 0)
              const trouble = `outbox, ${operation}: the database has not answered for 30 seconds: check that it responds, and the network to it`
              const isTold = lines.includes(`Error ${trouble}; the relay waits and tries again`)
              // A renewal that comes too late is of no use any more, and metrics are only missing.
              assert.strictEqual(isTold, operation === "claim" || operation === "complete", lines.join("\n"))
            })
          )
        }
      }
    })
  )

  it.effect("ends even if the database does not respond", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const own = vendor()
        yield* store.add(rows(3))
        const scope = yield* Scope.make()
        yield* Scope.provide(Relay.make(own.sink, { ...fromBeginning, closeWithin: "1 second" }), scope)
        yield* TestClock.adjust(0)
        store.fails = () => ({ reason: "the database does not respond", done: false })
        yield* TestClock.adjust("1 second")
        const closing = yield* Effect.forkScoped(Scope.close(scope, Exit.void))
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(closing)
        assert.deepStrictEqual(own.delivered, ids(3))
      })
    )
  )

  it.effect("ends even if the database never answers", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const own = vendor()
        const silent: OutboxStore.Service = { ...store, complete: () => Effect.never, release: () => Effect.never }
        yield* store.add(rows(3))
        const scope = yield* Scope.make()
        yield* Relay.make(own.sink, { ...fromBeginning, closeWithin: "1 second" }).pipe(
          Effect.provideService(OutboxStore.OutboxStore, silent),
          Scope.provide(scope)
        )
        yield* TestClock.adjust("1 second")
        const closing = yield* Effect.forkScoped(Scope.close(scope, Exit.void))
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(closing)
        assert.deepStrictEqual(own.delivered, ids(3))
      })
    )
  )

  it.effect("gives a claim back and tries again if a sink's code fails unexpectedly", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const own = vendor()
        let dies = true
        own.answer = (batch) => (dies ? down(batch) : accepts(batch))
        const schedule = Schedule.modifyDelay(Schedule.forever, () => Effect.die(new TypeError("no such schedule")))
        yield* store.add(rows(3))
        yield* Relay.make(EventSink.retried(own.sink, { schedule }), fromBeginning)
        yield* TestClock.adjust("5 seconds")
        dies = false
        yield* TestClock.adjust("5 seconds")
        assert.deepStrictEqual(own.delivered, ids(3))
        assert.include(
          lines,
          "Error vendor: the relay failed unexpectedly, and tries again; the debug log has the cause"
        )
        assert.isFalse(lines.some((line) => line.startsWith("Error") && line.includes("no such schedule")))
      })
    )
  )

  it.effect("is a layer, and reports its receipts and the state of its own sinks", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const own = vendor()
        yield* store.start("another", "beginning")
        const program = Effect.gen(function* () {
          const relay = yield* Relay.Relay
          const receipts = yield* Effect.forkScoped(Stream.runCollect(Stream.take(relay.receipts, 2)))
          yield* store.add(rows(2))
          yield* TestClock.adjust("1 second")
          assert.deepStrictEqual(
            (yield* Fiber.join(receipts)).map(({ messageId, sink }) => [sink, messageId]),
            [
              ["vendor", "m0"],
              ["vendor", "m1"]
            ]
          )
          assert.deepStrictEqual(relay.sinks, ["vendor"])
          assert.deepStrictEqual(
            (yield* relay.status).map(({ depth, outage, sending, sink }) => [sink, depth, sending, outage]),
            [["vendor", 0, 0, undefined]]
          )
        })
        yield* Effect.provide(program, Relay.layer(own.sink, fromBeginning))
      })
    )
  )

  it.effect("keeps the order of each user, with several relays and calls at the same time", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const sent: Array<string> = []
        let calls = 0
        let most = 0
        const sink = EventSink.make({
          name: "vendor",
          limits: { messages: 3 },
          send: (batch) =>
            Effect.gen(function* () {
              most = Math.max(most, ++calls)
              yield* Effect.sleep(1 + ((batch.messages[0].messageId.length * 7919) % 13))
              sent.push(...batch.map(({ messageId }) => messageId))
              calls--
              return batch.all(Receipt.delivered)
            })
        }).pipe(EventSink.buffered({ concurrency: 4 }))
        const users = ["a", "b", "c", "d", "e", "f", "g"]
        const all = Array.from({ length: 300 }, (_, i) => ({
          user: users[(i * i) % 7]!,
          id: `${users[(i * i) % 7]}-${i}`
        }))
        yield* store.add(all.map(({ id, user }) => row(id, user)))
        for (let i = 0; i < 3; i++) yield* Relay.make(sink, { ...fromBeginning, order: "user" })
        yield* TestClock.adjust("1 minute")
        for (const user of users) {
          const own = (id: string) => id.startsWith(user)
          assert.deepStrictEqual(sent.filter(own), all.map(({ id }) => id).filter(own))
        }
        assert.isAbove(most, 1)
        assert.isAtMost(most, 4)
      })
    )
  )

  it.effect("claims more while claims come full, never beyond the limits of messages and bytes", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const { sink } = vendor("vendor", 50)
        const sizes: Array<number> = []
        const counted: MemoryStore.Memory = {
          ...store,
          claim: (name, options) =>
            Effect.tap(store.claim(name, options), (claim) => Effect.sync(() => claim && sizes.push(claim.rows.length)))
        }
        yield* store.add(rows(3_000))
        const { length } = bodyOf("m0")
        yield* Effect.provideService(
          Relay.make(sink, { ...fromBeginning, limit: 400, bytes: length * 300 }),
          OutboxStore.OutboxStore,
          counted
        )
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(sizes[0], 50)
        assert.isAbove(Math.max(...sizes), 200)
        assert.isAtMost(Math.max(...sizes), 300)
      })
    )
  )

  it.effect("updates the metrics of the outbox", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const own = vendor()
        own.answer = down
        yield* store.add(rows(500))
        yield* Relay.make(own.sink, fromBeginning)
        yield* TestClock.adjust("1 minute")
        const snapshot = yield* Metric.snapshot
        const gauge = (id: string) =>
          (
            snapshot.find((one) => one.id === id && one.attributes?.["trackmap.sink"] === "vendor")?.state as
              | { readonly value: number }
              | undefined
          )?.value
        assert.deepStrictEqual(
          ["messages", "oldest", "parked", "dead"].map((name) => gauge(`trackmap.outbox.${name}`)),
          [300, 60, 0, 0]
        )
      }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
    )
  )

  it.effect("refuses options that it cannot follow, and says what to do", () =>
    withStore(() =>
      Effect.gen(function* () {
        const refusals: ReadonlyArray<readonly [unknown, string]> = [
          [
            {},
            'say where a new sink starts: from must be "now", "beginning" or a valid Date, or one of these for each sink, not undefined'
          ],
          [
            { from: "yesterday" },
            'from must be "now", "beginning" or a valid Date, or one of these for each sink, not "yesterday"'
          ],
          [{ from: new Date(Number.NaN) }, "not object"],
          [{ from: null }, "not null"],
          [
            { from: { other: "now" } },
            'say where the sink "vendor" starts: from needs "now", "beginning" or a valid Date for it'
          ],
          [
            { from: { vendor: "now", other: "now" } },
            `from names "other", which is not one of the relay's sinks: vendor`
          ],
          [{ from: "now", order: "time" }, 'order must be "any" or "user", not "time"'],
          [{ from: "now", limit: 0 }, "limit must be a whole number of at least 1, not 0"],
          [
            { from: "now", lease: 1 },
            'lease must be a number of milliseconds from 100 on, or a string like "10 seconds", not 1'
          ],
          [{ from: "now", closeWithin: Number.NaN }, "closeWithin must be a number of milliseconds from 0 on"],
          [{ from: "now", lease: "Infinity" }, 'or a string like "10 seconds", not "Infinity"'],
          [{ from: "now", bytes: Number.NaN }, "bytes must be a whole number of at least 1, not NaN"],
          [null, "it takes an object with its options, not null"],
          [
            { from: "now", poll: "soon" },
            'poll must be a number of milliseconds from 1 on, or a string like "10 seconds", not "soon"'
          ],
          [{ from: "now", leese: 1 }, 'it has no option "leese": did you mean lease?']
        ]
        for (const [options, message] of refusals) {
          const exit = yield* Effect.exit(Relay.make(vendor().sink, options as never))
          assert.include(Exit.isFailure(exit) ? String(exit.cause) : "no failure", message)
        }
      })
    )
  )
})
