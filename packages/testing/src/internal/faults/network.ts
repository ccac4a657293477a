import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fault from "../../Fault.ts"
import * as assert from "../suite/assert.ts"
import { count } from "./world.ts"
import type { Tests } from "./tests.ts"

/** Refused, reset, silent and slow connections. */
export const network = <R>(name: string, { describe, passes, test }: Tests<R>): void => {
  describe(`${name}, when`, () => {
    test("connections are refused for a while: delivers all", { refused: true }, (world) =>
      Effect.gen(function* () {
        const tracked = yield* world.track(count)
        yield* world.clock.sleep(Duration.seconds(5))
        yield* world.accept
        assert.outcomes(yield* world.settled(tracked), { Delivered: count })
      })
    )
    test("connections are always refused: expires all", { rate: 5_000, refused: true }, ({ settled, track }) =>
      Effect.gen(function* () {
        assert.outcomes(yield* settled(yield* track(count)), { Expired: count })
      })
    )
    test("the host has no address: expires all", { rate: 5_000, url: "http://no-such-host.invalid" }, (world) =>
      Effect.gen(function* () {
        assert.outcomes(yield* world.settled(yield* world.track(count)), { Expired: count })
      })
    )
    test("the server's certificate is invalid: sends nothing", { rate: 5_000, tls: true }, (world) =>
      Effect.gen(function* () {
        assert.areAll(yield* world.settled(yield* world.track(count)), "Expired", "Rejected")
        assert.noRequests(yield* world.server.requests)
      })
    )
    passes("the connection is reset before the body", Fault.reset("before"))
    passes("the connection is reset during the body", Fault.reset("during"))
    passes("the connection is reset after the body", Fault.reset("after"))
    passes("the response is cut off", Fault.cut)
    passes("the server never responds", Fault.hang)
    passes("the server responds a minute late", Fault.delay("1 minute"))
    passes("the server sends one byte a second", Fault.slow)
  })
}
