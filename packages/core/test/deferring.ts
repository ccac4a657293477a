/** What the tests of relations that are looked up later share. */
import * as Effect from "effect/Effect"
import { Delivery, Envelope, EventSink, type Message, Plan, Receipt, TrackedEvent, Tracker } from "../src/index.ts"
import { collector, quiet } from "./tracker.ts"

/** A sink that stores envelopes for a relay, and the texts that it has stored. */
export const deferring = (name = "outbox") => {
  const stored: Array<string> = []
  const sink = EventSink.accepting({
    name,
    defers: true,
    open: () =>
      Effect.succeed({
        accept: ({ envelope, settle }) =>
          Effect.sync(() => {
            stored.push(Envelope.toJson(envelope))
            settle(Receipt.delivered)
            return true
          }),
        send: (batch) =>
          Effect.sync(() => {
            stored.push(...batch.envelopes.map(Envelope.toJson))
            return batch.all(Receipt.delivered)
          })
      })
  })
  return { sink, stored }
}

const fixed = { messageId: "m-1", timestamp: new Date("2026-03-01T12:00:00.000Z") }

type AnyTrack = (
  event: TrackedEvent.Any,
  input: unknown,
  options: Tracker.CallOptions
) => Effect.Effect<Tracker.Tracked, unknown, Tracker.Tracker>

/** Tracks an event, always with the same id and time. */
export const track = (event: TrackedEvent.Any, input: unknown) => (Tracker.track as AnyTrack)(event, input, fixed)

/** The envelope that a tracker stores for a relay. */
export const storedOf = (event: TrackedEvent.Any, input: unknown, options: Tracker.Options = {}) =>
  Effect.gen(function* () {
    const { sink, stored } = deferring()
    yield* track(event, input).pipe(Effect.provide(Tracker.layer(sink, options)), Effect.provide(quiet))
    return Envelope.fromJson(stored[0]!)
  })

/** The message that a tracker sends at once. */
export const sentOf = (event: TrackedEvent.Any, input: unknown, options: Tracker.Options = {}) =>
  Effect.gen(function* () {
    const kept = collector()
    yield* track(event, input).pipe(Effect.provide(Tracker.layer(kept.sink, options)), Effect.provide(quiet))
    return kept.messages[0]! as Message.Track
  })

export const complete = (plan: Plan.Plan | undefined, envelope: Envelope.Envelope, anyVersion = false) =>
  Effect.map(Delivery.complete(plan, [{ envelope, anyVersion }]), ([completion]) => completion!)
