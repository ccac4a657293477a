import type * as Message from "@trackmap/core/Message"
import * as CheckedOptions from "@trackmap/core/Options"
import type * as Duration from "effect/Duration"
import * as limits from "./limits.ts"

/** Google's addresses ("Measurement Protocol reference", "Transport"). */
export const endpoints = {
  /** The default. */
  global: "https://www.google-analytics.com",
  /** Collects in the European Union. */
  eu: "https://region1.google-analytics.com"
} as const

const ownSession = ({ context }: Message.Message): string | number | undefined => {
  const id = context?.["sessionId"]
  return typeof id === "string" || typeof id === "number" ? id : undefined
}

const reasonAgainstUserProperties = (names: ReadonlyArray<string>): string | undefined =>
  names.length > limits.userProperties
    ? `Google takes ${limits.userProperties} user properties`
    : names
        .map((name) => limits.reasonAgainst("user property", name, `the user property "${name}"`))
        .find((reason) => reason !== undefined)

const rules = {
  /** The measurement id of your web stream: `G-XXXXXXXXXX`. */
  measurementId: CheckedOptions.required<string>((id) => (id ? undefined : "the measurement id is empty")),
  /** The stream's API secret. The sink writes it into the address of its requests, as Google demands, and nowhere else. */
  apiSecret: CheckedOptions.secret("the API secret"),
  /**
   * The `client_id` of a message: the one that Google's tag uses in the browser, so that Google joins your events with its own. Default: the
   * message's `anonymousId`.
   */
  clientId: CheckedOptions.optional(({ anonymousId }: Message.Message): string | undefined => anonymousId),
  /** The `session_id` of a message, from Google's tag. Without one, an event belongs to no session. Default: `context.sessionId`. */
  sessionId: CheckedOptions.optional(ownSession),
  /** Google's names for some events: `{ orderPlaced: "purchase" }`. Default: the event's name in snake_case. */
  events: CheckedOptions.optional<Readonly<Record<string, string>>>({}),
  /** The keys to send of some events, if they have more than Google takes. Default: all. */
  params: CheckedOptions.optional<Readonly<Record<string, ReadonlyArray<string>>>>({}),
  /** The traits of `identify` to send as user properties. Default: none, since Google forbids personal data. */
  userProperties: CheckedOptions.optional<ReadonlyArray<string>>([], reasonAgainstUserProperties),
  /** `engagement_time_msec` of every event. Google counts no active user without one; 0 leaves it out. Default: 1. */
  engagementTime: CheckedOptions.optional(1),
  /** A parameter for the message's id, by which you can find duplicates in an export to BigQuery. Default: none. */
  messageId: CheckedOptions.optional<string | undefined>(undefined, (name = "") =>
    limits.reasonAgainst("parameter", name, "the parameter that messageId names")
  ),
  /** For texts of more than 100 characters, and for more than 25 parameters: `"cut"` lists their keys as `truncated_keys`. Default: `"cut"`. */
  whenTooLarge: CheckedOptions.oneOf("cut", "reject"),
  /** For events that are older than 72 hours. Google stores those that you send with a time of 72 hours ago. Default: `"reject"`. */
  whenOld: CheckedOptions.oneOf("reject", "send"),
  /**
   * For events that may have arrived, since Google cannot detect duplicates: `"atMostOnce"` does not resend them, and their receipt says
   * `Expired`; `"atLeastOnce"` does, and they may count twice. Default: `"atMostOnce"`.
   */
  delivery: CheckedOptions.oneOf("atMostOnce", "atLeastOnce"),
  /** Sends events to Google's validation server, which stores nothing, and turns what it says into receipts: for development. Default: false. */
  validate: CheckedOptions.optional(false),
  /** The address before `/mp/collect`, or "global" or "eu" for those in `endpoints`. Default: "global". */
  endpoint: CheckedOptions.optional("global"),
  /** The sink's name in receipts. Default: "ga4". */
  name: CheckedOptions.optional("ga4"),
  /** The time limit of a request, to the last byte of the response. A number is milliseconds. Default: 10 seconds. */
  timeout: CheckedOptions.optional<Duration.Input>("10 seconds")
}

/** The options of the sink. */
export interface Options extends CheckedOptions.Given<typeof rules> {}

/** Checks the options, and adds the defaults. */
export const resolve = (given: Options): CheckedOptions.Resolved<typeof rules> =>
  CheckedOptions.resolve("GA4.sink", given, rules)

/** The options with their defaults. */
export type Resolved = CheckedOptions.Resolved<typeof rules>["options"]
