import * as Effect from "effect/Effect"
import { assert, describe, it } from "vitest"
import { lazily } from "./lazily.ts"

const counted = <M>(load: (time: number) => Promise<M>) => {
  let times = 0
  return { lazy: lazily(() => load(++times)), times: () => times }
}

describe("a module that is loaded lazily", () => {
  it("is loaded when it is first asked for, and once", async () => {
    const { lazy, times } = counted(async (time) => time)
    assert.strictEqual(times(), 0)
    lazy.begin()
    assert.strictEqual(times(), 1)
    assert.deepStrictEqual(await Effect.runPromise(Effect.all([lazy.get, lazy.get], { concurrency: 2 })), [1, 1])
    assert.strictEqual(times(), 1)
  })

  it("is there at once after that", async () => {
    const { lazy } = counted(async () => "module")
    await Effect.runPromise(lazy.get)
    assert.strictEqual(Effect.runSync(lazy.get), "module")
  })

  it("that cannot be loaded fails those who wait for it, and is loaded again for the next", async () => {
    const { lazy } = counted((time) => (time === 1 ? Promise.reject(new Error("no such file")) : Promise.resolve(time)))
    lazy.begin()
    const error = await Effect.runPromise(lazy.get).then(
      () => undefined,
      (error: Error) => error
    )
    assert.strictEqual(error?.message, "no such file")
    assert.strictEqual(await Effect.runPromise(lazy.get), 2)
  })
})
