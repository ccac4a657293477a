/**
 * The six calls of the Segment Spec, as values and as schemas. They go from the tracker to the sinks.
 *
 * Every message has an id that stays the same through every retry, so that a vendor can drop duplicates. An id is a
 * UUIDv7; a `timestamp` is ISO 8601 in UTC (Segment Spec, "Common Fields").
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { Json } from "./internal/base/jsonText.ts"
import * as uuid from "./internal/base/uuid.ts"

/** Any JSON, as Effect names it. The declarations of your own code may name it, too. */
export type { Json } from "effect/Schema"

const Values = Schema.Record(Schema.String, Schema.Json)

const Common = {
  messageId: Schema.String,
  timestamp: Schema.String,
  userId: Schema.optionalKey(Schema.String),
  anonymousId: Schema.optionalKey(Schema.String),
  context: Schema.optionalKey(Values),
  integrations: Schema.optionalKey(Schema.Record(Schema.String, Schema.Union([Schema.Boolean, Values])))
}

/** A user did something (Segment Spec, "Track"). */
export const Track = Schema.Struct({
  type: Schema.Literal("track"),
  event: Schema.String,
  properties: Values,
  ...Common
})
/** A user's traits (Segment Spec, "Identify"). */
export const Identify = Schema.Struct({ type: Schema.Literal("identify"), traits: Values, ...Common })
/** A user's group (Segment Spec, "Group"). */
export const Group = Schema.Struct({
  type: Schema.Literal("group"),
  groupId: Schema.String,
  traits: Values,
  ...Common
})
/** Two ids of the same person (Segment Spec, "Alias"). */
export const Alias = Schema.Struct({ type: Schema.Literal("alias"), previousId: Schema.String, ...Common })
/** A page that a user saw (Segment Spec, "Page"). */
export const Page = Schema.Struct({
  type: Schema.Literal("page"),
  name: Schema.optionalKey(Schema.String),
  category: Schema.optionalKey(Schema.String),
  properties: Values,
  ...Common
})
/** An app's screen that a user saw (Segment Spec, "Screen"). */
export const Screen = Schema.Struct({
  type: Schema.Literal("screen"),
  name: Schema.optionalKey(Schema.String),
  category: Schema.optionalKey(Schema.String),
  properties: Values,
  ...Common
})

/** Any of the six calls. */
export const Message = Schema.Union([Track, Identify, Group, Alias, Page, Screen])

/** Somebody did something. */
export type Track = typeof Track.Type
/** Who somebody is. */
export type Identify = typeof Identify.Type
/** Which group somebody belongs to. */
export type Group = typeof Group.Type
/** That two ids are one person. */
export type Alias = typeof Alias.Type
/** A page that somebody saw. */
export type Page = typeof Page.Type
/** A screen of an app that somebody saw. */
export type Screen = typeof Screen.Type
/** Any of the six calls. */
export type Message = typeof Message.Type

/**
 * A new message id: a UUIDv7 of a time in milliseconds since 1970, later than every one before it unless the clock went back by more than a day.
 * A value that is not a time, such as NaN, counts as now.
 */
export const nextId = (now: number): string => uuid.next(now)

/** The JSON of a message, made once: messages never change, they are only copied. */
export const toJson = (message: Message): string => Json.of(message)

/** The size of a message's JSON in UTF-8 bytes, the unit of every sink's limits. */
export const byteLength = (message: Message): number => Json.bytesOf(message)
