import type * as Message from "@trackmap/core/Message"
import * as LetterCase from "@trackmap/core/LetterCase"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as Receipt from "@trackmap/core/Receipt"
import * as limits from "./limits.ts"

type Values = PropertyLimits.Values

/** How messages become events. */
export interface Form {
  readonly clientId: (message: Message.Message) => string | undefined
  readonly sessionId: (message: Message.Message) => string | number | undefined
  readonly events: Readonly<Record<string, string>>
  readonly params: Readonly<Record<string, ReadonlyArray<string>>>
  readonly userProperties: ReadonlyArray<string>
  readonly engagementTime: number
  readonly messageId: string | undefined
  readonly whenTooLarge: "cut" | "reject"
  readonly whenOld: "reject" | "send"
  readonly validate: boolean
}

/** An event, and the start of the request that it goes in, which it shares with other events of the same client and user. */
export interface Made {
  readonly envelope: string
  readonly event: string
}

/** Why a message has no event. */
class Refusal {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

/** The parameter that lists the keys of incomplete values. */
export const marker = "truncated_keys"

/** Google's name of an event of the plan. */
export const eventName = ({ events }: Form, event: string): string =>
  Object.hasOwn(events, event) ? events[event]! : LetterCase.snake(event)

/** The keys that the options pick for an event. All, without an option. */
export const picked = ({ params }: Form, event: string): ReadonlyArray<string> | undefined =>
  Object.hasOwn(params, event) ? params[event] : undefined

/** The parameters that the sink adds to each event. */
export const added = ({ engagementTime, messageId }: Form): number =>
  1 + (engagementTime > 0 ? 1 : 0) + (messageId === undefined ? 0 : 1)

const isRecord = (u: unknown): u is Values => typeof u === "object" && u !== null && !Array.isArray(u)

/** A value as Google stores it. Undefined for null, and for lists and objects other than `items`, which is a list of objects. */
const valueOf = (key: string, value: unknown): unknown => {
  if (key === "items") return Array.isArray(value) && value.every(isRecord) ? value : undefined
  if (typeof value === "boolean") return String(value)
  return typeof value === "string" || typeof value === "number" ? value : undefined
}

/** The parameters of an event that fit. `own` are added, and count. */
const paramsOf = (values: Values, keys: Iterable<string>, own: Values, form: Form): Values => {
  const kept: Array<readonly [key: string, value: unknown]> = []
  const cut: Array<string> = []
  for (const key of keys) {
    const value = Object.hasOwn(values, key) ? valueOf(key, values[key]) : undefined
    if (value === undefined || Object.hasOwn(own, key)) continue
    const wrong = limits.reasonAgainst("parameter", key)
    if (wrong !== undefined) throw new Refusal(`the key ${PropertyLimits.listed([key], 100)} ${wrong}`)
    const fitting = typeof value === "string" ? limits.shorten(value, limits.value(key)) : value
    if (fitting !== value) cut.push(key)
    kept.push([key, fitting])
  }
  const room = limits.params - Object.keys(own).length
  if (cut.length > 0 || kept.length > room) {
    if (form.whenTooLarge === "reject") throw new Refusal(tooLarge([...cut, ...keysOf(kept.slice(room))]))
    // The marker takes a place, too.
    const left = keysOf(kept.splice(room - 1))
    kept.push([marker, limits.shorten([...new Set([...cut, ...left])].join(), limits.value(marker))])
  }
  return { ...Object.fromEntries(kept), ...own } as Values
}

const keysOf = (some: ReadonlyArray<readonly [string, unknown]>): ReadonlyArray<string> => some.map(([key]) => key)

const tooLarge = (keys: ReadonlyArray<string>): string =>
  `Google does not store all of ${PropertyLimits.listed(keys, 100)}: it takes ${limits.params} parameters, and texts of ${limits.value("")} characters`

/** The page of the context, under Google's names. */
const pageOf = ({ context }: Message.Message): Values => {
  const page = context?.["page"]
  if (!isRecord(page)) return {}
  const { referrer = null, title = null, url = null } = page
  return { page_location: url, page_referrer: referrer, page_title: title }
}

interface Named {
  readonly name: string
  readonly values: Values
  readonly keys?: ReadonlyArray<string> | undefined
  readonly user?: Values
}

const namedOf = (message: Message.Message, form: Form): Named | Receipt.Outcome => {
  switch (message.type) {
    case "track":
      return { name: eventName(form, message.event), values: message.properties, keys: picked(form, message.event) }
    case "page": {
      const { category = null, name = null, properties } = message
      const { referrer = null, title = name, url = null, ...rest } = properties
      const page = pageOf(message)
      const said = { page_location: url ?? page["page_location"]!, page_referrer: referrer ?? page["page_referrer"]! }
      return { name: "page_view", values: { ...rest, page_category: category, page_title: title, ...said } }
    }
    case "screen": {
      const { category = null, name = null, properties } = message
      return { name: "screen_viewed", values: { ...properties, screen_name: name, screen_category: category } }
    }
    case "group":
      return { name: "join_group", values: { group_id: message.groupId, ...message.traits } }
    case "identify": {
      const user = userOf(message.traits, form.userProperties)
      if (Object.keys(user).length === 0) return noTraits
      return { name: "identify", values: {}, user }
    }
    default:
      return noAlias
  }
}

const noAlias = Receipt.skipped("Google Analytics has no equivalent of alias: it joins a client's events by user_id")
const noTraits = Receipt.skipped("the message has none of the traits that the option userProperties lists")

/** The listed traits as user properties. Google cuts none of them, and ignores those that are too long. */
const userOf = (traits: Values, names: ReadonlyArray<string>): Values => {
  const kept = names.flatMap((name) => {
    const value = Object.hasOwn(traits, name) ? valueOf("", traits[name]) : undefined
    if (value === undefined) return []
    return [
      [name, { value: typeof value === "string" ? limits.shorten(value, limits.userPropertyValue) : value }] as const
    ]
  })
  return Object.fromEntries(kept) as Values
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)

const envelopeOf = (message: Message.Message, user: Values | undefined, form: Form): string => {
  const { context, userId } = message
  const clientId = form.clientId(message)
  if (typeof clientId !== "string" || clientId === "") {
    throw new Refusal(
      "the message has no client id, which Google requires: track with an anonymousId, or see the option clientId"
    )
  }
  if (userId !== undefined && userId.length > limits.userId) {
    throw new Refusal(`the userId is longer than the ${limits.userId} characters that Google accepts`)
  }
  return JSON.stringify({
    client_id: clientId,
    user_id: userId || undefined,
    ip_override: textOf(context?.["ip"]),
    user_agent: textOf(context?.["userAgent"]),
    user_properties: user,
    validation_behavior: form.validate ? "ENFORCE_RECOMMENDATIONS" : undefined
  }).slice(0, -1)
}

const timeOf = ({ timestamp }: Message.Message, { whenOld }: Form, now: number): number => {
  const time = Date.parse(timestamp)
  if (Number.isNaN(time)) throw new Refusal("the timestamp is not a date")
  if (whenOld === "reject" && time < now - limits.age) {
    throw new Refusal("the timestamp is more than 72 hours ago, and Google would store another: see the option whenOld")
  }
  return time
}

const madeOf = (message: Message.Message, form: Form, now: number): Made | Receipt.Outcome => {
  const named = namedOf(message, form)
  if ("_tag" in named) return named
  const { keys, name, user, values } = named
  const wrong = limits.reasonAgainst("event", name)
  if (wrong !== undefined) throw new Refusal(`the event's name ${wrong}`)
  const session = form.sessionId(message)
  const own: Record<string, string | number> = {}
  if (session !== undefined) own["session_id"] = session
  if (form.engagementTime > 0) own["engagement_time_msec"] = form.engagementTime
  if (form.messageId !== undefined) own[form.messageId] = message.messageId
  for (const [key, text] of Object.entries(own)) {
    // A part of an id could be another's.
    if (typeof text === "string" && text.length > limits.value(key)) {
      throw new Refusal(`${key} is longer than the ${limits.value(key)} characters that Google stores`)
    }
  }
  const page = message.type === "page" ? {} : pageOf(message)
  const all = new Set([...(keys ?? Object.keys(values)), ...Object.keys(page)])
  const params = paramsOf({ ...page, ...values }, all, own, form)
  const time = timeOf(message, form, now)
  const made = {
    envelope: envelopeOf(message, user, form),
    event: JSON.stringify({ name, timestamp_micros: time * 1_000, params })
  }
  if (PropertyLimits.exceeds(`${made.envelope}${made.event}`, limits.bytes - 20)) {
    throw new Refusal(`the event does not fit into the ${limits.bytes} bytes of a request`)
  }
  return made
}

const off = Receipt.skipped("the message's integrations exclude Google Analytics 4")
const integration = "Google Analytics 4"

const isOn = ({ integrations }: Message.Message): boolean =>
  integrations === undefined || Boolean(integrations[integration] ?? integrations["All"] ?? true)

/** A message's event, or the outcome of a message that Google would ignore, or store otherwise. */
export const encode = (message: Message.Message, form: Form, now: number): Made | Receipt.Outcome => {
  if (!isOn(message)) return off
  try {
    return madeOf(message, form, now)
  } catch (thrown) {
    // Another error may contain a value, so the reason does not quote it.
    return Receipt.rejected(thrown instanceof Refusal ? thrown.reason : "JSON cannot represent the message")
  }
}
