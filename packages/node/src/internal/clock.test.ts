import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { assert, describe, it, vi } from "vitest"
import { background, keepAlive } from "./clock.ts"

const clock = fileURLToPath(new URL("clock.ts", import.meta.url))

/** What a process prints until nothing keeps it alive. */
const printed = (code: string): string =>
  spawnSync(process.execPath, ["--input-type=module", "--eval", code], { encoding: "utf8" }).stdout

describe("the clock of a tracking", () => {
  it("has the time of the standard clock", async () => {
    const [millis, nanos, even] = await Effect.runPromise(
      Effect.all([background.currentTimeMillis, background.currentTimeNanos, background.monotonicTimeNanos])
    )
    assert.isAtLeast(background.currentTimeMillisUnsafe(), millis)
    assert.isTrue(background.currentTimeNanosUnsafe() >= nanos)
    assert.isTrue(background.monotonicTimeNanosUnsafe() >= even)
  })

  it("sleeps as long as it is told, longer than a timer can, not at all, or until it is interrupted", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    try {
      await Effect.runPromise(background.sleep(0 as never))
      const month = 30 * 24 * 60 * 60 * 1_000
      const fibers = [1_000, month, Number.POSITIVE_INFINITY].map((millis) =>
        Effect.runFork(background.sleep(millis as never))
      )
      const [second, long, forever] = fibers as [Fiber.Fiber<void>, Fiber.Fiber<void>, Fiber.Fiber<void>]
      await vi.advanceTimersByTimeAsync(999)
      assert.isUndefined(second.pollUnsafe())
      await vi.advanceTimersByTimeAsync(1)
      assert.isTrue(Exit.isSuccess(second.pollUnsafe()!))
      await vi.advanceTimersByTimeAsync(month - 1_001)
      assert.isUndefined(long.pollUnsafe())
      await vi.advanceTimersByTimeAsync(1)
      assert.isDefined(long.pollUnsafe())
      await Effect.runPromise(Fiber.interrupt(forever))
      const cut = Effect.runFork(background.sleep(1_000 as never))
      await Effect.runPromise(Fiber.interrupt(cut))
      assert.strictEqual(vi.getTimerCount(), 0)
    } finally {
      vi.useRealTimers()
    }
  })

  it("keeps no process alive, unless something is to be waited for", () => {
    const started = `import { background, keepAlive } from ${JSON.stringify(clock)}
      import * as Effect from "effect/Effect"
      const slept = Effect.runPromise(background.sleep(300)).then(() => console.log("slept"))`
    assert.strictEqual(printed(started), "")
    assert.strictEqual(printed(`${started}\nawait keepAlive(slept)`), "slept\n")
  })

  it("lets go once what was waited for has failed", async () => {
    const error = new Error("failed")
    assert.strictEqual(await keepAlive(Promise.reject(error)).catch((thrown: unknown) => thrown), error)
  })
})
