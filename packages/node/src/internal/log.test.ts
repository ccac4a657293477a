import * as Effect from "effect/Effect"
import { assert, describe, it } from "vitest"
import * as log from "./log.ts"

describe("the log of a service", () => {
  it("gets a thrown value that nobody can look into, as it is", () => {
    const hostile: unknown = new Proxy(Object.create(null) as object, {
      getPrototypeOf: () => {
        throw new Error("no")
      }
    })
    const entries: Array<{ readonly message: string }> = []
    const context = log.to((entry) => void entries.push(entry))
    Effect.runSync(Effect.provideContext(Effect.logWarning("before"), context))
    Effect.runSync(Effect.provideContext(Effect.logWarning("a sink threw", hostile), context))
    Effect.runSync(Effect.provideContext(Effect.logWarning("after"), context))
    assert.deepStrictEqual([entries[0]?.message, entries.at(-1)?.message], ["before", "after"])
  })
})
