import type { Receipt } from "@trackmap/core"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Fault from "../../Fault.ts"
import * as assert from "../suite/assert.ts"
import type { Suite } from "../suite/runner.ts"
import type { Options } from "./model.ts"
import { count, inWorld } from "./world.ts"
import type { Settings, World } from "./world.ts"

/** The kinds of tests for faults. */
export interface Tests<R> {
  readonly options: Options<R>
  readonly describe: Suite["describe"]
  /** A test in its own world. */
  readonly test: (
    title: string,
    settings: Settings,
    body: (world: World) => Effect.Effect<void, never, Scope.Scope>
  ) => void
  /** The fault ends after some requests, so no message is lost. */
  readonly passes: (title: string, fault: Fault.Common, settings?: Settings) => void
  /**
   * No message is delivered during the fault, and every later one is. Without an `expected` outcome, either kind of
   * loss passes.
   */
  readonly lasts: (title: string, fault: Fault.Common, expected?: Receipt.Outcome["_tag"]) => void
}

export const testsOf = <R>({ describe, it }: Suite, options: Options<R>): Tests<R> => {
  const test: Tests<R>["test"] = (title, settings, body) => it(title, () => inWorld(options, settings, body))
  return {
    options,
    describe,
    test,
    passes: (title, fault, settings = {}) =>
      test(`${title}, and then recovers: delivers all`, settings, ({ server, settled, track }) =>
        Effect.gen(function* () {
          yield* server.misbehave([[fault, 2]])
          assert.outcomes(yield* settled(yield* track(count)), { Delivered: count })
        })
      ),
    lasts: (title, fault, expected) =>
      test(`${title}, for a while: loses those messages, and delivers later ones`, {}, (world) =>
        Effect.gen(function* () {
          const { arrived, server, settled, track } = world
          yield* server.misbehave(() => fault)
          const receipts = yield* settled(yield* track(count))
          assert.nothingArrived(yield* arrived)
          assert.areAll(receipts, ...(expected === undefined ? (["Rejected", "Expired"] as const) : [expected]))
          yield* server.misbehave([])
          assert.outcomes(yield* settled(yield* track(count)), { Delivered: count })
        })
      )
  }
}
