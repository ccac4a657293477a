/** What formats that describe tables have in common. */
import type * as Description from "@trackmap/core/Description"
import type { Settings } from "@trackmap/core/PlanSupport"
import * as Dialect from "@trackmap/warehouse/Dialect"
import * as PlanTables from "@trackmap/warehouse/PlanTables"
import type * as Table from "@trackmap/warehouse/Table"

/** Names as the sinks make them, and types that both PostgreSQL and DuckDB have. */
const dialect: Dialect.Dialect = {
  name: "SQL",
  types: {
    string: "text",
    integer: "bigint",
    number: "double precision",
    boolean: "boolean",
    timestamp: "timestamp with time zone",
    json: "json"
  },
  kindOf: () => undefined,
  fold: (name) => name,
  encode: Dialect.encode
}

/** The tables that the sinks make. */
export const tablesOf = (format: string, plan: Description.Plan, settings: Settings) =>
  PlanTables.make(format, plan, settings, dialect)

/** The type of a column. */
export const typeOf = ({ kind }: Table.Column): string => dialect.types[kind]

const messageTexts: Readonly<Record<string, string>> = {
  message_id: "The id of the message.",
  timestamp: "When it happened.",
  user_id: "The user who did it.",
  anonymous_id: "The device or session that did it, before a sign-in.",
  group_id: "The group of the user.",
  context: "The context of the message.",
  integrations: "The destinations that the message names.",
  loaded_at: "When the row was written.",
  previous_id: "The id that the user had before.",
  name: "The name of the page or the screen.",
  category: "The category of the page or the screen.",
  traits: "The traits that have no column.",
  properties: "The properties that have no column.",
  type: "The type of the message.",
  event: "The event.",
  key: "The key whose value does not fit. Empty if the whole message does not.",
  value: "The value as JSON.",
  reason: "Why it does not fit."
}

const valuesOf = (type: Description.JsonType): string | undefined =>
  type._tag === "Literals" ? `One of ${type.values.map((value) => JSON.stringify(value)).join(", ")}.` : undefined

/** What is said of a column in one text. */
export const columnText = ({ keys }: PlanTables.PlanTable, { name, source }: Table.Column): string | undefined => {
  const key = keys.get(name)
  if (key === undefined) return source._tag === "Key" ? undefined : messageTexts[name]
  const parts = [PlanTables.textOf(key), valuesOf(key.type)].filter((part) => part !== undefined)
  return parts.length === 0 ? undefined : parts.join(" ")
}

/** What is said of a table in one text. */
export const tableText = ({ call, event }: PlanTables.PlanTable): string => {
  if (event !== undefined) return PlanTables.textOf(event) ?? `The event ${JSON.stringify(event.name)}.`
  return call === undefined ? "What fits no other table." : `The calls of ${call}.`
}
