/**
 * What holds of a sink over HTTP when its server misbehaves, as a suite of tests that any such sink's own tests call.
 *
 * The sink is used as it is, with its own retries and timeouts: they run on a clock of which a minute or an hour passes in a
 * second, while the requests are real ones, on this machine's loopback.
 *
 * @module
 */
import { Actor, EventSink, type Receipt, Tracker, TrackedEvent } from "@trackmap/core"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { assert, describe, it } from "vitest"
import * as Fault from "./Fault.ts"
import * as InMemory from "./InMemory.ts"
import * as address from "./internal/address.ts"
import { FastClock } from "./internal/fastClock.ts"
import type * as VendorServer from "./VendorServer.ts"

/** A sink under test, and the server that it is to send to. */
export interface Subject<R> {
  readonly server: VendorServer.VendorServer<Fault.Common>
  /** The sink that sends to an address: the server's own, `http://127.0.0.1:49152`, or one that leads nowhere. */
  readonly sink: (url: string) => EventSink.EventSink<any, R>
  /** The ids of the messages that the server has kept, each as often as it has come. */
  readonly arrived: Effect.Effect<ReadonlyArray<string>>
}

/** How the suite gets its subjects: a new one for each test, in that test's scope. */
export interface Options<R> {
  readonly make: (options: VendorServer.Options) => Effect.Effect<Subject<R>, never, Scope.Scope>
  /** What the sink needs. */
  readonly layer: Layer.Layer<R>
  /** The message's id in what comes over the wire. */
  readonly idOf: (message: Fault.Message) => string
  /** Whether the vendor says which records it refuses, and takes the others: the server then knows `Fault.partial`. */
  readonly partial?: boolean | undefined
}

const Tested = TrackedEvent.make("orderLineUpdated", { properties: { OrderLine_id: Schema.Int } })

/** A tracker with a new subject behind it, while one test runs. */
interface World {
  readonly clock: FastClock
  readonly server: VendorServer.VendorServer<Fault.Common>
  readonly tracker: Tracker.Service
  /** Closes the tracker. */
  readonly close: Effect.Effect<void>
  /** Tracks so many messages one after the other. */
  readonly track: (count: number) => Effect.Effect<ReadonlyArray<Tracker.Tracked>>
  /** Waits for the receipts of messages, and holds the laws against them. */
  readonly settled: (tracked: ReadonlyArray<Tracker.Tracked>) => Effect.Effect<Settled>
}

/** What has become of some messages. */
interface Settled {
  readonly receipts: ReadonlyArray<Receipt.Receipt>
  readonly arrived: ReadonlyArray<string>
  /** How many messages have each outcome. */
  readonly outcomes: { readonly [Tag in Receipt.Outcome["_tag"]]?: number }
}

interface Settings extends Tracker.Options {
  /** How many seconds pass in one: 100 unless told. */
  readonly rate?: number
  readonly tls?: boolean
  /** Instead of the server's. */
  readonly url?: string
  /** Changes the sink before it is given to the tracker. */
  readonly around?: <R>(sink: EventSink.EventSink<any, R>) => EventSink.EventSink<any, R>
}

const idsOf = (messages: ReadonlyArray<{ readonly messageId: string }>): ReadonlyArray<string> =>
  messages.map(({ messageId }) => messageId)
const tallied = (receipts: ReadonlyArray<Receipt.Receipt>): Settled["outcomes"] => {
  const outcomes: { [Tag in Receipt.Outcome["_tag"]]?: number } = {}
  for (const { outcome } of receipts) outcomes[outcome._tag] = (outcomes[outcome._tag] ?? 0) + 1
  return outcomes
}
const reasonOf = ({ outcome }: Receipt.Receipt): string => ("reason" in outcome ? outcome.reason : "")
const counted = ({ delivered, dropped, expired, rejected, skipped }: Tracker.SinkMetrics): number =>
  delivered + dropped + expired + rejected + skipped

/** Messages in a batch: a few batches to a test, so that a fault does not meet all of its messages. */
const batch = 5
const count = 20

/**
 * The laws: as many receipts as messages, and each its own; what is said to be delivered has arrived, and what is said to be
 * dropped has not; what is lost says why, and is with the dead letters; and what arrived was tracked, under the id it has.
 */
