/**
 * A sink for developers, which prints events through Effect's Console.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import { mask } from "./internal/format.ts"
import { check, type Options } from "./internal/options.ts"
import * as internal from "./internal/send.ts"

export type { Format, Options } from "./internal/options.ts"

/**
 * A sink that prints every message with `console.log` of Effect's Console service, so a test or a service can redirect the lines.
 *
 * It prints values that the plan marks as personal as `•••`, under their key in any case (`EventSink.recase`). Without a plan, it knows no
 * personal data and prints everything. It always prints the actor's ids.
 *
 * It escapes control characters, characters that change the direction of writing, and lone surrogates everywhere: no value can forge a line
 * or move the cursor. The time is the message's timestamp, in UTC.
 *
 * It never fails: it prints an invalid message as well as it can. It delivers every message, unless the console itself throws.
 *
 * @example
 * ```ts
 * import { Console } from "@trackmap/console"
 * import { EventSink } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * const message = {
 *   type: "track",
 *   event: "orderLineUpdated",
 *   properties: { action: "orderLineUpdated", OrderLine_id: 1001, OrderLine_qty: 3 },
 *   userId: "u-1",
 *   messageId: "01928e7a-5b7c-7def-8abc-0123456789ab",
 *   timestamp: "2026-01-01T12:34:56.789Z"
 * } as const
 * await Effect.runPromise(Effect.scoped(EventSink.deliver(Console.sink({ colors: false }), [message])))
 * // 12:34:56.789  track  orderLineUpdated  user u-1
 * //   action  "orderLineUpdated"
 * //   OrderLine
 * //     id    1001
 * //     qty   3
 * ```
 */
export const sink = (options: Options = {}): EventSink.EventSink => {
  check(options)
  return EventSink.make({ name: options.name ?? "console", open: (plan) => internal.open(options, plan) }).pipe(
    EventSink.redact({ mask })
  )
}

/**
 * The sink's configuration, for `EventSink.config`. It reads `TRACKING_CONSOLE_FORMAT`; default: "pretty".
 *
 * @example
 * ```ts
 * import { Console } from "@trackmap/console"
 * import { EventSink, Tracker } from "@trackmap/core"
 *
 * export const TrackingLive = Tracker.layerEffect(EventSink.config({ console: Console.config }))
 * ```
 */
export const config: Effect.Effect<EventSink.EventSink, Config.ConfigError> = Effect.flatMap(
  // Effect's Config is loaded when this runs.
  Effect.promise(() => import("./internal/settings.ts")),
  ({ settings }) => Effect.map(settings, sink)
)
