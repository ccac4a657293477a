/**
 * A service as in production, for a test that ends it: `node src/service.ts segment http://127.0.0.1:49152 20`. Writes the id
 * of each tracked message, and each receipt, as lines of JSON.
 *
 * @module
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Actor, EventSink, TrackedEvent, Tracker, HttpTransport } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import { writeSync } from "node:fs"
import { sinkOf } from "./internal/sinks.ts"

const [name, endpoint = "", seconds = "20"] = process.argv.slice(2)
const say = (line: unknown) => Effect.sync(() => void writeSync(1, `${JSON.stringify(line)}\n`))

const Ticked = TrackedEvent.make("ticked", { properties: { n: Schema.Int } })
const sink = sinkOf(name, endpoint).pipe(
  EventSink.batched({ messages: 5 }),
  EventSink.tap((_, receipt) => say({ receipt }))
)

const service = Effect.forEach(
  Array.from({ length: 20 }, (_, n) => n),
  (n) => Effect.flatMap(Tracker.track(Ticked, { properties: { n } }), ({ messageId }) => say({ tracked: messageId }))
).pipe(Actor.as({ userId: "user-1" }), Effect.andThen(Effect.never))

const live = Tracker.layer(sink, { closeWithin: `${Number(seconds)} seconds` }).pipe(
  Layer.provide([Layer.provide(HttpTransport.layerHttpClient, NodeHttpClient.layerUndici), Logger.layer([])])
)

service.pipe(Effect.provide(live), NodeRuntime.runMain)