const assertLaws = (
  name: string,
  tracked: ReadonlyArray<Tracker.Tracked>,
  receipts: ReadonlyArray<ReadonlyArray<Receipt.Receipt>>,
  arrived: ReadonlyArray<string>,
  letters: InMemory.InMemory,
  closed: boolean
): void => {
  const ids = idsOf(tracked)
  assert.deepStrictEqual(
    receipts.map((own) => own.filter(({ sink }) => sink === name).map(({ messageId }) => messageId)),
    ids.map((id) => [id])
  )
  const own = receipts.flat().filter(({ sink }) => sink === name)
  const has = new Set(arrived)
  const kept = new Set(idsOf(letters.received))
  for (const receipt of own) {
    const { messageId, outcome } = receipt
    const lost = outcome._tag !== "Delivered" && outcome._tag !== "Skipped"
    if (outcome._tag === "Delivered") assert.isTrue(has.has(messageId), `${messageId} was not delivered`)
    else assert.isNotEmpty(reasonOf(receipt))
    if (outcome._tag === "Dropped") assert.isFalse(has.has(messageId), `${messageId} was not dropped`)
    // Who tracks after a tracker is closed has the receipt, and no sink is there any more to take the letter.
    const unkept = closed && outcome._tag === "Dropped" && !kept.has(messageId)
    assert.strictEqual(kept.has(messageId), lost && !unkept, `${messageId} and the dead letters: ${outcome._tag}`)
  }
}

/**
 * Runs the faults of the suite, each as a test of vitest: of the network, of the server's answers, of the clock, and of the
 * service itself, which tracks too much at once, is interrupted, or closes. After each, every message has one receipt, what is
 * said to be delivered has arrived, and nothing is missing that no receipt tells of.
 *
 * @example
 * ```ts
 * import { EventSink } from "@trackmap/core"
 * import { SegmentServer } from "@trackmap/testing"
 * import * as SinkFaults from "@trackmap/testing/SinkFaults"
 * import * as Effect from "effect/Effect"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import type * as HttpClient from "effect/http/HttpClient"
 *
 * declare const sink: (endpoint: string) => EventSink.EventSink<never, HttpClient.HttpClient>
 *
 * export const run = () =>
 *   SinkFaults.suite("my sink", {
 *     layer: FetchHttpClient.layer,
 *     idOf: (message) => message["messageId"],
 *     make: (options) =>
 *       Effect.map(SegmentServer.make(options), (server) => ({
 *         server,
 *         sink,
 *         arrived: Effect.map(Effect.all([server.received, server.duplicates]), (kept) =>
 *           kept.flat().map(({ messageId }) => messageId)
 *         )
 *       }))
 *   })
 * ```
 */
