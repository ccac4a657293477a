import { afterEach, assert, describe, it, vi } from "vitest"

/** The module as a platform would load it. */
const load = async (process: unknown, userAgent: string) => {
  vi.resetModules()
  vi.stubGlobal("process", process)
  vi.stubGlobal("navigator", { userAgent })
  const { afterMicrotasks } = await import("./afterMicrotasks.ts")
  vi.unstubAllGlobals()
  return afterMicrotasks
}

const fake = Object.assign(() => {}, { clock: {} })

describe("what runs after the microtasks of a turn", () => {
  afterEach(() => vi.useRealTimers())

  for (const [platform, process, userAgent] of [
    ["Node", globalThis.process, "Node.js/24"],
    ["a platform without nextTick", undefined, ""],
    ["a worker, whose nextTick is a microtask", { nextTick: queueMicrotask }, "Cloudflare-Workers"],
    ["a test whose fake timers were there before", { nextTick: fake }, "Node.js/24"]
  ] as const) {
    it(`comes after them, and before the next turn, without a timer: ${platform}`, async () => {
      const afterMicrotasks = await load(process, userAgent)
      const order: Array<string> = []
      const chain = async (hops: number): Promise<void> => {
        for (let i = 0; i < hops; i++) await undefined
        order.push(`${hops} microtasks`)
      }
      const next = new Promise<void>((resolve) => setImmediate(() => resolve(void order.push("the next turn"))))
      vi.useFakeTimers()
      await new Promise<void>((resolve) => {
        void chain(1)
        afterMicrotasks(() => resolve(void order.push("after")))
        void chain(20)
      })
      vi.useRealTimers()
      await next
      assert.deepStrictEqual(order, ["1 microtasks", "20 microtasks", "after", "the next turn"])
    })
  }
})
