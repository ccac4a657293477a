/**
 * A sink for Mixpanel's ingestion API: events, user profiles and group profiles.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as SendError from "@trackmap/core/SendError"
import * as Effect from "effect/Effect"
import * as limits from "./internal/limits.ts"
import { endpoints, type Options, resolve, type ServiceAccount } from "./internal/options.ts"
import * as profiles from "./internal/profile.ts"
import { encode } from "./internal/requests.ts"
import { records, send } from "./internal/send.ts"
import * as target from "./internal/target.ts"

export { endpoints, type Options, type ServiceAccount }

/**
 * The operations of an `identify` or a `group` message. They come in addition to its traits, which the sink sets. `add` and `append`
 * are only for users ("Group Profiles"); `delete` excludes traits and other operations.
 */
export const ProfileOperations = profiles.Operations
/** The operations of an `identify` or a `group` message, in addition to its traits. */
export type ProfileOperations = profiles.Operations

/**
 * Returns the `integrations` of a message with operations on a profile. Each operation has Mixpanel's meaning (`setOnce` is
 * `$set_once`); `groupKey` is the group key of a `group` message.
 *
 * @example
 * ```ts
 * import { Message } from "@trackmap/core"
 * import { Mixpanel } from "@trackmap/mixpanel"
 *
 * export const message: Message.Identify = {
 *   type: "identify",
 *   userId: "user-1",
 *   traits: { plan: "pro" },
 *   integrations: Mixpanel.profile({ setOnce: { firstPlan: "pro" }, add: { upgrades: 1 } }),
 *   messageId: Message.nextId(Date.now()),
 *   timestamp: new Date().toISOString()
 * }
 * ```
 */
export const profile = (operations: ProfileOperations): { readonly Mixpanel: ProfileOperations } => ({
  [profiles.integration]: operations
})

/**
 * A sink that posts events to Mixpanel's `/import` and profile updates to `/engage` and `/groups`. It includes `EventSink.retried()`;
 * your own `EventSink.retried` replaces it. The README documents the mapping of messages to events and profiles, and Mixpanel's limits.
 *
 * Opening fails with `Misconfigured` if the token, the endpoint or the group key is invalid, or if an event of the plan could never
 * arrive whole; the error names the event and the keys.
 *
 * These errors of sending reach the sink's combinators: `Unavailable` for 408, 425, 429, 5xx, a failed connection, a timeout and a response from something
 * other than Mixpanel; `Refused` if Mixpanel refuses a batch without naming a record; `TooLarge` for 413; `Misconfigured` for every other
 * status. If Mixpanel names the records it refuses (`failed_records`), the sink rejects those and delivers the others. Each request
 * is a span, `Mixpanel.send`.
 *
 * @example
 * ```ts
 * import { EventSink, type Message } from "@trackmap/core"
 * import { Mixpanel } from "@trackmap/mixpanel"
 * import * as Redacted from "effect/Redacted"
 *
 * const sink = Mixpanel.sink({ token: Redacted.make("your project token"), endpoint: Mixpanel.endpoints.eu, groupKey: "company_id" })
 *
 * export const send = (messages: ReadonlyArray<Message.Message>) => EventSink.deliver(sink, messages)
 * ```
 */
export const sink = (given: Options): HttpSink.HttpSink => {
  const { options, problems } = resolve(given)
  return EventSink.make({
    name: options.name,
    limits: { messages: limits.requestRecords, bytes: limits.requestBytes, messageBytes: limits.messageBytes },
    records: records(options),
    // Events are written when they are tracked, unless they need more than the message.
    encode: (message, now) => encode(message, options, now),
    open: (plan) =>
      Effect.gen(function* () {
        const unfit = plan && PropertyLimits.reasonAgainstPlan(plan, "Mixpanel", limits.event, limits.always)
        yield* SendError.misconfigured([...problems, unfit])
        return send(yield* target.make(options))
      })
  }).pipe(EventSink.retried())
}

/**
 * A sink configured by the environment: `MIXPANEL_TOKEN` and, optionally, `MIXPANEL_ENDPOINT` (an address, or "us", "eu" or "in")
 * and `MIXPANEL_GZIP`.
 *
 * @example
 * ```ts
 * import { EventSink, type Message } from "@trackmap/core"
 * import { Mixpanel } from "@trackmap/mixpanel"
 * import * as Effect from "effect/Effect"
 *
 * export const send = (messages: ReadonlyArray<Message.Message>) =>
 *   Effect.flatMap(Mixpanel.config, (sink) => EventSink.deliver(sink, messages))
 * ```
 */
export const config: HttpSink.FromConfig = HttpSink.config(() => import("./internal/settings.ts"), sink)
