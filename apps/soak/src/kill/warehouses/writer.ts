/** A process that writes until it is killed: first what the process before it may not have finished, then messages of its own. */
import { EventSink, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { message, plan } from "./messages.ts"
import type { News, Order } from "./protocol.ts"
import { sinks } from "./sinks.ts"

const tell = (news: News): void => void process.send!(news)

const write = ({ again, engine, place, round }: Order): Effect.Effect<never, unknown> =>
  Effect.gen(function* () {
    const sink = EventSink.batched(sinks[engine]!(place), { messages: 100, age: "5 millis" })
    const tracker = yield* Tracker.make(sink, { plan })
    for (let at = 0; at < again; at++) yield* tracker.send(message(round - 1, at))
    for (let from = 0; ; from += 100) {
      const some = Array.from({ length: 100 }, (_, at) => from + at)
      const tracked = yield* Effect.forEach(some, (at) => tracker.send(message(round, at)))
      const receipts = yield* Effect.forEach(tracked, (one) => one.receipts)
      tell(some.filter((_, at) => receipts[at]![0]!.outcome._tag === "Delivered"))
    }
  }).pipe(Effect.scoped)

process.once("message", (order: Order) => {
  void Effect.runPromise(Effect.provide(write(order), Logger.layer([])))
})
tell([])
