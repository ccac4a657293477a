/**
 * Tracks while no server responds, and measures the memory: `node --expose-gc src/outage.ts segment dropOldest`. Writes one
 * line of JSON.
 *
 * @module
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Actor, EventSink, TrackedEvent, Tracker, HttpTransport } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import { sinkOf } from "./internal/sinks.ts"

const [name, whenFull = "dropOldest", total = "200000"] = process.argv.slice(2)
const messages = Number(total)
const capacity = 2_000
const text = "x".repeat(1_000)

const Placed = TrackedEvent.make("orderPlaced", { properties: { n: Schema.Int, text: Schema.String } })

/** The size of the heap after a garbage collection. */
const heap = (): number => {
  const { gc } = globalThis
  if (gc === undefined) throw new Error("--expose-gc is needed")
  gc()
  gc()
  return process.memoryUsage().heapUsed
}

const start = (capacity: number) =>
  Tracker.make(
    // Nobody listens at port 1.
    EventSink.batched(sinkOf(name, "http://127.0.0.1:1"), { messages: 500 }),
    { capacity, closeWithin: "10 millis", whenFull: whenFull as "refuse" | "dropOldest" }
  )
const track = (tracker: Tracker.Service, n: number) =>
  tracker.track(Placed, { properties: { n, text: `${n} ${text}` } })

/** Loads and compiles everything that is loaded or compiled on first use. */
const warm = Effect.gen(function* () {
  const tracker = yield* start(10)
  for (let n = 0; n < 10_000; n++) yield* track(tracker, n)
  yield* Effect.sleep("100 millis")
}).pipe(Effect.scoped)

const program = Effect.gen(function* () {
  yield* warm
  const empty = heap()
  const tracker = yield* start(capacity)
  const messageBytes = JSON.stringify((yield* track(tracker, 0)).message).length
  for (let n = 1; n < 10 * capacity; n++) yield* track(tracker, n)
  yield* Effect.sleep("100 millis")
  const early = heap()
  let most = early
  for (let n = 10 * capacity; n < messages; n++) {
    yield* track(tracker, n)
    if (n % 20_000 === 0) {
      yield* Effect.sleep("10 millis")
      most = Math.max(most, heap())
    }
  }
  const [metrics] = yield* tracker.metrics
  return { empty, early, late: heap(), most, messageBytes, metrics }
}).pipe(
  Effect.scoped,
  Actor.as({ userId: "user-1" }),
  Effect.provide([Layer.provide(HttpTransport.layerHttpClient, NodeHttpClient.layerUndici), Logger.layer([])])
)

const told = await Effect.runPromise(program)
process.stdout.write(`${JSON.stringify({ whenFull, messages, capacity, ...told })}\n`)
process.exit(0)
