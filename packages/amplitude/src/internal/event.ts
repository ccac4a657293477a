import type * as Message from "@trackmap/core/Message"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as Receipt from "@trackmap/core/Receipt"
import { fieldsOf } from "./context.ts"
import * as limits from "./limits.ts"
import * as operations from "./operations.ts"

/** How messages become events. */
export interface Form {
  readonly groupType: string
  readonly minIdLength: number
  readonly whenTooLarge: "cut" | "reject"
}

const off = Receipt.skipped(`the message's integrations exclude ${operations.integration}`)
const noAlias = Receipt.skipped(
  "Amplitude has no equivalent of alias for events: it joins a user and a device at the first event with both ids"
)

/** All pages share one name, as do all screens: the types of events of a project are limited ("Limits"). */
const nameOf = (message: Message.Message): string => {
  switch (message.type) {
    case "track":
      return message.event
    case "identify":
      return "$identify"
    case "group":
      return "$groupidentify"
    default:
      return message.type === "page" ? "Page Viewed" : "Screen Viewed"
  }
}

/** The properties of an event as JSON, or why Amplitude would not take them all. */
const propertiesOf = (
  message: Message.Track | Message.Page | Message.Screen,
  whenTooLarge: Form["whenTooLarge"]
): { readonly json: string } | string => {
  let values = message.properties
  const traceId = message.context?.["traceId"]
  if (message.type !== "track" || traceId !== undefined) {
    const { category, name } = message.type === "track" ? {} : message
    const own = { ...(name && { name }), ...(category && { category }), ...(traceId && { trace_id: traceId }) }
    values = { ...own, ...values }
  }
  if (PropertyLimits.fits(values, limits.properties)) return { json: JSON.stringify(values) }
  return whenTooLarge === "cut"
    ? { json: JSON.stringify(PropertyLimits.cut(values, limits.properties)) }
    : PropertyLimits.reasonAgainst(values, limits.properties)
}

const groupsJson = (groupType: string, groupId: string): string =>
  `,"groups":{${JSON.stringify(groupType)}:${JSON.stringify(groupId)}}`

/** The groups, and the properties of the event, the user or the group, as JSON with a comma before each; or why Amplitude would not take them. */
const contentOf = (
  message: Exclude<Message.Message, Message.Alias>,
  form: Form
): { readonly json: string } | string => {
  const asked = operations.of(message)
  if (typeof asked === "string") return asked
  const groupId = message.type === "group" ? message.groupId : message.context?.["groupId"]
  const hasGroup = typeof groupId === "string" && groupId !== ""
  const unfit = hasGroup ? limits.reasonAgainstId("groupId", groupId, 1) : "the groupId is empty"
  if (message.type === "group" && unfit !== undefined) return unfit
  const groups = hasGroup && unfit === undefined ? groupsJson(asked.groupType ?? form.groupType, groupId) : ""
  if (message.type === "identify" || message.type === "group") {
    const properties = operations.propertiesOf(message.traits, asked, form.whenTooLarge)
    if (typeof properties === "string") return properties
    return { json: `${groups},"${message.type === "group" ? "group" : "user"}_properties":${properties.json}` }
  }
  const properties = propertiesOf(message, form.whenTooLarge)
  if (typeof properties === "string") return properties
  return properties.json.startsWith("{")
    ? { json: `${groups},"event_properties":${properties.json}` }
    : "the properties are not an object"
}

/** Why Amplitude would not accept the ids or the time of a message. */
const reasonAgainst = ({ anonymousId = "", messageId, timestamp, userId = "" }: Message.Message, form: Form) => {
  if (userId === "" && anonymousId === "") return "the message has neither a userId nor an anonymousId"
  if (!(Date.parse(timestamp) >= 0)) return "the timestamp is not a date, or is before 1970"
  if (messageId === "" || messageId.length > limits.characters) {
    return `the messageId is empty, or longer than ${limits.characters} characters, so Amplitude could not recognise duplicates`
  }
  return (
    (userId === "" ? undefined : limits.reasonAgainstId("userId", userId, form.minIdLength)) ??
    (anonymousId === "" ? undefined : limits.reasonAgainstId("anonymousId", anonymousId, form.minIdLength))
  )
}

/** The event of a message as JSON, or the outcome of a message that has none. */
export const encode = (message: Message.Message, form: Form): string | Receipt.Outcome => {
  if (!operations.isOn(message)) return off
  if (message.type === "alias") return noAlias
  const name = nameOf(message)
  const wrong = (message.type === "track" ? limits.reasonAgainstName(name) : undefined) ?? reasonAgainst(message, form)
  if (wrong !== undefined) return Receipt.rejected(wrong)
  const content = contentOf(message, form)
  if (typeof content === "string") return Receipt.rejected(content)
  const { anonymousId, context, messageId, timestamp, userId } = message
  const user = userId ? `,"user_id":${JSON.stringify(userId)}` : ""
  const device = anonymousId ? `,"device_id":${JSON.stringify(anonymousId)}` : ""
  const fields = context === undefined ? "" : fieldsOf(context)
  return `{"event_type":${JSON.stringify(name)},"time":${Date.parse(timestamp)},"insert_id":${JSON.stringify(messageId)}${user}${device}${fields}${content.json}}`
}
