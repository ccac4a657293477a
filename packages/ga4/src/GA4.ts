/**
 * A sink for Google Analytics 4, over the Measurement Protocol of a web stream.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import type * as HttpTransport from "@trackmap/core/HttpTransport"
import type * as Message from "@trackmap/core/Message"
import * as CheckedOptions from "@trackmap/core/Options"
import * as Plan from "@trackmap/core/Plan"
import * as SendError from "@trackmap/core/SendError"
import type * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Json } from "effect/Schema"
import { encode, type Form } from "./internal/event.ts"
import * as limits from "./internal/limits.ts"
import { reasonsAgainstPlan } from "./internal/plan.ts"
import { send } from "./internal/send.ts"

/** Google's addresses ("Measurement Protocol reference", "Transport"). */
export const endpoints = {
  /** The default. */
  global: "https://www.google-analytics.com",
  /** Collects in the European Union. */
  eu: "https://region1.google-analytics.com"
} as const

/** The options of the sink. */
export interface Options {
  /** The measurement id of your web stream: `G-XXXXXXXXXX`. */
  readonly measurementId: string
  /** The stream's API secret. The sink writes it into the address of its requests, as Google demands, and nowhere else. */
  readonly apiSecret: Redacted.Redacted<string>
  /**
   * The `client_id` of a message: the one that Google's tag uses in the browser, so that Google joins your events with its own. Default: the
   * message's `anonymousId`.
   */
  readonly clientId?: ((message: Message.Message) => string | undefined) | undefined
  /** The `session_id` of a message, from Google's tag. Without one, an event belongs to no session. Default: `context.sessionId`. */
  readonly sessionId?: ((message: Message.Message) => string | number | undefined) | undefined
  /** Google's names for some events: `{ orderPlaced: "purchase" }`. Default: the event's name in snake_case. */
  readonly events?: Readonly<Record<string, string>> | undefined
  /** The keys to send of some events, if they have more than Google takes. Default: all. */
  readonly params?: Readonly<Record<string, ReadonlyArray<string>>> | undefined
  /** The traits of `identify` to send as user properties. Default: none, since Google forbids personal data. */
  readonly userProperties?: ReadonlyArray<string> | undefined
  /** `engagement_time_msec` of every event. Google counts no active user without one; 0 leaves it out. Default: 1. */
  readonly engagementTime?: number | undefined
  /** A parameter for the message's id, by which you can find duplicates in an export to BigQuery. Default: none. */
  readonly messageId?: string | undefined
  /** For texts of more than 100 characters, and for more than 25 parameters: `"cut"` lists their keys as `truncated_keys`. Default: `"cut"`. */
  readonly whenTooLarge?: "cut" | "reject" | undefined
  /** For events that are older than 72 hours. Google stores those that you send with a time of 72 hours ago. Default: `"reject"`. */
  readonly whenOld?: "reject" | "send" | undefined
  /**
   * For events that may have arrived, since Google cannot detect duplicates: `"atMostOnce"` does not resend them, and their receipt says
   * `Expired`; `"atLeastOnce"` does, and they may count twice. Default: `"atMostOnce"`.
   */
  readonly delivery?: "atMostOnce" | "atLeastOnce" | undefined
  /** Sends events to Google's validation server, which stores nothing, and turns what it says into receipts: for development. Default: false. */
  readonly validate?: boolean | undefined
  /** The address before `/mp/collect`. Default: `endpoints.global`. */
  readonly endpoint?: string | undefined
  /** The sink's name in receipts. Default: "ga4". */
  readonly name?: string | undefined
  /** The time limit of a request, to the last byte of the response. A number is milliseconds. Default: 10 seconds. */
  readonly timeout?: Duration.Input | undefined
}

const names: CheckedOptions.Names<Options> = {
  measurementId: true,
  apiSecret: true,
  clientId: true,
  sessionId: true,
  events: true,
  params: true,
  userProperties: true,
  engagementTime: true,
  messageId: true,
  whenTooLarge: true,
  whenOld: true,
  delivery: true,
  validate: true,
  endpoint: true,
  name: true,
  timeout: true
}

