/**
 * A sink for Google Analytics 4, over the Measurement Protocol of a web stream.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import * as Plan from "@trackmap/core/Plan"
import * as SendError from "@trackmap/core/SendError"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { encoder } from "./internal/event.ts"
import { endpoints, type Options, resolve } from "./internal/options.ts"
import { reasonsAgainstPlan } from "./internal/planned.ts"
import { send } from "./internal/send.ts"

export { endpoints, type Options }

/**
 * A sink that posts events to Google's Measurement Protocol. It includes `EventSink.retried()`; your own `EventSink.retried` replaces it. The page
 * "Google Analytics 4" documents the mapping of messages to events.
 *
 * Opening fails with `Misconfigured` if an option is invalid, or if an event of the plan could never arrive whole: a name that Google would
 * ignore, or more required keys than 25. The error names the events, the keys and the remedies.
 *
 * A batch goes in one request for each client and user, of at most 25 events. These errors of sending reach the sink's combinators: those of
 * `SendError.fromResponse`, but `Unavailable` only if no event can have arrived: for a connection that failed, a redirect, 429 and 503. After
 * anything else, such as a timeout, the receipt is `Expired`, unless `delivery` is `"atLeastOnce"`. Each request is a span, `GA4.send`.
 *
 * `Delivered` means that Google has received the request. It answers 204 to a wrong secret and to invalid events, too.
 *
 * @example
 * ```ts
 * import { EventSink, type Message } from "@trackmap/core"
 * import { GA4 } from "@trackmap/ga4"
 * import * as Redacted from "effect/Redacted"
 *
 * const sink = GA4.sink({
 *   measurementId: "G-ABC1234567",
 *   apiSecret: Redacted.make("your API secret"),
 *   events: { orderPlaced: "purchase" },
 *   clientId: ({ context }) => (typeof context?.["gaClientId"] === "string" ? context["gaClientId"] : undefined)
 * })
 *
 * export const send = (messages: ReadonlyArray<Message.Message>) => EventSink.deliver(sink, messages)
 * ```
 */
export const sink = (given: Options): HttpSink.HttpSink => {
  const { options, problems } = resolve(given)
  const { apiSecret, endpoint, measurementId, name, timeout, validate } = options
  const encode = encoder(options)
  const path = validate ? "/debug/mp/collect" : "/mp/collect"
  return EventSink.make({
    name,
    limits: { messages: 100, bytes: 1_000_000 },
    records: (message) => {
      const made = encode(message, Date.parse(message.timestamp))
      return "_tag" in made ? [] : [{ to: `POST ${path}`, record: JSON.parse(made.event) }]
    },
    open: (plan) =>
      Effect.gen(function* () {
        yield* SendError.misconfigured([...problems, ...(plan ? reasonsAgainstPlan(Plan.describe(plan), options) : [])])
        const query = { measurement_id: measurementId, api_secret: Redacted.value(apiSecret) }
        const url = HttpSink.regional(endpoints, endpoint)
        const to = yield* HttpSink.endpoint(name, { url, path, query, timeout })
        return send(to, encode, options)
      })
  }).pipe(EventSink.retried())
}

/**
 * A sink configured by the environment, for `EventSink.config`: `GA4_MEASUREMENT_ID`, `GA4_API_SECRET` and, optionally, `GA4_ENDPOINT` (an
 * address, or "global" or "eu") and `GA4_VALIDATE`.
 *
 * @example
 * ```ts
 * import { EventSink, Tracker } from "@trackmap/core"
 * import { GA4 } from "@trackmap/ga4"
 *
 * export const TrackingLive = Tracker.layerEffect(EventSink.config({ ga4: GA4.config }))
 * ```
 */
export const config: HttpSink.FromConfig = HttpSink.config(() => import("./internal/settings.ts"), sink)
