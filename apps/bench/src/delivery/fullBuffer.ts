/** The memory of a message that waits in a full buffer, after a garbage collection. */
import { Actor, EventSink, TrackedEvent, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { competeFreshly, type Contestant, type Contestants } from "../Contest.ts"
import { compare, type Measured } from "../Report.ts"
import { OrderLineUpdated, plan } from "./event.ts"
import { lineOf, userId } from "./example.ts"

const properties = { action: "orderLineUpdated" } as const

/** The bytes that the process keeps: JavaScript objects, and memory outside the heap. */
const kept = async (): Promise<number> => {
  // Memory outside the heap is freed in a later turn.
  for (let i = 0; i < 3; i++) {
    globalThis.gc!()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
}

/** Fills the buffer of a sink that never responds. */
const filled = (size: number) => (): Contestant => {
  const silent = EventSink.make({ name: "silent", limits: { bytes: 500_000 }, send: () => Effect.never })
  const sink = silent.pipe(EventSink.buffered({ capacity: size + 1_000 }))
  const runtime = ManagedRuntime.make(Tracker.layer(sink, { plan, closeWithin: 0 }))
  const fill = Effect.fnUntraced(function* (count: number) {
    for (let i = 0; i < count; i++) yield* Tracker.track(OrderLineUpdated, { orderLine: lineOf(i), properties })
  }, Actor.as({ userId }))
  return {
    result: () => TrackedEvent.keys(OrderLineUpdated),
    warmUp: () => runtime.runPromise(fill(1_000)),
    sample: async () => {
      const before = await kept()
      await runtime.runPromise(fill(size))
      return { bytes: ((await kept()) - before) / size }
    }
  }
}

const size = 100_000
export const contestants = { half: filled(size / 2), whole: filled(size) } satisfies Contestants

/** The limit for the bytes of a message. */
const allowed = 1_000

export const fullBuffer = async (): Promise<ReadonlyArray<Measured>> => {
  const samples = await competeFreshly(import.meta.url, ["whole", "half"], { rounds: 3, env: {} })
  const whole = samples("whole", "bytes")
  const name = `a message in a full buffer of ${size.toLocaleString("en-US")}`
  const limits = whole.map(() => allowed)
  return [
    compare({ name, unit: "B", baseline: "the allowed maximum", target: 1 }, whole, limits),
    compare({ name, unit: "B", baseline: "in one of half the size", target: 1.2 }, whole, samples("half", "bytes"))
  ]
}
