import { Actor, EventSink, type Receipt, Tracker, TrackedEvent } from "@trackmap/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import type * as Fault from "../../Fault.ts"
import * as InMemory from "../../InMemory.ts"
import type * as VendorServer from "../../VendorServer.ts"
import * as assert from "../suite/assert.ts"
import { counted } from "../suite/metrics.ts"
import * as closedAddress from "./closedAddress.ts"
import { FastClock } from "./fastClock.ts"
import * as laws from "./laws.ts"
import type { Options } from "./model.ts"

/** Messages in a batch. A test has several batches, so that a fault does not hit all of its messages. */
export const batch = 5
export const count = 20

const Tested = TrackedEvent.make("orderLineUpdated", { properties: { OrderLine_id: Schema.Int } })

/** A tracker with a new subject as its sink, for the duration of one test. */
export interface World {
  readonly clock: FastClock
  readonly server: VendorServer.VendorServer<Fault.Common>
  readonly tracker: Tracker.Service
  /** Makes the address that refused connections lead to the server. */
  readonly accept: Effect.Effect<void, never, Scope.Scope>
  /** Closes the tracker. */
  readonly close: Effect.Effect<void>
  /** Tracks `count` messages, one after the other. */
  readonly track: (count: number) => Effect.Effect<ReadonlyArray<Tracker.Tracked>>
  /** Waits for the receipts of messages, checks the laws, and returns the receipts of the sink under test. */
  readonly settled: (tracked: ReadonlyArray<Tracker.Tracked>) => Effect.Effect<ReadonlyArray<Receipt.Receipt>>
  /** The ids of the messages that the server has kept. */
  readonly arrived: Effect.Effect<ReadonlyArray<string>>
}

export interface Settings extends Tracker.Options {
  /** The clock's seconds per real second. Default: 100. */
  readonly rate?: number
  readonly tls?: boolean
  /** Replaces the server's URL. */
  readonly url?: string
  /** Refuses connections until you run `accept`. */
  readonly refused?: boolean
  /** Wraps the sink before the tracker receives it. */
  readonly around?: <R>(sink: EventSink.EventSink<any, R>) => EventSink.EventSink<any, R>
}

/** Runs a test in its own world. */
export const inWorld = <R>(
  options: Options<R>,
  settings: Settings,
  test: (world: World) => Effect.Effect<void, never, Scope.Scope>
): Promise<void> => {
  const { around = (sink) => sink, rate = 100, refused = false, tls, url } = settings
  const clock = new FastClock(rate)
  return Effect.gen(function* () {
    const { arrived, server, sink } = yield* options.make({ tls })
    const letters = InMemory.makeUnsafe({ name: "dead letters" })
    const closed = refused ? yield* closedAddress.make : undefined
    const tested = sink(closed?.url ?? url ?? server.url, { rate })
    const name = tested.names[0]!
    const whole = around(
      tested.pipe(EventSink.batched({ messages: batch, age: "1 second" }), EventSink.deadLetter(letters.sink))
    )
    const scope = yield* Scope.fork(yield* Effect.scope)
    const tracker = yield* Effect.orDie(
      Scope.provide(Tracker.make(whole, { waitWithin: Infinity, ...settings }), scope)
    )
    let isClosed = false
    const close = Effect.ensuring(
      Scope.close(scope, Exit.void),
      Effect.sync(() => void (isClosed = true))
    )
    const everything: Array<Tracker.Tracked> = []
    const track = (id: number) =>
      Effect.map(tracker.track(Tested, { properties: { OrderLine_id: id } }), (tracked) => {
        everything.push(tracked)
        return tracked
      }).pipe(Actor.as({ userId: "user-1" }))
    yield* test({
      arrived,
      clock,
      server,
      tracker,
      accept: closed === undefined ? Effect.void : closed.leadTo(server.url),
      close,
      track: (count) =>
        Effect.forEach(
          Array.from({ length: count }, (_, id) => id),
          track
        ),
      settled: Effect.fnUntraced(function* (tracked) {
        yield* tracker.flushWithin(Infinity)
        const all = (yield* Effect.forEach(tracked, (one) => one.receipts)).flat()
        const receipts = all.filter(({ sink }) => sink === name)
        const kept = yield* arrived
        laws.hold(name, { tracked, receipts, arrived: kept, letters: assert.idsOf(letters.received), closed: isClosed })
        const ids = new Set(assert.idsOf(everything))
        const strange = kept.filter((id) => !ids.has(id))
        assert.none(strange, `${strange.length} messages arrived that the test never tracked`)
        return receipts
      })
    })
    yield* close
    const metrics = (yield* tracker.metrics)[0]!
    assert.holds(metrics.buffered === 0, `${metrics.buffered} messages are in the buffer of a closed tracker`)
    assert.holds(
      counted(metrics) >= everything.length,
      `The metrics count ${counted(metrics)} messages, not all ${everything.length}`
    )
  }).pipe(
    Effect.scoped,
    Effect.provide([options.layer, Logger.layer([])]),
    Effect.provideService(Clock.Clock, clock),
    Effect.runPromise
  )
}
