/**
 * The encoder of a sink whose destination has its own format: a function from a message to its record, for `EventSink.make` and `HttpSink.make`.
 * It reads the message's `integrations` (Segment Spec, "Common Fields"), and turns what the destination would not accept into an outcome.
 *
 * @module
 */
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { placeOf } from "./internal/base/issuePlace.ts"
import type { Message } from "./Message.ts"
import * as PropertyLimits from "./PropertyLimits.ts"
import * as Receipt from "./Receipt.ts"

/** The types of messages that can have each option. All can have an option that is not listed. */
export type Types<O> = { readonly [Name in keyof O]?: ReadonlyArray<Message["type"]> }

/** The options of an encoder. `O` are the options of a message, and `A` is a record. */
export interface Options<O, A> {
  /** The destination's key in a message's `integrations`. */
  readonly integration: string
  /** The options that a message can have under that key: `integrations: { PostHog: { groupType: "team" } }`. Default: none are read. */
  readonly options?: Schema.ConstraintDecoder<O> | undefined
  readonly types?: Types<O> | undefined
  /**
   * Makes the record of a message that is for the destination. `options` are undefined if the message has none, and `now` is in milliseconds since
   * 1970. Call `refuse` for a message that the destination would not accept.
   */
  readonly encode: (message: Message, options: O | undefined, now: number) => A | Receipt.Outcome
}

/** Why a message has no record. It is no Error, since the stack trace of each message that is refused would cost time. */
class Refusal {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

/** Ends the encoding of a message: the sink rejects it with this reason, which people read, so it must not contain personal data. */
export const refuse = (reason: string): never => {
  throw new Refusal(reason)
}

/** The same if there is a reason. */
export const refuseIf = (reason: string | undefined): void => {
  if (reason !== undefined) refuse(reason)
}

/** The value, unless there is a reason to refuse it. */
export const accepted = <A>(value: A, reasonAgainst: string | undefined): A => {
  refuseIf(reasonAgainst)
  return value
}

/**
 * Properties within a destination's limits. Longer ones are cut (`PropertyLimits.cut`), or refused with the keys that do not fit. `what` is put
 * before the reason.
 */
export const fitted = (
  values: PropertyLimits.Values,
  limits: PropertyLimits.PropertyLimits,
  whenTooLarge: "cut" | "reject",
  what = ""
): PropertyLimits.Values => {
  if (PropertyLimits.fits(values, limits)) return values
  return whenTooLarge === "cut"
    ? PropertyLimits.cut(values, limits)
    : refuse(`${what}${PropertyLimits.reasonAgainst(values, limits)}`)
}

/** RFC 3339, section 5.6, in upper case. */
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

/**
 * A message's timestamp as RFC 3339, in UTC if it is written otherwise. It refuses one that RFC 3339 cannot write, or that is more than `hours` after
 * `now`, which is in milliseconds since 1970.
 */
export const rfc3339Of = ({ timestamp }: Message, now: number, hours: number): string => {
  const time = Date.parse(timestamp)
  if (time > now + hours * 3_600_000) refuse(`the timestamp is more than ${hours} hours in the future`)
  const text = Number.isNaN(time) || rfc3339.test(timestamp) ? timestamp : new Date(time).toISOString()
  if (Number.isNaN(time) || !rfc3339.test(text)) refuse("the timestamp is not a date of the years 0 to 9999")
  return text
}

/** A record of at most this many bytes of UTF-8. It refuses a longer one: "the event is longer than the 1000 bytes that Acme accepts". */
export const within = (record: string, bytes: number, destination: string): string =>
  PropertyLimits.exceeds(record, bytes)
    ? refuse(`the event is longer than the ${bytes} bytes that ${destination} accepts`)
    : record

/**
 * Makes an encoder. It returns `Skipped` for a message whose `integrations` exclude the destination, and `Rejected` if `refuse` is called, if an
 * option is invalid, or if `encode` throws: JSON cannot represent the message then. No reason contains a value of the message.
 *
 * @example
 * ```ts
 * import { Encoder, type Message } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const encode = Encoder.make({
 *   integration: "Warehouse",
 *   options: Schema.Struct({ table: Schema.optionalKey(Schema.String) }),
 *   types: { table: ["track"] },
 *   encode: ({ messageId, userId }, options) =>
 *     userId ? JSON.stringify({ messageId, userId, table: options?.table ?? "events" }) : Encoder.refuse("the message has no userId")
 * })
 * const message: Message.Message = {
 *   type: "identify",
 *   traits: {},
 *   messageId: "018f2d1c-0a3b-7c4d-8e5f-0123456789ab",
 *   timestamp: "2026-01-01T00:00:00.000Z"
 * }
 * console.log(encode(message, 0)) // { _tag: "Rejected", reason: "the message has no userId" }
 * console.log(encode({ ...message, integrations: { Warehouse: { table: "users" } } }, 0))
 * // { _tag: "Rejected", reason: "integrations.Warehouse.table is only for track messages" }
 * ```
 */
export const make = <O = never, A = string>({
  encode,
  integration,
  options,
  types
}: Options<O, A>): ((message: Message, now: number) => A | Receipt.Outcome) => {
  const excluded = Receipt.skipped(`the message's integrations exclude ${integration}`)
  const read = options && reader(integration, options, types)
  return (message, now) => {
    const { integrations } = message
    const given = integrations?.[integration]
    if (integrations !== undefined && !(given ?? integrations["All"] ?? true)) return excluded
    try {
      return encode(message, isOptions(given) ? read?.(given, message) : undefined, now)
    } catch (thrown) {
      return Receipt.rejected(thrown instanceof Refusal ? thrown.reason : "JSON cannot represent the message")
    }
  }
}

/** An empty object has no options. */
const isOptions = (given: unknown): boolean =>
  given !== undefined && typeof given !== "boolean" && !(Predicate.isObject(given) && Object.keys(given).length === 0)

const reader = <O>(integration: string, schema: Schema.ConstraintDecoder<O>, types: Types<O> = {}) => {
  const decode = Schema.decodeUnknownResult(schema, { onExcessProperty: "error" })
  const key = `integrations.${integration}`
  return (given: unknown, { type }: Message): O => {
    const decoded = decode(given)
    if (Result.isFailure(decoded)) {
      const place = placeOf(decoded.failure.issue)
      return refuse(`${key}${place === "" ? "" : `.${place}`} is not valid`)
    }
    for (const name in decoded.success) {
      const allowed = types[name]
      if (allowed?.includes(type) === false) refuse(`${key}.${name} is only for ${allowed.join(", ")} messages`)
    }
    return decoded.success
  }
}
