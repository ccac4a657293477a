/** A service that writes to a warehouse while something breaks. */
import assert from "node:assert/strict"
import { EventSink, type Plan, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import type * as Scope from "effect/Scope"
import { check } from "../laws.ts"
import * as messages from "../messages.ts"
import { sinks } from "../sinks.ts"
import type { Scene } from "./fault.ts"

/** How long a scenario waits for anything, in milliseconds. */
const patience = 120_000

export interface Service {
  /** What it has logged. */
  readonly lines: ReadonlyArray<string>
  /** Tracks some more messages. */
  readonly track: (count: number) => Effect.Effect<void, unknown>
  /** Tracks until it has logged a line with a text, behind some others, and returns the line. */
  readonly until: (text: string, behind?: number) => Effect.Effect<string, unknown>
  /** Waits until each message has its receipt, and is delivered. Returns how many there are. */
  readonly delivered: Effect.Effect<number, unknown>
  /** The same, and checks that each is there once. */
  readonly settled: Effect.Effect<number, unknown>
}

/** The sink of a scene in batches that do not wait, so that much is under way when something breaks. */
export const sinkOf = ({ engine, name }: Pick<Scene, "engine" | "name">): EventSink.EventSink<unknown> =>
  EventSink.batched(sinks[name]!(engine.place), { messages: 100, age: "5 millis" })

/** Starts a service. Its messages have the number of a round, so that they differ from those of others. */
export const start = (
  scene: Pick<Scene, "engine" | "name">,
  round = 0,
  plan: Plan.Plan = messages.plan
): Effect.Effect<Service, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const logger = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])
    const tracker = yield* Effect.provide(Tracker.make(sinkOf(scene), { plan, capacity: 1_000_000 }), logger)
    const tracked: Array<Tracker.Tracked> = []
    const track = (count: number) =>
      Effect.gen(function* () {
        for (let left = count; left > 0; left--)
          tracked.push(yield* tracker.send(messages.message(round, tracked.length)))
      }).pipe(Effect.provide(logger))
    const until = (text: string, behind: number): Effect.Effect<string, unknown> =>
      Effect.suspend(() => {
        const line = lines.slice(behind).find((line) => line.includes(text))
        return line === undefined
          ? Effect.andThen(track(20), Effect.andThen(Effect.sleep(20), until(text, behind)))
          : Effect.succeed(line)
      })
    const limited = <A, E>(effect: Effect.Effect<A, E>, what: string) =>
      Effect.timeoutOrElse(effect, {
        duration: patience,
        orElse: () => Effect.die(new Error(`after ${patience / 1_000} s: ${what}: ${lines.join("; ")}`))
      })
    const delivered = Effect.gen(function* () {
      const receipts = yield* Effect.forEach(tracked, (one) => one.receipts)
      const outcomes = new Set(receipts.map(([receipt]) => receipt!.outcome._tag))
      assert.deepEqual([...outcomes], ["Delivered"], lines.join("; "))
      return tracked.length
    }).pipe((effect) => limited(effect, "messages have no receipt"))
    return {
      lines,
      track,
      until: (text, behind = 0) => limited(until(text, behind), `the log does not say "${text}"`),
      delivered,
      settled: Effect.tap(delivered, () => Effect.promise(() => check(scene.engine, round, new Set(tracked.keys()))))
    }
  })
