import { assert, describe, it } from "@effect/vitest"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import * as Terminal from "effect/Terminal"
import * as TestClock from "effect/testing/TestClock"
import * as TestConsole from "effect/testing/TestConsole"
import * as ProgressBar from "./ProgressBar.ts"

const back = "\r\u001B[1A\u001B[2K"

/** The lines that a terminal shows after these writes. */
const shown = (writes: ReadonlyArray<string>): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const write of writes) {
    if (write.startsWith(back)) lines.pop()
    lines.push(...write.replace(back, "").split("\n"))
  }
  return lines
}

const written = (canAnimate: boolean, columns: number) =>
  Effect.gen(function* () {
    let share = 0
    yield* Effect.gen(function* () {
      yield* TestClock.adjust("10 millis")
      yield* Console.log("100%s %d", "one")
      share = 0.5
      yield* TestClock.adjust("1 second")
      yield* Console.log("two\nthree")
      share = 1
    }).pipe(Effect.provide(ProgressBar.layer(Effect.sync(() => ({ share, text: `${share * 10} events of many` })))))
    yield* Console.log("done")
    return (yield* TestConsole.logLines) as ReadonlyArray<string>
  }).pipe(
    Effect.provide([
      TestConsole.layer,
      Layer.succeed(TerminalCapabilities.TerminalCapabilities, { canAnimate, canColor: false, canPrompt: false }),
      Layer.succeed(
        Terminal.Terminal,
        Terminal.make({
          columns: Effect.succeed(columns),
          rows: Effect.succeed(24),
          size: Effect.die("not asked for"),
          readInput: Effect.die("not asked for"),
          readLine: Effect.die("not asked for"),
          display: () => Effect.die("not asked for")
        })
      )
    ])
  )

describe("a progress bar", () => {
  it.effect("stays below what is written, and is left when it is over", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(shown(yield* written(true, 80)), [
        "100one %d",
        "two",
        "three",
        "████████████████████████ 100%  10 events of many",
        "done"
      ])
    })
  )

  it.effect("never wraps", () =>
    Effect.gen(function* () {
      const lines = (yield* written(true, 36)).flatMap((write) => write.replaceAll(back, "").split("\n"))
      assert.include(lines, "████████████░░░░░░░░░░░░ 50%  5 eve")
      for (const line of lines) assert.isBelow(line.length, 36)
    })
  )

  it.effect("is not there without a terminal", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* written(false, 80), ["100%s %d", "one", "two\nthree", "done"])
    })
  )
})
