import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Refused } from "../asking/Refused.ts"
import type { ShownTable } from "../protocol.ts"
import type { Question } from "./model.ts"

const text = (length: number) => Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(length))

const name = text(1_000)
const instant = text(40).check(
  Schema.makeFilter((written) => (Number.isNaN(Date.parse(written)) ? "a time in ISO 8601" : true))
)

const isZone = (zone: string): boolean => {
  try {
    // Offsets, such as +02:00, are not known to every warehouse.
    return /^[A-Za-z]/.test(zone) && Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== ""
  } catch {
    return false
  }
}

const Asked = Schema.Struct({
  table: name,
  measure: Schema.Union([
    Schema.Struct({ of: Schema.Literals(["count", "users"]) }),
    Schema.Struct({ of: Schema.Literals(["sum", "average"]), key: name })
  ]),
  groupBy: Schema.Array(name).check(Schema.isMaxLength(2)),
  every: Schema.optionalKey(Schema.Literals(["hour", "day"])),
  timeZone: text(100).check(Schema.makeFilter((zone) => (isZone(zone) ? true : "a time zone, such as Europe/Berlin"))),
  from: Schema.optionalKey(instant),
  to: Schema.optionalKey(instant),
  filters: Schema.Array(
    Schema.Union([
      Schema.Struct({ key: name, is: Schema.Literals(["null", "not null"]) }),
      Schema.Struct({
        key: name,
        is: Schema.Literals(["=", "!=", "<", "<=", ">", ">=", "contains"]),
        value: Schema.Union([Schema.String.check(Schema.isMaxLength(10_000)), Schema.Finite, Schema.Boolean])
      })
    ])
  ).check(Schema.isMaxLength(20))
})
type Asked = typeof Asked.Type

const decode = Schema.decodeUnknownResult(Asked, { onExcessProperty: "error" })

const bad = (error: string): Effect.Effect<never, Refused> => Effect.fail(new Refused({ status: 400, error }))

/** Reads a question. */
export const read = (json: unknown): Effect.Effect<Asked, Refused> =>
  Result.match(decode(json), {
    onFailure: ({ message }) => bad(`This is not a question: ${message.slice(0, 1_000)}`),
    onSuccess: Effect.succeed
  })

/** Checks a question by what is shown of its table, so that no warehouse is asked for anything else. */
export const checked = (
  { filters, groupBy, measure, table: named, ...rest }: Asked,
  tables: ReadonlyArray<ShownTable>,
  limit: number
): Effect.Effect<Question, Refused> => {
  const table = tables.find(({ name }) => name === named)
  if (table === undefined) return bad(`The warehouse has no table ${JSON.stringify(named)}.`)
  const kindOf = (key: string) => table.columns.find(({ name }) => name === key)?.kind
  const keys = [...groupBy, ...filters.map(({ key }) => key), ...("key" in measure ? [measure.key] : [])]
  for (const key of keys) {
    if (kindOf(key) === undefined) {
      return bad(
        `${JSON.stringify(named)} has no key ${JSON.stringify(key)}, or the key is personal, or the plan lacks it.`
      )
    }
  }
  if (new Set(groupBy).size < groupBy.length) return bad("Group by two different keys.")
  if ("key" in measure && kindOf(measure.key) !== "integer" && kindOf(measure.key) !== "number") {
    return bad(`${JSON.stringify(measure.key)} is not a number, so it has no ${measure.of}.`)
  }
  return Effect.succeed({ ...rest, table: named, measure, groupBy, filters, limit })
}
