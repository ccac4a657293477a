/** What the tests of the tracker share: events, sinks, and a tracker for one effect. */
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import { Entity, EventSink, Message, Receipt, SendError, TrackedEvent, Tracker } from "../src/index.ts"

export const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int, name: Schema.String } })
export const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } })
export const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", {
  entities: { orderLine: OrderLine },
  properties: { action: Schema.Literal("orderLineUpdated") }
})
export const orderLine = { id: 1001, qty: 3 }
export const update = { orderLine, properties: { action: "orderLineUpdated" } } as const
export const Ping = TrackedEvent.make("ping", { properties: { n: Schema.Int } })

/** A sink that keeps the batches that it is given. */
export const collector = (name = "memory", limits?: Partial<EventSink.Limits>) => {
  const batches: Array<ReadonlyArray<Message.Message>> = []
  return {
    batches,
    get messages() {
      return batches.flat()
    },
    sink: EventSink.make({
      name,
      limits: limits ?? {},
      send: (batch) =>
        Effect.sync(() => {
          batches.push(batch.messages)
          return batch.map(() => Receipt.delivered)
        })
    })
  }
}

export const down = (name = "down") =>
  EventSink.make({ name, send: () => Effect.fail(new SendError.Unavailable({ reason: "down" })) })
export const hanging = (name = "hanging") => EventSink.make({ name, send: () => Effect.never })

export const outcomes = (receipts: ReadonlyArray<Receipt.Receipt>): ReadonlyArray<string> =>
  receipts.map(({ outcome }) => outcome._tag)

export const quiet = Logger.layer([])

/** Runs with a tracker of its own, which is closed before this ends. */
export const tracked = <A, E, R>(
  sink: EventSink.EventSink<never, never>,
  options: Tracker.Options,
  effect: Effect.Effect<A, E, R | Tracker.Tracker>
) => Effect.provide(effect, Tracker.layer(sink, options)).pipe(Effect.provide(quiet))

export const ping = (n: number) => Tracker.track(Ping, { properties: { n } })
export const pings = (count: number) =>
  Effect.forEach(
    Array.from({ length: count }, (_, n) => n),
    ping
  )
export const ns = (messages: ReadonlyArray<Message.Message>) =>
  messages.map((message) => (message as Message.Track).properties["n"])

/** What a tracked event says of what was wrong with it. */
export const violationsOf = (message: Message.Message | undefined): ReadonlyArray<TrackedEvent.Violation> =>
  (message?.context?.["violations"] ?? []) as unknown as ReadonlyArray<TrackedEvent.Violation>
export const pathsOf = (message: Message.Message | undefined): ReadonlyArray<string> =>
  violationsOf(message).map(({ path }) => path)
export const propertiesOf = (message: Message.Message | undefined) => (message as Message.Track).properties

export const trackOne = (event: TrackedEvent.Any, input: unknown, options: Tracker.Options = {}) =>
  Effect.gen(function* () {
    const kept = collector()
    const exit = yield* Effect.exit(
      tracked(
        kept.sink,
        options,
        Tracker.track(event as any, input as any) as Effect.Effect<Tracker.Tracked, unknown, Tracker.Tracker>
      )
    )
    return { exit, message: kept.messages[0] }
  })
