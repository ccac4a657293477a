import * as Encoder from "@trackmap/core/Encoder"
import type * as Message from "@trackmap/core/Message"
import type * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as Receipt from "@trackmap/core/Receipt"
import { fieldsOf } from "./context.ts"
import * as limits from "./limits.ts"
import { views } from "./names.ts"
import type { Resolved } from "./options.ts"
import { Operations, propertiesOf, types } from "./operations.ts"

const noAlias = Receipt.skipped(
  "Amplitude has no equivalent of alias for events: it joins a user and a device at the first event with both ids"
)

const names = { identify: "$identify", group: "$groupidentify", ...views } as const

type Sent = Exclude<Message.Message, Message.Alias>

/** The properties of an event. Its own take precedence over those that the sink adds. */
const valuesOf = (message: Exclude<Sent, Message.Identify | Message.Group>): PropertyLimits.Values => {
  const traceId = message.context?.["traceId"]
  if (message.type === "track" && traceId === undefined) return message.properties
  const { category, name } = message.type === "track" ? {} : message
  const own = { ...(name && { name }), ...(category && { category }), ...(traceId && { trace_id: traceId }) }
  return { ...own, ...message.properties }
}

/** The group of a message, as JSON with a comma before it. A context has none if Amplitude would not accept its id. */
const groupsOf = (message: Message.Message, groupType: string): string => {
  const groupId = message.type === "group" ? message.groupId : message.context?.["groupId"]
  const wrong = typeof groupId === "string" ? limits.reasonAgainstId("groupId", groupId, 1) : "the groupId is no text"
  if (message.type === "group") Encoder.refuseIf(wrong)
  return wrong === undefined ? `,"groups":{${JSON.stringify(groupType)}:${JSON.stringify(groupId)}}` : ""
}

/** The properties of the event, the user or the group, as JSON with a comma before them. */
const contentOf = (message: Sent, operations: Operations, whenTooLarge: Resolved["whenTooLarge"]): string => {
  if ("traits" in message) {
    const whose = message.type === "group" ? "group" : "user"
    return `,"${whose}_properties":${propertiesOf(message.traits, operations, whenTooLarge)}`
  }
  const json = JSON.stringify(Encoder.fitted(valuesOf(message), limits.properties, whenTooLarge))
  return json.startsWith("{") ? `,"event_properties":${json}` : Encoder.refuse("the properties are not an object")
}

/** A user or a device, as JSON with a comma before it. */
const idOf = (field: string, name: string, id: string | undefined, { minIdLength }: Resolved): string => {
  const wrong = id && limits.reasonAgainstId(name, id, minIdLength)
  return id ? `,"${field}":${JSON.stringify(Encoder.accepted(id, wrong))}` : ""
}

/** Makes the encoder of messages to events. */
export const encoder = (form: Resolved) =>
  Encoder.make({
    integration: "Amplitude",
    options: Operations,
    types,
    encode: (message, operations = {}) => {
      if (message.type === "alias") return noAlias
      const { anonymousId, context, messageId, timestamp, type, userId } = message
      const name = type === "track" ? message.event : names[type]
      if (type === "track") Encoder.refuseIf(limits.reasonAgainstName(name))
      const who = idOf("user_id", "userId", userId, form) + idOf("device_id", "anonymousId", anonymousId, form)
      if (who === "") Encoder.refuse("the message has neither a userId nor an anonymousId")
      const time = Date.parse(timestamp)
      if (!(time >= 0)) Encoder.refuse("the timestamp is not a date, or is before 1970")
      if (messageId === "" || messageId.length > limits.characters) {
        Encoder.refuse(
          `the messageId is empty, or longer than ${limits.characters} characters, so Amplitude could not recognise duplicates`
        )
      }
      const fields = context === undefined ? "" : fieldsOf(context)
      const groups = groupsOf(message, operations.groupType ?? form.groupType)
      const content = contentOf(message, operations, form.whenTooLarge)
      return `{"event_type":${JSON.stringify(name)},"time":${time},"insert_id":${JSON.stringify(messageId)}${who}${fields}${groups}${content}}`
    }
  })
