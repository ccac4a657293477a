import * as Encoder from "@trackmap/core/Encoder"
import * as LetterCase from "@trackmap/core/LetterCase"
import type * as Message from "@trackmap/core/Message"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as Receipt from "@trackmap/core/Receipt"
import * as Predicate from "effect/Predicate"
import * as Struct from "effect/Struct"
import * as limits from "./limits.ts"
import type { Resolved } from "./options.ts"

type Values = PropertyLimits.Values

/** An event, and the start of the request that it goes in, which it shares with other events of the same client and user. */
export interface Made {
  readonly envelope: string
  readonly event: string
}

/** The event of a message, or the outcome of one that Google would ignore, or store otherwise. `now` is in milliseconds since 1970. */
export type Encode = (message: Message.Message, now: number) => Made | Receipt.Outcome

/** Google's name of an event of the plan. */
export const eventName = ({ events }: Resolved, event: string): string =>
  Object.hasOwn(events, event) ? events[event]! : LetterCase.snake(event)

/** The keys that the options pick for an event. All, without an option. */
export const picked = ({ params }: Resolved, event: string): ReadonlyArray<string> | undefined =>
  Object.hasOwn(params, event) ? params[event] : undefined

const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)

/** A value as Google stores it. Undefined for null, and for lists and objects other than `items`, which is a list of objects. */
const valueOf = (key: string, value: unknown): unknown => {
  if (key === "items") return Array.isArray(value) && value.every(Predicate.isObject) ? value : undefined
  if (typeof value === "boolean") return String(value)
  return typeof value === "string" || typeof value === "number" ? value : undefined
}

/** The parameters of an event that fit with the sink's own. */
const paramsOf = (values: Values, own: Values, { whenTooLarge }: Resolved): Values => {
  const all = Object.entries(values).flatMap(([key, given]) => {
    const value = Object.hasOwn(own, key) ? undefined : valueOf(key, given)
    return value === undefined ? [] : [{ key, value, fitting: limits.shorten(value, limits.value(key)) }]
  })
  for (const { key } of all) {
    Encoder.refuseIf(limits.reasonAgainst("parameter", key, `the key ${PropertyLimits.shorten(key, 100)}`))
  }
  const unfit = (room: number): ReadonlyArray<string> =>
    all.flatMap(({ fitting, key, value }, index) => (fitting === value && index < room ? [] : [key]))
  const room = limits.params - Object.keys(own).length
  const fits = unfit(room).length === 0
  if (!fits && whenTooLarge === "reject") Encoder.refuse(limits.tooLarge(unfit(room)))
  // The list of the incomplete takes a place, too.
  const marker = fits ? {} : { [limits.marker]: limits.shorten(unfit(room - 1).join(), limits.value(limits.marker)) }
  const kept = all.slice(0, fits ? room : room - 1).map(({ fitting, key }) => [key, fitting])
  return { ...Object.fromEntries(kept), ...marker, ...own }
}

/** The listed traits as user properties. Google cuts none of them, and ignores those that are too long. */
const userOf = (traits: Values, { userProperties }: Resolved): Values => {
  const kept = Object.entries(Struct.pick(traits, userProperties)).flatMap(([key, trait]) => {
    const value = limits.shorten(valueOf("", trait), limits.userPropertyValue)
    return value === undefined ? [] : [[key, { value }]]
  })
  return Object.fromEntries(kept)
}

/** Google's names for the properties of a page. */
const ofPage = { url: "page_location", referrer: "page_referrer", title: "page_title" } as const

const pageOf = ({ context = {} }: Message.Message): Values => {
  const page = context["page"] ?? null
  return Predicate.isObject(page) ? Struct.renameKeys(Struct.pick(page as Values, Object.keys(ofPage)), ofPage) : {}
}

/** The parameters of a message, before Google's limits. */
const valuesOf = (message: Message.Message, options: Resolved): Values => {
  switch (message.type) {
    case "track": {
      const keys = picked(options, message.event)
      return keys === undefined ? message.properties : Struct.pick(message.properties, keys)
    }
    case "page": {
      const { category = null, name = null, properties } = message
      return { page_title: name, page_category: category, ...Struct.renameKeys(properties, ofPage) }
    }
    case "screen": {
      const { category = null, name = null, properties } = message
      return { ...properties, screen_name: name, screen_category: category }
    }
    case "group":
      return { group_id: message.groupId, ...message.traits }
    default:
      return {}
  }
}

/** An id that a parameter can hold: a part of it could be another's. */
const idOf = (key: string, id: string | number): Values =>
  typeof id === "string" && id.length > limits.value(key)
    ? Encoder.refuse(`${key} is longer than the ${limits.value(key)} characters that Google stores`)
    : { [key]: id }

/** The sink's own parameters. */
const ownOf = (message: Message.Message, { engagementTime, messageId, sessionId }: Resolved): Values => {
  const session = sessionId(message)
  return {
    ...(session !== undefined && idOf(limits.own.session, session)),
    ...(engagementTime > 0 && { [limits.own.engagement]: engagementTime }),
    ...(messageId !== undefined && idOf(messageId, message.messageId))
  }
}

const envelopeOf = (message: Message.Message, user: Values | undefined, { clientId, validate }: Resolved): string => {
  const { context = {}, userId = "" } = message
  const client = textOf(clientId(message))
  if (client === undefined) Encoder.refuse(limits.noClient)
  if (userId.length > limits.userId) {
    Encoder.refuse(`the userId is longer than the ${limits.userId} characters that Google accepts`)
  }
  return JSON.stringify({
    client_id: client,
    user_id: textOf(userId),
    ip_override: textOf(context["ip"]),
    user_agent: textOf(context["userAgent"]),
    user_properties: user,
    validation_behavior: validate ? "ENFORCE_RECOMMENDATIONS" : undefined
  }).slice(0, -1)
}

const names = { identify: "identify", group: "join_group", page: "page_view", screen: "screen_viewed" } as const

const noAlias = Receipt.skipped("Google Analytics has no equivalent of alias: it joins a client's events by user_id")
const noTraits = Receipt.skipped("the message has none of the traits that the option userProperties lists")

/** Makes the encoder of messages to events. */
export const encoder = (options: Resolved): Encode =>
  Encoder.make({
    integration: "Google Analytics 4",
    encode: (message, _, now) => {
      if (message.type === "alias") return noAlias
      const user = message.type === "identify" ? userOf(message.traits, options) : undefined
      if (user !== undefined && Object.keys(user).length === 0) return noTraits
      const name = message.type === "track" ? eventName(options, message.event) : names[message.type]
      Encoder.refuseIf(limits.reasonAgainst("event", name, "the event's name"))
      const values = valuesOf(message, options)
      const params = paramsOf({ ...values, ...pageOf(message), ...values }, ownOf(message, options), options)
      const time = Date.parse(message.timestamp)
      if (Number.isNaN(time)) Encoder.refuse("the timestamp is not a date")
      if (options.whenOld === "reject" && time < now - limits.age) Encoder.refuse(limits.tooOld)
      const event = JSON.stringify({ name, timestamp_micros: time * 1_000, params })
      const envelope = envelopeOf(message, user, options)
      Encoder.within(envelope + event, limits.eventBytes, "Google")
      return { envelope, event }
    }
  })
