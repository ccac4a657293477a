import type * as EventSink from "@trackmap/core/EventSink"
import type * as Plan from "@trackmap/core/Plan"
import * as Receipt from "@trackmap/core/Receipt"
import type * as Message from "@trackmap/core/Message"
import * as EffectConsole from "effect/Console"
import * as Effect from "effect/Effect"
import * as environment from "./environment.ts"
import * as format from "./format.ts"
import type { Options } from "./options.ts"
import * as plans from "./plan.ts"

const formats = { pretty: format.pretty, compact: format.compact, json: format.json } as const

/** Ignores an invalid width, such as that of a terminal that does not know its own. */
const widthOf = (width: number | undefined): number | undefined =>
  width !== undefined && width >= 1 ? Math.floor(width) : undefined

export const open = (options: Options, plan: Plan.Plan | undefined): Effect.Effect<EventSink.Send> =>
  Effect.sync(() => {
    const write = formats[options.format ?? "pretty"]
    const colors = typeof options.colors === "boolean" ? options.colors : environment.colors()
    const width = widthOf(options.width)
    const knowledge = plans.of(plan)
    const textOf = (message: Message.Message): string => {
      try {
        return write(message, { knowledge, colors, width: width ?? 80, line: width ?? environment.columns() })
      } catch {
        // Print nothing of it: an unreadable message could not be masked either.
        return options.format === "json" ? `"[unreadable message]"` : "[unreadable message]"
      }
    }
    return (batch) =>
      EffectConsole.consoleWith((console) =>
        Effect.sync(() =>
          batch.map((message) => {
            const text = textOf(message)
            try {
              console.log(text)
              return Receipt.delivered
            } catch {
              return Receipt.rejected("the console threw")
            }
          })
        )
      )
  })
