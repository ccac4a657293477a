import { setImmediate as turn } from "node:timers/promises"
import { afterEach, assert, beforeEach, describe, it, vi } from "vitest"
import { join, type Member } from "./exit.ts"

const signals = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR2"] as const

/** A member that records its calls, in order. Its close ends on demand. */
const member = (busy = false) => {
  const asked: Array<string> = []
  const closing = Promise.withResolvers<void>()
  const own: Member = {
    busy: () => busy,
    hurry: async () => void asked.push("hurry"),
    finish: async () => void asked.push("finish"),
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
  const others = new Map(signals.map((signal) => [signal, process.listeners(signal as NodeJS.Signals)]))
  beforeEach(() => {
    kill.mockClear()
    for (const [signal, listeners] of others) for (const listener of listeners) process.off(signal, listener)
  })
  afterEach(() => {
    for (const [signal, listeners] of others) for (const listener of listeners) process.on(signal, listener)
  })

  it.each(signals)("by %s that nobody else listens to, closes all, and goes by the signal then", async (signal) => {
    const [a, b] = [member(), member()]
    process.emit(signal)
    assert.deepStrictEqual([a.asked, b.asked], [["close"], ["close"]])
    assert.strictEqual(kill.mock.calls.length, 0)
    a.closed()
    b.closed()
    await vi.waitFor(() => assert.deepStrictEqual(kill.mock.calls, [[process.pid, signal]]))
    assert.strictEqual(process.listenerCount(signal), 0)
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

  it("as the first one of a container exits, since the kernel ignores its own signals to it", async () => {
    const exit = vi.spyOn(process, "exit").mockReturnValue(undefined as never)
    const { pid } = process
    for (const [signal, code] of [
      ["SIGTERM", 143],
      ["SIGINT", 130]
    ] as const) {
      const one = member()
      Object.defineProperty(process, "pid", { value: 1, configurable: true })
      process.emit(signal)
      assert.strictEqual(exit.mock.calls.length, 0)
      one.closed()
      await vi.waitFor(() => assert.deepStrictEqual(exit.mock.calls, [[code]]))
      Object.defineProperty(process, "pid", { value: pid, configurable: true })
      exit.mockClear()
      one.leave()
    }
    exit.mockRestore()
  })

  it("by a signal that its service listens to, has nobody wait, and leaves the rest to the service", () => {
    const service = vi.fn()
    process.once("SIGTERM", service)
    const one = member()
    process.emit("SIGTERM")
    assert.deepStrictEqual(one.asked, ["hurry"])
    assert.strictEqual(service.mock.calls.length, 1)
    assert.strictEqual(kill.mock.calls.length, 0)
    one.leave()
  })

  it.each(["SIGHUP", "SIGQUIT", "SIGUSR2"] as const)(
    "is nobody's business at %s where its service listens to it: it may mean anything",
    (signal) => {
      const service = vi.fn()
      process.once(signal, service)
      const one = member()
      process.emit(signal)
      assert.deepStrictEqual([one.asked, service.mock.calls.length], [[], 1])
      one.leave()
    }
  )

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

  it("by itself, has those finish that have something left", () => {
    const [idle, busy] = [member(), member(true)]
    process.emit("beforeExit", 0)
    assert.deepStrictEqual([idle.asked, busy.asked], [[], ["finish"]])
    process.emit("exit", 0)
    assert.deepStrictEqual([idle.asked, busy.asked], [["end"], ["finish", "end"]])
    idle.leave()
    busy.leave()
  })

  it("by itself, does not mind that one cannot be flushed", async () => {
    const fails = () => Promise.reject(new Error("its sinks could not be opened"))
    const leave = join({ busy: () => true, hurry: fails, finish: fails, close: fails, end: () => {} })
    process.emit("beforeExit", 0)
    // Node reports unhandled rejections after this turn.
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
