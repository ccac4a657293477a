import * as Encoder from "@trackmap/core/Encoder"
import type * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import * as limits from "./limits.ts"

const Values = Schema.Record(Schema.String, Schema.Json)

export const Operations = Schema.Struct({
  groupType: Schema.optionalKey(Schema.NonEmptyString),
  setOnce: Schema.optionalKey(Values),
  add: Schema.optionalKey(Schema.Record(Schema.String, Schema.Finite)),
  append: Schema.optionalKey(Values),
  prepend: Schema.optionalKey(Values),
  preInsert: Schema.optionalKey(Values),
  postInsert: Schema.optionalKey(Values),
  remove: Schema.optionalKey(Values),
  unset: Schema.optionalKey(Schema.Array(Schema.String))
})
export type Operations = typeof Operations.Type

const profiles = ["identify", "group"] as const

/** The types of messages that can have each operation. */
export const types: Encoder.Types<Operations> = {
  ...Record.map(Operations.fields, () => profiles),
  groupType: ["group"]
}

/** The properties of a user or a group as JSON: its traits, which are set, and operations. */
export const propertiesOf = (
  traits: PropertyLimits.Values,
  { groupType: _, unset = [], ...others }: Operations,
  whenTooLarge: "cut" | "reject"
): string => {
  // Amplitude reads the names alone of what is unset, and its SDKs send this value.
  const asked = { set: traits, ...others, unset: Object.fromEntries(unset.map((name) => [name, "-"])) }
  const written = Object.entries<PropertyLimits.Values>(asked)
    .filter(([, values]) => Object.keys(values).length > 0)
    .map(([operation, values]) => {
      const policy = operation === "set" ? whenTooLarge : "reject"
      return `"$${operation}":${JSON.stringify(Encoder.fitted(values, limits.traits, policy, `${operation}: `))}`
    })
  return `{${written.join()}}`
}
