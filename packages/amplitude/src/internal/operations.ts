import type * as Message from "@trackmap/core/Message"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as limits from "./limits.ts"

/** This sink's key in `integrations`: Segment's name for Amplitude. */
export const integration = "Amplitude"

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

const decode = Schema.decodeUnknownResult(Operations, { onExcessProperty: "error" })
const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** The path of an invalid value, without the value, and without characters of a key that could forge a log line. */
const pathOf = (issue: SchemaIssue.Issue): string =>
  ["integrations", integration, ...(format(issue).issues[0]?.path ?? [])]
    .map((segment) => String(typeof segment === "object" ? segment.key : segment).replaceAll(/[^\w$ -]/g, "?"))
    .map((segment) => segment.slice(0, 100))
    .join(".")

/** Whether a message goes to Amplitude. */
export const isOn = ({ integrations }: Message.Message): boolean =>
  integrations === undefined || Boolean(integrations[integration] ?? integrations["All"] ?? true)

/** The operations of a message, or why it cannot have them. */
export const of = ({ integrations, type }: Message.Message): Operations | string => {
  const asked = integrations?.[integration]
  if (typeof asked !== "object" || Object.keys(asked).length === 0) return {}
  const decoded = decode(asked)
  if (Result.isFailure(decoded)) return `${pathOf(decoded.failure.issue)} is not a valid operation`
  if (type !== "identify" && type !== "group") {
    return `integrations.${integration} has operations, which only identify and group messages can have`
  }
  if (type === "identify" && decoded.success.groupType !== undefined) {
    return `integrations.${integration}.groupType is only for group messages`
  }
  return decoded.success
}

/** The properties of a user or a group as JSON: its traits, which are set, and operations. Or why Amplitude would not take them all. */
export const propertiesOf = (
  traits: PropertyLimits.Values,
  { groupType: _, unset = [], ...others }: Operations,
  whenTooLarge: "cut" | "reject"
): { readonly json: string } | string => {
  const asked: ReadonlyArray<readonly [operation: string, values: PropertyLimits.Values]> = [
    ["set", traits],
    ...Object.entries(others),
    // Amplitude reads the names alone, and its SDKs send this value.
    ["unset", Object.fromEntries(unset.map((name) => [name, "-"]))]
  ]
  const written: Array<string> = []
  for (const [operation, values] of asked) {
    if (Object.keys(values).length === 0) continue
    const fits = PropertyLimits.fits(values, limits.traits)
    if (!fits && (whenTooLarge === "reject" || operation !== "set")) {
      return `${operation}: ${PropertyLimits.reasonAgainst(values, limits.traits)}`
    }
    written.push(`"$${operation}":${JSON.stringify(fits ? values : PropertyLimits.cut(values, limits.traits))}`)
  }
  return { json: `{${written.join(",")}}` }
}
