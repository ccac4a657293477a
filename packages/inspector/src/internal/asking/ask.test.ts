import { assert, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { ask } from "./ask.ts"

it.effect("gives up on an outbox that does not answer", () =>
  Effect.gen(function* () {
    for (const answer of [Effect.never, new Promise<never>(() => {})]) {
      const asked = yield* Effect.forkChild(
        Effect.flip(ask({ name: "outbox", errors: "OutboxError", refusal: 409 }, Duration.seconds(10), () => answer))
      )
      yield* TestClock.adjust("10 seconds")
      const { error, status } = yield* Fiber.join(asked)
      assert.deepStrictEqual([status, error], [503, "The outbox has not answered within 10s."])
    }
  })
)
