import type { Tracker } from "@trackmap/core"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fault from "../../Fault.ts"
import * as assert from "../suite/assert.ts"
import { batch, count } from "./world.ts"
import type { Tests } from "./tests.ts"

/** A clock that somebody sets while the service runs. */
export const clocks = <R>(name: string, { describe, test }: Tests<R>): void => {
  // Half an hour is longer than the retry limit, and too short for a vendor to refuse the time.
  describe(`${name}, when the clock jumps`, () => {
    for (const by of ["30 minutes", "-30 minutes"] as const) {
      test(`${by.startsWith("-") ? "back" : "ahead"} during retries: delivers all`, {}, (world) =>
        Effect.gen(function* () {
          const { clock, server, settled, track } = world
          yield* server.misbehave([[Fault.status(503), 3]])
          const tracked = yield* track(count)
          yield* server.awaitRequests(2)
          clock.set(by)
          assert.outcomes(yield* settled(tracked), { Delivered: count })
        })
      )
    }
    test("back during an outage: still expires messages in time", { rate: 2_000 }, (world) =>
      Effect.gen(function* () {
        const { clock, server, settled, track } = world
        yield* server.misbehave(() => Fault.status(503))
        const tracked = yield* track(batch)
        yield* server.awaitRequests(2)
        clock.set("-30 minutes")
        const receipts = Effect.forEach(tracked, (one) => one.receipts)
        yield* Effect.orDie(Effect.timeout(receipts, "25 minutes"))
        assert.outcomes(yield* settled(tracked), { Expired: batch })
      })
    )
    test("ahead and back while a batch fills: delivers all", {}, ({ clock, settled, track }) =>
      Effect.gen(function* () {
        const tracked: Array<Tracker.Tracked> = []
        for (const by of ["-30 minutes", "30 minutes", "30 minutes", "-30 minutes"] as const) {
          tracked.push(...(yield* track(3)))
          clock.set(by)
          yield* clock.sleep(Duration.millis(200))
        }
        // No flush: an incomplete batch must go out after its age, whatever the clock shows.
        const receipts = yield* Effect.forEach(tracked, (one) => one.receipts)
        assert.outcomes(receipts.flat(), { Delivered: tracked.length })
        yield* settled(tracked)
      })
    )
  })
}
