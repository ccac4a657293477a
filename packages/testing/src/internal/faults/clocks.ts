import type { Tracker } from "@trackmap/core"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fault from "../../Fault.ts"
import * as assert from "../suite/assert.ts"
import { batch, count } from "./world.ts"
import type { Tests } from "./tests.ts"

/** A clock that is set. */
export const clocks = <R>(name: string, { describe, test }: Tests<R>): void => {
  // Half an hour is more than messages are retried for, and less than a vendor takes for a time that cannot be right.
  describe(`${name}, where the clock is set`, () => {
    for (const by of ["30 minutes", "-30 minutes"] as const) {
      test(`${by.startsWith("-") ? "back" : "ahead"} while messages are retried: all are delivered`, {}, (world) =>
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
    test("back in an outage: messages expire all the same, in time", { rate: 2_000 }, (world) =>
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
    test("ahead and back while messages wait for a batch: all are delivered", {}, ({ clock, settled, track }) =>
      Effect.gen(function* () {
        const tracked: Array<Tracker.Tracked> = []
        for (const by of ["-30 minutes", "30 minutes", "30 minutes", "-30 minutes"] as const) {
          tracked.push(...(yield* track(3)))
          clock.set(by)
          yield* clock.sleep(Duration.millis(200))
        }
        // Without a flush: a message that waits for others is sent when it has waited long enough, whatever the clock says.
        const receipts = yield* Effect.forEach(tracked, (one) => one.receipts)
        assert.outcomes(receipts.flat(), { Delivered: tracked.length })
        yield* settled(tracked)
      })
    )
  })
}
