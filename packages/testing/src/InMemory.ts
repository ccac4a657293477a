/**
 * A sink that keeps what it is given, for tests of what a service tracks.
 *
 * @module
 */
import { EventSink, type Message, Receipt } from "@trackmap/core"
import * as Effect from "effect/Effect"

/** A sink, and what it has been given, in the order of arrival. */
export interface InMemory {
  readonly sink: EventSink.EventSink
  readonly messages: Effect.Effect<ReadonlyArray<Message.Message>>
  /** Forgets what it has been given. */
  readonly clear: Effect.Effect<void>
}

/**
 * A new sink that takes everything.
 *
 * @example
 * ```ts
 * import { EventSink, type Message } from "@trackmap/core"
 * import { InMemory } from "@trackmap/testing"
 * import * as Effect from "effect/Effect"
 *
 * const message: Message.Message = { type: "track", event: "orderPlaced", properties: {}, messageId: "m-1", timestamp: "2026-01-01T00:00:00.000Z" }
 * const program = Effect.gen(function* () {
 *   const memory = yield* InMemory.make()
 *   yield* EventSink.deliver(memory.sink, [message])
 *   return (yield* memory.messages).length
 * })
 * console.log(await Effect.runPromise(Effect.scoped(program))) // 1
 * ```
 */
export const make = (options?: { readonly name?: string | undefined }): Effect.Effect<InMemory> =>
  Effect.sync(() => {
    let kept: ReadonlyArray<Message.Message> = []
    return {
      sink: EventSink.make({
        name: options?.name ?? "memory",
        send: (batch) =>
          Effect.sync(() => {
            kept = [...kept, ...batch]
            return batch.map(() => Receipt.delivered)
          })
      }),
      messages: Effect.sync(() => kept),
      clear: Effect.sync(() => {
        kept = []
      })
    }
  })