export const suite = <R>(name: string, options: Options<R>): void => {
  const inWorld = (
    settings: Settings,
    test: (world: World) => Effect.Effect<void, never, Scope.Scope>
  ): Promise<void> => {
    const { around = (sink) => sink, rate = 100, tls, url } = settings
    const clock = new FastClock(rate)
    return Effect.gen(function* () {
      const { arrived, server, sink } = yield* options.make({ tls })
      const letters = InMemory.makeUnsafe({ name: "dead letters" })
      const tested = sink(url ?? server.url)
      const [name] = tested.names
      const whole = around(
        tested.pipe(EventSink.batched({ messages: batch, age: "1 second" }), EventSink.deadLetter(letters.sink))
      )
      const scope = yield* Scope.fork(yield* Effect.scope)
      const tracker = yield* Effect.orDie(Scope.provide(Tracker.make(whole, settings), scope))
      let closed = false
      const close = Effect.ensuring(
        Scope.close(scope, Exit.void),
        Effect.sync(() => void (closed = true))
      )
      const everything: Array<Tracker.Tracked> = []
      const track = (id: number) =>
        Effect.map(tracker.track(Tested, { properties: { OrderLine_id: id } }), (tracked) => {
          everything.push(tracked)
          return tracked
        }).pipe(Actor.as({ userId: "user-1" }))
      yield* test({
        clock,
        server,
        tracker,
        close,
        track: (count) =>
          Effect.forEach(
            Array.from({ length: count }, (_, id) => id),
            track
          ),
        settled: Effect.fnUntraced(function* (tracked) {
          yield* tracker.flush
          const receipts = yield* Effect.forEach(tracked, (one) => one.receipts)
          const kept = yield* arrived
          assertLaws(name!, tracked, receipts, kept, letters, closed)
          const ids = new Set(idsOf(everything))
          for (const id of kept) assert.isTrue(ids.has(id), `${id} arrived, and was never tracked`)
          const own = receipts.flat().filter(({ sink }) => sink === name)
          return { receipts: own, arrived: kept, outcomes: tallied(own) }
        })
      })
      yield* close
      const [metrics] = yield* tracker.metrics
      assert.strictEqual(metrics!.buffered, 0)
      assert.isAtLeast(counted(metrics!), everything.length)
    }).pipe(
      Effect.scoped,
      Effect.provide([options.layer, Logger.layer([])]),
      Effect.provideService(Clock.Clock, clock),
      Effect.runPromise
    )
  }
  const test = (
    title: string,
    settings: Settings,
    body: (world: World) => Effect.Effect<void, never, Scope.Scope>
  ): void => it(title, { timeout: 60_000 }, () => inWorld(settings, body))

  /** The fault is over after some requests, so nothing is lost. */
  const passes = (title: string, fault: Fault.Common, settings: Settings = {}): void =>
    test(`${title}, and then behaves: all are delivered`, settings, ({ server, settled, track }) =>
      Effect.gen(function* () {
        yield* server.misbehave([[fault, 2]])
        const { outcomes } = yield* settled(yield* track(count))
        assert.deepStrictEqual(outcomes, { Delivered: count })
      })
    )

  /** Nothing is delivered while the fault lasts, and all is after it. */
  const lasts = (
    title: string,
    fault: Fault.Common,
    expected?: Receipt.Outcome["_tag"],
    settings: Settings = {}
  ): void =>
    test(`${title}, and goes on so: none is delivered, and later ones are`, settings, ({ server, settled, track }) =>
      Effect.gen(function* () {
        yield* server.misbehave(() => fault)
        const { arrived, outcomes } = yield* settled(yield* track(count))
        assert.deepStrictEqual(arrived, [])
        assert.deepStrictEqual(
          expected === undefined ? (outcomes.Rejected ?? 0) + (outcomes.Expired ?? 0) : outcomes[expected],
          count
        )
        yield* server.misbehave([])
        assert.deepStrictEqual((yield* settled(yield* track(count))).outcomes, { Delivered: count })
      })
    )

  describe(`${name}, where the network fails:`, () => {
    it("the connection is refused, until somebody listens: all are delivered", { timeout: 60_000 }, async () => {
      const { leadTo, url } = await Effect.runPromise(address.closed)
      await inWorld({ url }, ({ clock, server, settled, track }) =>
        Effect.gen(function* () {
          const tracked = yield* track(count)
          yield* clock.sleep(Duration.seconds(5))
          yield* leadTo(server.url)
          assert.deepStrictEqual((yield* settled(tracked)).outcomes, { Delivered: count })
        })
      )
    })
    it("the connection is refused for good: all expire", { timeout: 60_000 }, async () => {
      const { url } = await Effect.runPromise(address.closed)
      await inWorld({ rate: 5_000, url }, ({ settled, track }) =>
        Effect.gen(function* () {
          assert.deepStrictEqual((yield* settled(yield* track(count))).outcomes, { Expired: count })
        })
      )
    })
    test("the host has no address: all expire", { rate: 5_000, url: "http://no-such-host.invalid" }, (world) =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* world.settled(yield* world.track(count))).outcomes, { Expired: count })
      })
    )
    test("the server's certificate does not verify: none is sent", { rate: 5_000, tls: true }, (world) =>
      Effect.gen(function* () {
        const { outcomes } = yield* world.settled(yield* world.track(count))
        assert.strictEqual((outcomes.Expired ?? 0) + (outcomes.Rejected ?? 0), count)
        assert.deepStrictEqual(yield* world.server.requests, [])
      })
    )
    passes("the connection is reset before the body", Fault.reset("before"))
    passes("the connection is reset within the body", Fault.reset("during"))
    passes("the connection is reset after the body", Fault.reset("after"))
    passes("the answer is cut", Fault.cut)
    passes("the server never answers", Fault.hang)
    passes("the server answers a minute late", Fault.delay("1 minute"))
    passes("the server answers one byte a second", Fault.slow)
  })

  describe(`${name}, where the server's answer is`, () => {
    for (const status of [500, 502, 503, 504]) passes(`${status}`, Fault.status(status))
    passes("200 and malformed JSON", Fault.malformed)
    lasts("200 and a body that says no", Fault.errorBody(), "Rejected")
    for (const status of [401, 403, 404]) lasts(`${status}`, Fault.status(status))
    lasts("400", Fault.status(400), "Rejected")

    test("a redirect: it is not followed, and later messages are delivered", {}, ({ server, settled, track }) =>
      Effect.gen(function* () {
        const elsewhere = yield* options.make({})
        yield* server.misbehave([[Fault.redirect(elsewhere.server.url, 307), 1]])
        const { outcomes } = yield* settled(yield* track(count))
        assert.strictEqual((outcomes.Delivered ?? 0) + (outcomes.Rejected ?? 0), count)
        assert.deepStrictEqual(yield* elsewhere.server.requests, [])
        assert.deepStrictEqual((yield* settled(yield* track(count))).outcomes, { Delivered: count })
      })
    )

    test("413 to more than two messages: all are delivered", {}, ({ server, settled, track }) =>
      Effect.gen(function* () {
        yield* server.misbehave(() => Fault.tooLarge(2))
        assert.deepStrictEqual((yield* settled(yield* track(count))).outcomes, { Delivered: count })
      })
    )
    lasts("413 to one message", Fault.tooLarge(0), "Rejected")

    test("400 because of one message: that one is rejected, and no other", {}, ({ server, settled, track }) =>
      Effect.gen(function* () {
        let poison = ""
        yield* server.misbehave(() => Fault.poison((message) => options.idOf(message) === poison))
        const [first] = yield* track(1)
        poison = first!.messageId
        const { receipts } = yield* settled([first!, ...(yield* track(count))])
        assert.deepStrictEqual(tallied(receipts), { Rejected: 1, Delivered: count })
        assert.strictEqual(receipts[0]!.outcome._tag, "Rejected")
      })
    )

    if (options.partial === true) {
      test("a refusal of some records: those are rejected, and no other", {}, ({ server, settled, track }) =>
        Effect.gen(function* () {
          const refused = new Set<string>()
          const knowing = server as VendorServer.VendorServer
          yield* knowing.misbehave(() => Fault.partial((message) => refused.has(options.idOf(message))))
          const tracked = yield* track(count)
          for (const { messageId } of tracked.filter((_, index) => index % 3 === 0)) refused.add(messageId)
          const { receipts } = yield* settled(tracked)
          const rejected = receipts.filter(({ outcome }) => outcome._tag === "Rejected")
          assert.deepStrictEqual(new Set(idsOf(rejected)), refused)
          assert.deepStrictEqual(tallied(receipts), { Rejected: refused.size, Delivered: count - refused.size })
        })
      )
    }

    passes("429 without a Retry-After", Fault.retryAfter(429))
    for (const status of [429, 503]) {
      for (const how of ["in seconds", "as a date"] as const) {
        test(`${status} with a Retry-After ${how}: it is waited for, and all are delivered`, {}, (world) =>
          Effect.gen(function* () {
            const { clock, server, settled, track } = world
            const times: Array<number> = []
            let until = 0
            yield* server.misbehave(({ index }) => {
              times.push(clock.currentTimeMillisUnsafe())
              if (index > 0) return undefined
              // A date has whole seconds.
              until = Math.ceil(times[0]! / 1_000) * 1_000 + 60_000
              return Fault.retryAfter(status, how === "as a date" ? new Date(until) : 60)
            })
            assert.deepStrictEqual((yield* settled(yield* track(count))).outcomes, { Delivered: count })
            // A timer of Node may end a millisecond early, which is a tenth of a second here.
            assert.isAtLeast(times[1]!, (how === "as a date" ? until : times[0]! + 60_000) - 2 * clock.rate)
          })
        )
      }
    }

    test(
      "503 for longer than messages are retried: all expire, and later ones are delivered",
      { rate: 2_000 },
      (world) =>
        Effect.gen(function* () {
          const { server, settled, track } = world
          yield* server.misbehave(() => Fault.status(503))
          const { arrived, outcomes, receipts } = yield* settled(yield* track(count))
          assert.deepStrictEqual([arrived, outcomes], [[], { Expired: count }])
          for (const { attempts } of receipts) assert.isAbove(attempts, 1)
          yield* server.misbehave([])
          assert.deepStrictEqual((yield* settled(yield* track(count))).outcomes, { Delivered: count })
        })
    )
  })

  // Half an hour is more than messages are retried for, and less than a vendor takes for a time that cannot be right.
  describe(`${name}, where the clock is set`, () => {
    for (const by of ["30 minutes", "-30 minutes"] as const) {
      test(`${by.startsWith("-") ? "back" : "ahead"} while messages are retried: all are delivered`, {}, (world) =>
        Effect.gen(function* () {
          const { clock, server, settled, track } = world
          yield* server.misbehave([[Fault.status(503), 3]])
          const tracked = yield* track(count)
          yield* server.awaitRequests(2)
          clock.set(by)
          assert.deepStrictEqual((yield* settled(tracked)).outcomes, { Delivered: count })
        })
      )
    }
    test("back in an outage: messages expire all the same, in time", { rate: 2_000 }, (world) =>
      Effect.gen(function* () {
        const { clock, server, settled, track } = world
        yield* server.misbehave(() => Fault.status(503))
        const tracked = yield* track(batch)
        yield* server.awaitRequests(2)
        clock.set("-30 minutes")
        const receipts = Effect.forEach(tracked, (one) => one.receipts)
        yield* Effect.orDie(Effect.timeout(receipts, "25 minutes"))
        assert.deepStrictEqual((yield* settled(tracked)).outcomes, { Expired: batch })
      })
    )
    test("ahead and back while messages wait for a batch: all are delivered", {}, ({ clock, settled, track }) =>
      Effect.gen(function* () {
        const tracked: Array<Tracker.Tracked> = []
        for (const by of ["-30 minutes", "30 minutes", "30 minutes", "-30 minutes"] as const) {
          tracked.push(...(yield* track(3)))
          clock.set(by)
          yield* clock.sleep(Duration.millis(200))
        }
        // Without a flush: a message that waits for others is sent when it has waited long enough, whatever the clock says.
        const receipts = yield* Effect.forEach(tracked, (one) => one.receipts)
        assert.deepStrictEqual(tallied(receipts.flat()), { Delivered: tracked.length })
        yield* settled(tracked)
      })
    )
  })

  describe(`${name}, where the service`, () => {
    for (const whenFull of ["wait", "refuse", "dropOldest"] as const) {
      test(
        `tracks ten times the buffer's capacity at once, and "${whenFull}" holds`,
        { capacity: 50, whenFull },
        (world) =>
          Effect.gen(function* () {
            const { server, settled, track, tracker } = world
            yield* server.misbehave(() => Fault.delay("1 second"))
            const bound = Effect.map(tracker.metrics, ([metrics]) => assert.isAtMost(metrics!.buffered, 50))
            const callers = yield* Effect.forEach(Array.from({ length: 500 }), () => Effect.forkChild(track(1)))
            const tracked = (yield* Effect.forEach(callers, (caller) => Effect.tap(Fiber.join(caller), bound))).flat()
            const { outcomes, receipts } = yield* settled(tracked)
            if (whenFull === "wait") assert.deepStrictEqual(outcomes, { Delivered: 500 })
            else {
              assert.includeMembers(Object.keys(outcomes), ["Delivered", "Dropped"])
              assert.strictEqual(
                (outcomes.Delivered ?? 0) + (outcomes.Dropped ?? 0) + (outcomes.Expired ?? 0),
                tracked.length
              )
              assert.isAtLeast(outcomes.Delivered!, 50)
              const kept = whenFull === "refuse" ? receipts.slice(0, 50) : receipts.slice(-50 + batch)
              assert.deepStrictEqual(tallied(kept), { Delivered: kept.length })
            }
          })
      )
    }

    test("is interrupted in the middle of track", { capacity: batch }, ({ server, settled, track, tracker }) =>
      Effect.gen(function* () {
        yield* server.misbehave([[Fault.hang, 1]])
        const tracked = yield* track(batch)
        const waiting = yield* Effect.forkChild(track(1))
        yield* server.awaitRequests(1)
        yield* Fiber.interrupt(waiting)
        assert.deepStrictEqual((yield* settled(tracked)).outcomes, { Delivered: batch })
        const [metrics] = yield* tracker.metrics
        assert.deepStrictEqual([metrics!.delivered, metrics!.dropped], [batch, 1])
      })
    )

    test("tracks while its tracker closes, and after that", { capacity: 50 }, ({ close, server, settled, track }) =>
      Effect.gen(function* () {
        yield* server.misbehave(() => Fault.delay("1 second"))
        const callers = yield* Effect.forEach(Array.from({ length: 20 }), () =>
          Effect.forkChild(Effect.forEach(Array.from({ length: 20 }), () => Effect.delay(track(1), "300 millis")))
        )
        yield* server.awaitRequests(1)
        yield* close
        const tracked = (yield* Effect.forEach(callers, Fiber.join)).flat(2)
        const { outcomes } = yield* settled(tracked)
        assert.includeMembers(Object.keys(outcomes), ["Delivered", "Dropped"])
        assert.strictEqual(
          (outcomes.Delivered ?? 0) + (outcomes.Dropped ?? 0) + (outcomes.Expired ?? 0),
          tracked.length
        )
        assert.deepStrictEqual((yield* settled(yield* track(1))).outcomes, { Dropped: 1 })
      })
    )

    test(
      "closes while the server does not answer: it closes in time",
      { closeWithin: "5 seconds", rate: 20 },
      (world) =>
        Effect.gen(function* () {
          const { clock, close, server, settled, track } = world
          yield* server.misbehave(() => Fault.hang)
          const tracked = yield* track(count)
          yield* server.awaitRequests(1)
          const began = clock.currentTimeMillisUnsafe()
          yield* close
          assert.isAtMost(clock.currentTimeMillisUnsafe() - began, 30_000)
          const { outcomes } = yield* settled(tracked)
          assert.deepStrictEqual(outcomes, { Expired: batch, Dropped: count - batch })
        })
    )

    test(
      "is told to end in the middle of a send: what was tracked is delivered",
      {},
      ({ close, server, settled, track }) =>
        Effect.gen(function* () {
          yield* server.misbehave([[Fault.delay("1 second"), 2]])
          let tracked: ReadonlyArray<Tracker.Tracked> = []
          // The signal that ends a process interrupts its main fiber, and then the scope is closed.
          const main = yield* Effect.forkChild(
            Effect.ensuring(
              Effect.andThen(
                Effect.map(track(count), (all) => void (tracked = all)),
                Effect.never
              ),
              close
            )
          )
          yield* server.awaitRequests(1)
          yield* Fiber.interrupt(main)
          assert.deepStrictEqual((yield* settled(tracked)).outcomes, { Delivered: count })
        })
    )

    const throwing = EventSink.make({
      name: "throwing",
      send: () => {
        throw new Error("a defect of the sink")
      }
    })
    test(
      "has another sink beside it whose code throws: that one rejects, and this one delivers",
      { around: (sink) => EventSink.fanOut(throwing, sink) },
      ({ settled, track }) =>
        Effect.gen(function* () {
          const tracked = yield* track(count)
          assert.deepStrictEqual((yield* settled(tracked)).outcomes, { Delivered: count })
          const receipts = (yield* Effect.forEach(tracked, (one) => one.receipts)).flat()
          const others = receipts.filter(({ sink }) => sink === "throwing")
          assert.deepStrictEqual(tallied(others), { Rejected: count })
        })
    )
    test(
      "has code around the sink that throws for some messages: those are rejected, and no other",
      {
        around: (sink) =>
          EventSink.map(sink, (message) => {
            if (message.type === "track" && message.properties["OrderLine_id"] === 3) throw new Error("a defect")
            return message
          })
      },
      ({ settled, track }) =>
        Effect.gen(function* () {
          const { receipts } = yield* settled(yield* track(count))
          assert.deepStrictEqual(tallied(receipts), { Delivered: count - 1, Rejected: 1 })
          assert.strictEqual(receipts[3]!.outcome._tag, "Rejected")
        })
    )
  })
}
