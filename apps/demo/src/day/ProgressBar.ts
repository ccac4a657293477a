import { format } from "node:util"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import * as Terminal from "effect/Terminal"

/** The progress, from 0 to 1, and a text beside it. */
export interface Progress {
  readonly share: number
  readonly text: string
}

const width = 24
/** To the start of the line above, which is erased. */
const back = "\r\u001B[1A\u001B[2K"

const drawn = ({ share, text }: Progress, columns: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width)
  const bar = `${"█".repeat(full)}${"░".repeat(width - full)} ${Math.floor(share * 100)}%  ${text}`
  // A line that wraps is two lines, and the one above would stay.
  return bar.slice(0, (columns > 0 ? columns : 80) - 1)
}

/**
 * A bar on the terminal's last line while the layer is in use; other lines are written above it. Without a terminal there is
 * no bar.
 */
export const layer = (progress: Effect.Effect<Progress>): Layer.Layer<never, never, Terminal.Terminal> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { canAnimate } = yield* TerminalCapabilities.TerminalCapabilities
      if (!canAnimate) return Layer.empty
      const terminal = yield* Terminal.Terminal
      const under = yield* Console.Console
      let bar = ""
      const draw = Effect.gen(function* () {
        const next = drawn(yield* progress, yield* terminal.columns)
        under.log(bar === "" ? next : back + next)
        bar = next
      })
      const over: Console.Console = {
        ...under,
        // Both in one call, so that no other output comes between.
        log: (...args: ReadonlyArray<unknown>) =>
          bar === "" ? under.log(...args) : under.log(`${back}${format(...args)}\n${bar}`)
      }
      const drawing = Effect.gen(function* () {
        yield* Effect.addFinalizer(() =>
          Effect.andThen(
            draw,
            Effect.sync(() => {
              bar = ""
            })
          )
        )
        yield* Effect.forkScoped(Effect.repeat(draw, Schedule.spaced("100 millis")))
        return over
      })
      return Layer.effect(Console.Console, drawing)
    })
  )
