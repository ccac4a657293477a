/**
 * A sink that writes what a developer wants to look at to Effect's own Console.
 *
 * @module
 */
import { EventSink } from "@trackmap/core"
import * as Config from "effect/Config"
import type { Options } from "./internal/options.ts"
import * as internal from "./internal/send.ts"

export type { Format, Options } from "./internal/options.ts"

/**
 * A sink that writes every message with `console.log` of Effect's Console service, so that a test or a service can have the
 * lines elsewhere.
 *
 * Where there is a plan, what it marks as personal data is shown as `•••`, under the key in any case (`EventSink.recase`).
 * Without a plan it is not known what is personal, and all is shown. The ids of who acts are shown.
 *
 * Control characters, those that turn the direction of writing, and lone surrogates are escaped everywhere: no value can
 * forge a line or move the cursor. The time is the message's own, in UTC.
 *
 * It has no exceptions: what is no valid message is written as well as can be. Every message is delivered, unless the
 * console itself throws.
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
export const sink = (options: Options = {}): EventSink.EventSink =>
  EventSink.make({ name: options.name ?? "console", open: (plan) => internal.open(options, plan) })

/**
 * The sink as the configuration has it, for `EventSink.config`: `TRACKING_CONSOLE_FORMAT`, "pretty" unless told.
 *
 * @example
 * ```ts
 * import { Console } from "@trackmap/console"
 * import { EventSink, Tracker } from "@trackmap/core"
 *
 * export const TrackingLive = Tracker.layerEffect(EventSink.config({ console: Console.config }))
 * ```
 */
export const config: Config.Config<EventSink.EventSink> = Config.map(
  Config.withDefault(Config.Literals(["pretty", "compact", "json"], "TRACKING_CONSOLE_FORMAT"), "pretty"),
  (format) => sink({ format })
)
