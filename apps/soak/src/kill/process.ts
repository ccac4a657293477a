/** A process of a run: it loads everything, and becomes a service or a relay when the run asks it to. */
import { EventSink } from "@trackmap/core"
import { Mixpanel } from "@trackmap/mixpanel"
import { Relay } from "@trackmap/outbox"
import { Segment } from "@trackmap/segment"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { layerOf, trackingOf } from "./database.ts"
import type { Burst, News, Order, Place } from "./protocol.ts"
import { migrateNewer } from "./newer.ts"
import { write } from "./service.ts"

const tell = (news: News): void => void process.send!(news)

const logger = Logger.layer([
  Logger.make<unknown, void>(({ cause, logLevel, message }) => {
    const why = cause.reasons.length === 0 ? "" : ` ${Cause.pretty(cause)}`
    tell({ is: "logged", line: `${logLevel} ${String(message)}${why}` })
  })
])

const sinksOf = ({ mixpanel, retries, segment }: Place) => {
  const retried = EventSink.retried({ schedule: Schedule.spaced("20 millis"), limit: retries })
  return EventSink.fanOut(
    Segment.sink({ writeKey: Redacted.make("write-key"), endpoint: segment }).pipe(retried),
    Mixpanel.sink({ token: Redacted.make("project-token"), endpoint: mixpanel }).pipe(
      EventSink.batched({ messages: 20 }),
      EventSink.buffered({ concurrency: 2 }),
      retried
    )
  )
}

const relay = async (place: Place): Promise<void> => {
  const running = await Relay.start({
    store: layerOf(place.database, 4),
    sinks: sinksOf(place),
    from: "beginning",
    lease: place.lease,
    poll: 100,
    limit: 100,
    closeWithin: 1_000,
    log: ({ level, message }) => tell({ is: "logged", line: `${level} ${message}` })
  })
  process.on("SIGTERM", () => void running.close().then(() => process.exit(0)))
  tell({ is: "ready" })
}

const service = async ({ database }: Place): Promise<void> => {
  const running = ManagedRuntime.make(Layer.provideMerge(trackingOf(database, 12), logger))
  await running.runPromise(Effect.void)
  const burst = async (given: Burst): Promise<void> => {
    tell({ is: "written", transactions: await running.runPromise(write(given)) })
  }
  process.on("message", (order: Order) => {
    if (order.do === "write") void burst(order.burst)
  })
  tell({ is: "ready" })
}

/** A process that cannot start ends, and what has started it starts it again. */
const started = (part: Promise<void>): void =>
  void part.catch((error: unknown) => {
    tell({ is: "logged", line: `exit ${String(error)}` })
    process.exit(1)
  })

process.once("message", (order: Order) => {
  if (order.do === "relay") started(relay(order.place))
  if (order.do === "service") started(service(order.place))
  if (order.do === "migrate") started(migrateNewer(order.place.database).then(() => tell({ is: "ready" })))
})
process.on("disconnect", () => process.exit(0))
tell({ is: "loaded" })
