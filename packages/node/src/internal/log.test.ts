import * as Effect from "effect/Effect"
import { assert, describe, it } from "vitest"
import * as log from "./log.ts"

describe("the log of a service", () => {
  it("has a line about a value that nobody can look into", () => {
    const hostile: unknown = new Proxy(Object.create(null) as object, {
      getPrototypeOf: () => {
        throw new Error("no")
      }
    })
    const entries: Array<unknown> = []
    const context = log.to((entry) => void entries.push(entry))
    Effect.runSync(Effect.provideContext(Effect.logWarning("a sink threw", hostile), context))
    assert.deepStrictEqual(entries, [
      { level: "warn", message: "a sink threw a value that is not convertible to a string" }
    ])
  })
})
