import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Receipt, SendError } from "./index.ts"

const reason = "status 503"
const outcomes = [Receipt.delivered, undefined]

describe("withOutcomes", () => {
  it("keeps the error, its reason and its time to wait, and adds the outcomes", () => {
    for (const error of [
      new SendError.Unavailable({ reason }),
      new SendError.Unavailable({ reason, retryAfter: 1_000 }),
      new SendError.TooLarge({ reason }),
      new SendError.Refused({ reason })
    ]) {
      const known = SendError.withOutcomes(error, outcomes)
      assert.deepStrictEqual({ ...known }, { ...error, outcomes })
      assert.strictEqual(known.message, reason)
      assert.instanceOf(known, error.constructor as new () => SendError.SendError)
    }
  })

  it("replaces outcomes that the error has already", () => {
    const error = new SendError.Refused({ reason, outcomes: [undefined, undefined] })
    assert.deepInclude(SendError.withOutcomes(error, outcomes), { outcomes })
  })

  it("leaves Misconfigured as it is", () => {
    const error = new SendError.Misconfigured({ reason: "status 401" })
    assert.strictEqual(SendError.withOutcomes(error, outcomes), error)
    assert.strictEqual(error.message, "status 401")
  })
})

describe("misconfigured", () => {
  it.effect("fails with all problems, and succeeds without any", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(SendError.misconfigured(["the key is empty", undefined, "the url is empty"]))
      assert.deepStrictEqual([error._tag, error.reason], ["Misconfigured", "the key is empty; the url is empty"])
      assert.isUndefined(yield* SendError.misconfigured([undefined]))
    })
  )
})
