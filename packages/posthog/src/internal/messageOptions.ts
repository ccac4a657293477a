import type * as Message from "@trackmap/core/Message"
import * as Receipt from "@trackmap/core/Receipt"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"

/** This sink's key in `integrations`. */
export const integration = "PostHog"

const Values = Schema.Record(Schema.String, Schema.Json)

export const MessageOptions = Schema.Struct({
  set: Schema.optionalKey(Values),
  setOnce: Schema.optionalKey(Values),
  unset: Schema.optionalKey(Schema.Array(Schema.String)),
  personProfile: Schema.optionalKey(Schema.Boolean),
  groupType: Schema.optionalKey(Schema.NonEmptyString)
})
export type MessageOptions = typeof MessageOptions.Type

const decode = Schema.decodeUnknownResult(MessageOptions, { onExcessProperty: "error" })
const format = SchemaIssue.makeFormatterStandardSchemaV1()
/** The options of most messages. */
export const none: MessageOptions = {}

/** The options that a type of message can have. An event without a person has nothing to set. */
const allowed = (message: Message.Message, { personProfile }: MessageOptions): ReadonlyArray<string> => {
  if (message.type === "alias") return []
  if (message.type === "group") return ["groupType"]
  const person = personProfile === false ? [] : ["set", "setOnce", "unset"]
  return message.type === "identify" ? person : [...person, "personProfile"]
}

/** The options of a message, or why they are invalid. */
export const of = (message: Message.Message): MessageOptions | string => {
  const given = message.integrations?.[integration]
  if (given === undefined || typeof given === "boolean") return none
  const decoded = decode(given)
  if (Result.isFailure(decoded)) {
    const [first] = format(decoded.failure.issue).issues[0]?.path ?? []
    const name = String(typeof first === "object" ? first.key : first).replaceAll(/[^\w$ -]/g, "?")
    return `integrations.${integration} has an invalid option: ${name.slice(0, 100)}`
  }
  const names = allowed(message, decoded.success)
  const misplaced = Object.keys(decoded.success).find((name) => !names.includes(name))
  if (misplaced === undefined) return decoded.success
  const why = decoded.success.personProfile === false && message.type !== "identify" ? " without a person" : ""
  return `integrations.${integration}.${misplaced} is not for a message of type ${message.type}${why}`
}

/** Whether a message is meant for PostHog. */
export const isOn = ({ integrations }: Message.Message): boolean =>
  integrations === undefined || Boolean(integrations[integration] ?? integrations["All"] ?? true)

/** The outcome of other messages. */
export const off = Receipt.skipped(`the message's integrations exclude ${integration}`)
