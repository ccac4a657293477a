import type * as Message from "@trackmap/core/Message"
import type * as Encoder from "@trackmap/core/Encoder"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"

const Values = Schema.Record(Schema.String, Schema.Json)

export const MessageOptions = Schema.Struct({
  set: Schema.optionalKey(Values),
  setOnce: Schema.optionalKey(Values),
  unset: Schema.optionalKey(Schema.Array(Schema.String)),
  personProfile: Schema.optionalKey(Schema.Boolean),
  groupType: Schema.optionalKey(Schema.NonEmptyString)
})
export type MessageOptions = typeof MessageOptions.Type

const events: ReadonlyArray<Message.Message["type"]> = ["track", "page", "screen"]
const persons: ReadonlyArray<Message.Message["type"]> = [...events, "identify"]

/** The types of messages that can have each option. */
export const types: Encoder.Types<MessageOptions> = {
  ...Record.map(MessageOptions.fields, () => persons),
  personProfile: events,
  groupType: ["group"]
}
