import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/testing/TestClock"
import { Trouble } from "./trouble.ts"

it.effect("tells the log of a reader only if it stays, and then once in a while", () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message }) => void lines.push(String(message)))
  return Effect.gen(function* () {
    const trouble = new Trouble("duckdb")
    const held = trouble.wait({ reason: "held", message: "f: cli (process 7) has it open: close it there" }, true)
    yield* held
    yield* TestClock.adjust("9 seconds")
    yield* held
    yield* trouble.over
    yield* TestClock.adjust("5 seconds")
    yield* held
    assert.deepStrictEqual(lines, [])
    yield* TestClock.adjust("12 seconds")
    yield* held
    yield* held
    assert.deepStrictEqual(lines, [
      "duckdb: messages wait, for 12 s so far: f: cli (process 7) has it open: close it there"
    ])
    yield* TestClock.adjust("5 minutes")
    yield* held
    assert.include(lines[1], "for 312 s so far")
    yield* trouble.wait({ reason: "the disk is full", message: "f: the disk is full: free some space" }, false)
    yield* trouble.over
    yield* trouble.over
    assert.deepStrictEqual(lines.slice(2), [
      "duckdb: messages wait, for 312 s so far: f: the disk is full: free some space",
      "duckdb: messages no longer wait"
    ])
  }).pipe(Effect.provide(Logger.layer([logger])))
})
