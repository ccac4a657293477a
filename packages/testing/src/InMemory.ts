/**
 * A sink that keeps its messages, to test what your service tracks.
 *
 * @module
 */
import { EventSink, type Message, Receipt, Tracker } from "@trackmap/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as internal from "./internal/inMemory.ts"

/** A sink, and the messages it has received, in order. */
export interface InMemory {
  readonly sink: EventSink.EventSink
  /** The messages so far. The matchers of `@trackmap/testing/vitest` check them. */
  readonly received: ReadonlyArray<Message.Message>
  /** The same as an Effect. */
  readonly messages: Effect.Effect<ReadonlyArray<Message.Message>>
  /** Forgets all messages. */
  readonly clear: Effect.Effect<void>
}

/** The sink behind the tracker of `layer`. */
export const InMemory: Context.Service<InMemory, InMemory> = Context.Service<InMemory>("@trackmap/testing/InMemory")

/** The sink's options. */
export interface Options {
  /** The sink's name in receipts. Default: "memory". */
  readonly name?: string | undefined
}

/**
 * A new sink that accepts everything.
 *
 * @example
 * ```ts
 * import { Tracker, TrackedEvent } from "@trackmap/core"
 * import { InMemory } from "@trackmap/testing"
 * import * as Effect from "effect/Effect"
 *
 * const SignedOut = TrackedEvent.make("signedOut")
 * const memory = InMemory.makeUnsafe()
 *
 * const program = Effect.andThen(Tracker.track(SignedOut, {}), Tracker.flush)
 * await Effect.runPromise(Effect.provide(program, Tracker.layer(memory.sink)))
 * console.log(memory.received.map((message) => message.type)) // [ "track" ]
 * ```
 */
export const makeUnsafe = (options?: Options): InMemory => {
  const kept: Array<Message.Message> = []
  const sink = EventSink.make({
    name: options?.name ?? "memory",
    send: (batch) =>
      Effect.sync(() => {
        kept.push(...batch)
        return batch.map(() => Receipt.delivered)
      })
  })
  const memory: InMemory = {
    sink,
    get received() {
      return [...kept]
    },
    messages: Effect.sync(() => [...kept]),
    clear: Effect.sync(() => {
      kept.length = 0
    })
  }
  internal.sinks.set(sink, memory)
  return memory
}

/** A new sink that accepts everything. */
export const make = (options?: Options): Effect.Effect<InMemory> => Effect.sync(() => makeUnsafe(options))

/**
 * A tracker with an in-memory sink, and that sink as `InMemory.InMemory`.
 *
 * @example
 * ```ts
 * import { Tracker, TrackedEvent } from "@trackmap/core"
 * import { InMemory } from "@trackmap/testing"
 * import * as Effect from "effect/Effect"
 *
 * const SignedOut = TrackedEvent.make("signedOut")
 * const program = Effect.gen(function* () {
 *   yield* Tracker.track(SignedOut, {})
 *   yield* Tracker.flush
 *   return (yield* InMemory.InMemory).received.length
 * })
 * console.log(await Effect.runPromise(Effect.provide(program, InMemory.layer()))) // 1
 * ```
 */
export const layer = (options?: Tracker.Options & Options): Layer.Layer<InMemory | Tracker.Tracker> =>
  Layer.unwrap(
    Effect.map(make(options), (memory) =>
      Layer.merge(Layer.succeed(InMemory, memory), Tracker.layer(memory.sink, options))
    )
  )
