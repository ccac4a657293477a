import { setImmediate as turn } from "node:timers/promises"
import { afterEach, assert, beforeEach, describe, it, vi } from "vitest"
import { join, type Member } from "./exit.ts"

/** What is asked of a member, in order; its close is over when it is told. */
const member = (busy = false) => {
  const asked: Array<string> = []
  const closing = Promise.withResolvers<void>()
  const own: Member = {
    busy: () => busy,
    flush: async () => void asked.push("flush"),
    close: () => {
      asked.push("close")
      return closing.promise
    },
    end: () => void asked.push("end")
  }
  return { asked, closed: closing.resolve, leave: join(own) }
}

describe("a process that ends", () => {
  const kill = vi.spyOn(process, "kill").mockReturnValue(true)
  // Whoever runs the tests may listen, too.
  const others = new Map(["SIGTERM", "SIGINT"].map((signal) => [signal, process.listeners(signal as NodeJS.Signals)]))
  beforeEach(() => {
    kill.mockClear()
    for (const [signal, listeners] of others) for (const listener of listeners) process.off(signal, listener)
  })
  afterEach(() => {
    for (const [signal, listeners] of others) for (const listener of listeners) process.on(signal, listener)
  })

  it("by a signal that nobody else listens to, closes all, and goes by the signal then", async () => {
    const [a, b] = [member(), member()]
    process.emit("SIGTERM")
    assert.deepStrictEqual([a.asked, b.asked], [["close"], ["close"]])
    assert.strictEqual(kill.mock.calls.length, 0)
    a.closed()
    b.closed()
    await vi.waitFor(() => assert.deepStrictEqual(kill.mock.calls, [[process.pid, "SIGTERM"]]))
    assert.strictEqual(process.listenerCount("SIGTERM"), 0)
    a.leave()
    b.leave()
  })

  it("by a second signal does not wait, and ends what there is", () => {
    const one = member()
    process.emit("SIGINT")
    process.emit("SIGINT")
    assert.deepStrictEqual(one.asked, ["close", "end"])
    assert.deepStrictEqual(kill.mock.calls, [[process.pid, "SIGINT"]])
    one.leave()
  })

  it("by a signal that its service listens to, flushes, and leaves the rest to the service", () => {
    const service = vi.fn()
    process.once("SIGTERM", service)
    const one = member()
    process.emit("SIGTERM")
    assert.deepStrictEqual(one.asked, ["flush"])
    assert.strictEqual(service.mock.calls.length, 1)
    assert.strictEqual(kill.mock.calls.length, 0)
    one.leave()
  })

  it("by a signal that only signal-exit listens to beside, closes all: each would wait for the other", async () => {
    const listener = vi.fn()
    process.on("SIGTERM", listener)
    for (const [holder, key] of [
      [globalThis, Symbol.for("signal-exit emitter")],
      [process, "__signal_exit_emitter__"]
    ] as const) {
      Object.defineProperty(holder, key, { value: { count: 1 }, configurable: true })
      const one = member()
      process.emit("SIGTERM")
      assert.deepStrictEqual(one.asked, ["close"])
      one.leave()
      Reflect.deleteProperty(holder, key)
    }
    process.off("SIGTERM", listener)
  })

  it("by itself, flushes those that have something left", () => {
    const [idle, busy] = [member(), member(true)]
    process.emit("beforeExit", 0)
    assert.deepStrictEqual([idle.asked, busy.asked], [[], ["flush"]])
    process.emit("exit", 0)
    assert.deepStrictEqual([idle.asked, busy.asked], [["end"], ["flush", "end"]])
    idle.leave()
    busy.leave()
  })

  it("by itself, does not mind that one cannot be flushed", async () => {
    const flush = () => Promise.reject(new Error("its sinks could not be opened"))
    const leave = join({ busy: () => true, flush, close: flush, end: () => {} })
    process.emit("beforeExit", 0)
    // What nobody waits for is told after this turn.
    await turn()
    leave()
  })

  it("is listened to once for all, as long as there is one", () => {
    const [a, b] = [member(), member()]
    assert.strictEqual(process.listenerCount("SIGTERM"), 1)
    a.leave()
    assert.strictEqual(process.listenerCount("SIGTERM"), 1)
    b.leave()
    assert.strictEqual(process.listenerCount("SIGTERM"), 0)
  })

  it("is nobody's business where there is none", () => {
    vi.stubGlobal("process", undefined)
    const { leave } = member()
    leave()
    vi.unstubAllGlobals()
    assert.strictEqual(process.listenerCount("SIGTERM"), 0)
  })
})
