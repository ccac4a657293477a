import type * as Message from "@trackmap/core/Message"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as Receipt from "@trackmap/core/Receipt"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { Settings } from "./event.ts"
import * as identity from "./identity.ts"
import * as limits from "./limits.ts"
import { traitName } from "./names.ts"

/** This sink's key in `integrations`: Segment's name for Mixpanel. */
export const integration = "Mixpanel"

const Values = Schema.Record(Schema.String, Schema.Json)
const Lists = Schema.Record(Schema.String, Schema.Array(Schema.Json))

export const Operations = Schema.Struct({
  groupKey: Schema.optionalKey(Schema.NonEmptyString),
  setOnce: Schema.optionalKey(Values),
  add: Schema.optionalKey(Schema.Record(Schema.String, Schema.Finite)),
  append: Schema.optionalKey(Values),
  union: Schema.optionalKey(Lists),
  remove: Schema.optionalKey(Values),
  unset: Schema.optionalKey(Schema.Array(Schema.String)),
  delete: Schema.optionalKey(Schema.Literal(true))
})
export type Operations = typeof Operations.Type

const decode = Schema.decodeUnknownResult(Operations, { onExcessProperty: "error" })
const format = SchemaIssue.makeFormatterStandardSchemaV1()

/**
 * The path of an invalid value. It contains neither the value nor the schema's message about it, and no characters of a key that could
 * forge a log line.
 */
const pathOf = (issue: SchemaIssue.Issue): string =>
  [integration, ...(format(issue).issues[0]?.path ?? [])]
    .map((segment) =>
      limits.shorten(String(typeof segment === "object" ? segment.key : segment).replaceAll(/[^\w$ -]/g, "?"))
    )
    .join(".")

/** Whether a message has operations. */
export const asks = ({ integrations }: Message.Message): boolean => {
  const asked = integrations?.[integration]
  return typeof asked === "object" && Object.keys(asked).length > 0
}

/** The operations of a message, or why they are invalid. */
const operationsOf = (message: Message.Identify | Message.Group): Operations | string => {
  const asked = message.integrations?.[integration]
  if (asked === undefined || typeof asked === "boolean") return {}
  const decoded = decode(asked)
  if (Result.isFailure(decoded)) return `integrations.${pathOf(decoded.failure.issue)} is not a valid operation`
  const { delete: deletes, groupKey, ...others } = decoded.success
  const wrong = (name: string, why: string): string => `integrations.${integration}.${name} ${why}`
  if (message.type === "identify" && groupKey !== undefined) return wrong("groupKey", "is only for group messages")
  if (message.type === "group") {
    const counter = (["add", "append"] as const).find((name) => others[name] !== undefined)
    if (counter !== undefined) return wrong(counter, "is only for users: Mixpanel does not document it for groups")
  }
  if (deletes && (Object.keys(others).length > 0 || Object.keys(message.traits).length > 0)) {
    return wrong("delete", "cannot be combined with traits or other operations")
  }
  for (const name of ["setOnce", "append", "union", "remove"] as const) {
    const values = others[name] ?? {}
    if (!PropertyLimits.fits(values, limits.profile)) {
      return wrong(name, `is too large: ${PropertyLimits.reasonAgainst(values, limits.profile)}`)
    }
  }
  return decoded.success
}

/** The traits under Mixpanel's names. A trait that already has such a name takes precedence. */
const named = (traits: PropertyLimits.Values): PropertyLimits.Values => {
  const entries = Object.entries(traits).map(([key, value]) => [traitName(key), value, key] as const)
  return Object.fromEntries(entries.filter(([name, , key]) => name === key || !Object.hasOwn(traits, name)))
}

/** The start of every update's JSON, which identifies the profile, or the reason why there is none. */
const subjectOf = (message: Message.Identify | Message.Group, operations: Operations, settings: Settings) => {
  const token = `{"$token":${JSON.stringify(settings.token)}`
  if (message.type === "group") {
    const { groupId } = message
    if (groupId === "") return { reason: "the groupId is empty" }
    if (limits.isBanned(groupId)) return { reason: "Mixpanel does not allow this groupId" }
    if (limits.isLong(groupId)) return { reason: `the groupId has more than ${limits.stringBytes} bytes` }
    const key = operations.groupKey ?? settings.groupKey
    return { start: `${token},"$group_key":${JSON.stringify(key)},"$group_id":${JSON.stringify(groupId)}` }
  }
  const who = identity.of(message)
  if (typeof who === "string") return { reason: who }
  if (who.distinctId === "")
    return { reason: "the message has neither a userId nor an anonymousId, so it has no profile" }
  // Without an ip, Mixpanel would use the server's, and locate the user there.
  const ip = identity.ipOf(message) ?? "0"
  return { start: `${token},"$distinct_id":${JSON.stringify(who.distinctId)},"$ip":${JSON.stringify(ip)}` }
}

/** Mixpanel's operations, in the order in which the sink applies them. */
const order = [
  ["$delete", "delete"],
  ["$unset", "unset"],
  ["$set", "set"],
  ["$set_once", "setOnce"],
  ["$add", "add"],
  ["$append", "append"],
  ["$union", "union"],
  ["$remove", "remove"]
] as const

/** The updates of a message as JSON, and whether applying them twice would count twice; or the outcome of a message without updates. */
export const updates = (
  message: Message.Identify | Message.Group,
  settings: Settings
): { readonly records: ReadonlyArray<string>; readonly once: boolean } | Receipt.Outcome => {
  const operations = operationsOf(message)
  if (typeof operations === "string") return Receipt.rejected(operations)
  const { reason, start } = subjectOf(message, operations, settings)
  if (reason !== undefined) return Receipt.rejected(reason)
  let set = named(message.traits)
  if (!PropertyLimits.fits(set, limits.profile)) {
    if (settings.whenTooLarge === "reject") return Receipt.rejected(PropertyLimits.reasonAgainst(set, limits.profile))
    set = PropertyLimits.cut(set, limits.profile, 1)
  }
  const asked = { ...operations, set }
  const chosen = order.filter(([, name]) => asked[name] === true || Object.keys(asked[name] ?? {}).length > 0)
  const records = chosen.map(([operation, name]) => `${start},"${operation}":${JSON.stringify(asked[name])}}`)
  if (records.length === 0) return Receipt.skipped("the message has no traits and no operations")
  return records.some((json) => PropertyLimits.exceeds(json, limits.messageBytes))
    ? Receipt.rejected(`an update is longer than the ${limits.messageBytes} bytes that Mixpanel accepts`)
    : { records, once: chosen.some(([, name]) => name === "add" || name === "append") }
}