const ownSession = ({ context }: Message.Message): string | number | undefined => {
  const id = context?.["sessionId"]
  return typeof id === "string" || typeof id === "number" ? id : undefined
}

const formOf = (options: Options): Form => ({
  clientId: options.clientId ?? (({ anonymousId }) => anonymousId),
  sessionId: options.sessionId ?? ownSession,
  events: options.events ?? {},
  params: options.params ?? {},
  userProperties: options.userProperties ?? [],
  engagementTime: options.engagementTime ?? 1,
  messageId: options.messageId,
  whenTooLarge: options.whenTooLarge ?? "cut",
  whenOld: options.whenOld ?? "reject",
  validate: options.validate ?? false
})

const notIn = (option: string, given: unknown, ...words: ReadonlyArray<string>): ReadonlyArray<string> =>
  given === undefined || words.includes(given as string)
    ? []
    : [`${option} is ${words.map((word) => JSON.stringify(word)).join(" or ")}`]

/** What is wrong with the options. It quotes no value, since a secret may be in the wrong option. */
const problemsOf = (options: Options): ReadonlyArray<string> => {
  const { apiSecret, measurementId, messageId, userProperties = [] } = options
  const badId = messageId === undefined ? undefined : limits.reasonAgainst("parameter", messageId)
  return [
    ...(typeof measurementId === "string" && measurementId !== "" ? [] : ["the measurement id is empty"]),
    ...(Redacted.isRedacted(apiSecret)
      ? []
      : ["the API secret is not Redacted: pass Redacted.make(secret), which keeps it out of logs"]),
    ...(Redacted.isRedacted(apiSecret) && !Redacted.value(apiSecret) ? ["the API secret is empty"] : []),
    ...(badId === undefined ? [] : [`the parameter that messageId names ${badId}`]),
    ...userProperties.flatMap((name) => {
      const wrong = limits.reasonAgainst("user property", name)
      return wrong === undefined ? [] : [`the user property "${name}" ${wrong}`]
    }),
    ...(userProperties.length > limits.userProperties ? [`Google takes ${limits.userProperties} user properties`] : []),
    ...notIn("delivery", options.delivery, "atMostOnce", "atLeastOnce"),
    ...notIn("whenTooLarge", options.whenTooLarge, "cut", "reject"),
    ...notIn("whenOld", options.whenOld, "reject", "send")
  ]
}

const pathOf = ({ validate = false }: Options): string => (validate ? "/debug/mp/collect" : "/mp/collect")

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
export const sink = (given: Options): EventSink.EventSink<SendError.Misconfigured, HttpTransport.HttpTransport> => {
  const options = CheckedOptions.check<Options>("GA4.sink", given, names)
  const { apiSecret, delivery, endpoint: url = endpoints.global, measurementId, name = "ga4", timeout } = options
  const form = formOf(options)
  const path = pathOf(options)
  return EventSink.make({
    name,
    limits: { messages: 100, bytes: 1_000_000 },
    records: (message) => {
      const made = encode(message, form, Date.parse(message.timestamp))
      return "_tag" in made ? [] : [{ to: `POST ${path}`, record: JSON.parse(made.event) as Json }]
    },
    open: (plan) =>
      Effect.gen(function* () {
        const reasons = [...problemsOf(options), ...(plan ? reasonsAgainstPlan(Plan.describe(plan), form) : [])]
        if (reasons.length > 0) return yield* new SendError.Misconfigured({ reason: reasons.join("; ") })
        const query = { measurement_id: measurementId, api_secret: Redacted.value(apiSecret) }
        const to = yield* HttpSink.endpoint(name, { url, path, query, timeout })
        return send({ name, form, atLeastOnce: delivery === "atLeastOnce", to })
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
export const config: Effect.Effect<
  EventSink.EventSink<SendError.Misconfigured, HttpTransport.HttpTransport>,
  Config.ConfigError
> = Effect.flatMap(
  // Effect's Config is loaded when this runs.
  Effect.promise(() => import("./internal/settings.ts")),
  ({ settings }) =>
    Effect.map(settings, (given) => sink({ ...given, endpoint: HttpSink.regional(endpoints, given.endpoint) }))
)
