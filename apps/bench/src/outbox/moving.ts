/** Contestants that move the messages of a database to code that counts them. */
import { EventSink, Receipt } from "@trackmap/core"
import { OutboxStore, Relay } from "@trackmap/outbox"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Contestant } from "../Contest.ts"
import { Arrivals } from "./messages.ts"

/** The numbers of messages that wait. */
export const counts = { tiny: 2_000, middle: 10_000, small: 20_000, large: 100_000 } as const
/** An outbox in the schema of this name is filled with as many. */
export type Size = keyof typeof counts

/** What a move took, in milliseconds. */
export interface Move {
  readonly took: number
}

/** `time`: microseconds for each message. A smaller log warms up, and is for comparing results. */
export const moving = (
  move: (size: Size, arrivals: Arrivals) => Promise<Move>,
  first: Size,
  then: Size,
  warm = first
): Contestant => ({
  result: async () => {
    const arrivals = new Arrivals(true)
    await move(first, arrivals)
    return arrivals.result
  },
  warmUp: () => move(warm, new Arrivals(false)),
  sample: async () => {
    globalThis.gc!()
    const { took } = await move(then, new Arrivals(false))
    return { time: (took * 1_000) / counts[then] }
  }
})

export interface Relaying {
  /** The sinks of each relay. Default: 1. */
  readonly sinks?: number
  /** How long a sink takes for a batch, in milliseconds. Default: no time. */
  readonly pause?: number
  /** The messages of a batch. Default: a sink's. */
  readonly batch?: number
}

/** Moves a log with one relay for each store to sinks that count. Afterwards the outbox forgets the sinks. */
export const relayed = Effect.fnUntraced(function* (
  stores: ReadonlyArray<OutboxStore.Service>,
  size: Size,
  arrivals: Arrivals,
  { batch: messages, pause = 0, sinks = 1 }: Relaying = {}
) {
  const done = yield* Deferred.make<void>()
  const expected = counts[size]
  const all = [arrivals, ...Array.from({ length: sinks - 1 }, () => new Arrivals(false))]
  const names = all.map((_, at) => `counting-${process.pid}-${at}`)
  const counting = (name: string, own: Arrivals) =>
    EventSink.make({
      name,
      limits: messages === undefined ? {} : { messages },
      send: (batch) => {
        const counted = Effect.sync(() => {
          for (const { messageId } of batch) own.add(messageId)
          if (all.every(({ count }) => count >= expected)) Deferred.doneUnsafe(done, Effect.void)
          return batch.all(Receipt.delivered)
        })
        return pause === 0 ? counted : Effect.delay(counted, pause)
      }
    })
  const [first, ...others] = names.map((name, at) => counting(name, all[at]!))
  const relay = Relay.make(EventSink.fanOut(first!, ...others), { from: "beginning" })
  const since = performance.now()
  yield* Effect.scoped(
    Effect.gen(function* () {
      for (const store of stores) yield* Effect.provideService(relay, OutboxStore.OutboxStore, store)
      yield* Deferred.await(done)
    })
  )
  const took = performance.now() - since
  for (const name of names) yield* stores[0]!.remove(name)
  return { took } satisfies Move
})
