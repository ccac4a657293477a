import type * as Encoder from "@trackmap/core/Encoder"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"

const Values = Schema.Record(Schema.String, Schema.Json)

/**
 * The options of one message. `set`, `setOnce` and `unset` change properties of the person (`$set`, `$set_once`, `$unset`), from any message
 * but `group` and `alias`; `personProfile: false` creates no person for an event; `groupType` is the type of a `group` message.
 */
export const MessageOptions = Schema.Struct({
  set: Schema.optionalKey(Values),
  setOnce: Schema.optionalKey(Values),
  unset: Schema.optionalKey(Schema.Array(Schema.String)),
  personProfile: Schema.optionalKey(Schema.Boolean),
  groupType: Schema.optionalKey(Schema.NonEmptyString)
})
/** The options of one message. */
export type MessageOptions = typeof MessageOptions.Type

const events = ["track", "page", "screen"] as const
const persons = [...events, "identify"] as const

/** The types of messages that can have each option. */
export const types: Encoder.Types<MessageOptions> = {
  ...Record.map(MessageOptions.fields, () => persons),
  personProfile: events,
  groupType: ["group"]
}
