import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Random from "effect/Random"

/** Opens when the tracker whose messages are delivered is closed. */
export const Closing: Context.Reference<Latch.Latch> = Context.Reference("@trackmap/core/Closing", {
  defaultValue: () => Latch.makeUnsafe(false)
})

/** Waits for a number of milliseconds, but at most a random part of a second once the tracker closes. */
export const wait = (millis: number): Effect.Effect<void> =>
  Effect.flatMap(Closing, (closing) =>
    Effect.raceFirst(
      Effect.sleep(millis),
      Effect.andThen(
        closing.await,
        Effect.flatMap(Random.next, (part) => Effect.sleep(Math.min(millis, 1_000) * part))
      )
    )
  )
