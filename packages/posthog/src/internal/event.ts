import type * as Message from "@trackmap/core/Message"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as Receipt from "@trackmap/core/Receipt"
import * as Uuid from "@trackmap/core/Uuid"
import { Extra } from "./extra.ts"
import * as identity from "./identity.ts"
import * as limits from "./limits.ts"
import * as messageOptions from "./messageOptions.ts"
import { version } from "./version.ts"

/** How messages become events. */
export interface Form {
  readonly api: "events" | "batch"
  readonly groupType: string
  readonly personProfiles: "always" | "identified_only"
}

const names = {
  page: "$pageview",
  screen: "$screen",
  identify: "$identify",
  group: "$groupidentify",
  alias: "$create_alias"
} as const

/** RFC 3339, which the per-event API requires. */
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

/** A timestamp as PostHog reads it, or why it cannot. */
const timestampOf = (timestamp: string, now: number): { readonly text: string; readonly wrong?: string } => {
  const time = Date.parse(timestamp)
  if (time > now + limits.ahead) return { text: "", wrong: "the timestamp is more than 23 hours in the future" }
  if (!Number.isNaN(time)) {
    const text = rfc3339.test(timestamp) ? timestamp : new Date(time).toISOString()
    if (rfc3339.test(text)) return { text }
  }
  return { text: "", wrong: "the timestamp is not a date of the years 0 to 9999" }
}

/** The properties that are the sink's own for each type of message. */
const addOwn = (message: Message.Message, extra: Extra, groupType: string): void => {
  switch (message.type) {
    case "page":
      extra.add("name", message.name)
      extra.add("category", message.category)
      break
    case "screen":
      extra.add("$screen_name", message.name)
      extra.add("category", message.category)
      break
    case "identify":
      if (message.userId) extra.add("$anon_distinct_id", message.anonymousId)
      break
    case "group":
      extra.write("$group_type", groupType)
      extra.write("$group_key", message.groupId)
      extra.write("$group_set", message.traits)
      break
    case "alias":
      extra.write("alias", message.previousId)
      break
  }
}

/** The context of a message. What a page of the Segment Spec has in its own properties ("Spec: Page") takes precedence over its context. */
const contextOf = (message: Message.Message, extra: Extra): PropertyLimits.Values | undefined => {
  if (message.type !== "page") return message.context
  const page = { ...(message.context?.["page"] as PropertyLimits.Values | undefined), ...message.properties }
  if (typeof page["url"] === "string" && URL.canParse(page["url"])) extra.add("$host", new URL(page["url"]).host)
  return { ...message.context, page }
}

const changes = { set: "$set", setOnce: "$set_once", unset: "$unset" } as const
const changeNames = ["set", "setOnce", "unset"] as const

/** Adds the changes of a person, or returns why the message cannot have them. */
const addChanges = (message: Message.Message, extra: Extra, options: messageOptions.MessageOptions) => {
  if (options === messageOptions.none && message.type !== "identify") return undefined
  for (const name of changeNames) {
    const key = changes[name]
    const values = options[name]
    if (name === "set" && message.type === "identify") extra.write(key, { ...message.traits, ...options.set })
    else if (values !== undefined) {
      if (Object.hasOwn(extra.own, key))
        return `integrations.${messageOptions.integration}.${name} and the property ${key} exclude each other`
      extra.write(key, values)
    }
  }
  return undefined
}

const none: PropertyLimits.Values = {}
const library = `,"$lib":"@trackmap/posthog","$lib_version":${JSON.stringify(version)}`

/** PostHog's `uuid` of a message, as its response writes it. */
export const uuidOf = ({ messageId }: Message.Message): string => Uuid.of(messageId).toLowerCase()

/** The event as JSON, or the outcome of a message that PostHog would not accept. The sink adds its properties as text, and copies none. */
const make = (message: Message.Message, form: Form, now: number): string | Receipt.Outcome => {
  if (!messageOptions.isOn(message)) return messageOptions.off
  const options = messageOptions.of(message)
  if (typeof options === "string") return Receipt.rejected(options)
  const { anonymousId, type, userId } = message
  const name = type === "track" ? message.event : names[type]
  const groupType = options.groupType ?? form.groupType
  const who = identity.of(message, groupType)
  const timestamp = timestampOf(message.timestamp, now)
  const isEvent = type === "track" || type === "page" || type === "screen"
  const extra = new Extra(isEvent ? message.properties : none)
  const wrong = limits.reasonAgainstName(name) ?? who.wrong ?? timestamp.wrong ?? addChanges(message, extra, options)
  if (wrong !== undefined) return Receipt.rejected(wrong)

  const isChange = extra.json !== ""
  const isPersonless =
    isEvent && !(options.personProfile ?? (form.personProfiles === "always" || Boolean(userId) || isChange))
  addOwn(message, extra, groupType)
  const context = contextOf(message, extra)
  if (userId) extra.add("$device_id", anonymousId)
  if (context !== undefined) extra.addContext(context, groupType)
  extra.addAddress(context?.["ip"])
  if (form.api === "batch") extra.json += isPersonless ? `${library},"$process_person_profile":false` : library
  const own = JSON.stringify(extra.own)
  if (!own.startsWith("{")) return Receipt.rejected("the properties are not an object")
  const properties = own === "{}" ? `{${extra.json.slice(1)}}` : `${own.slice(0, -1)}${extra.json}}`
  const beside = isPersonless && form.api === "events" ? `"options":{"process_person_profile":false},` : ""
  const json = `{"uuid":"${uuidOf(message)}","event":${JSON.stringify(name)},"distinct_id":${JSON.stringify(who.id)},"timestamp":"${timestamp.text}",${beside}"properties":${properties}}`
  return PropertyLimits.exceeds(json, limits.messageBytes)
    ? Receipt.rejected(`the event is longer than the ${limits.messageBytes} bytes that PostHog accepts`)
    : json
}

/** The event of a message as JSON, or the outcome of a message that PostHog would not accept. */
export const encode = (message: Message.Message, form: Form, now: number): string | Receipt.Outcome => {
  try {
    return make(message, form, now)
  } catch {
    // The error may contain a value, so the reason does not quote it.
    return Receipt.rejected("JSON cannot represent the message")
  }
}
