/**
 * The tables of a plan for formats that describe them, and what such a format does not have of the plan.
 *
 * @module
 */
import type * as Description from "@trackmap/core/Description"
import type { Loss, Settings } from "@trackmap/core/PlanSupport"
import { PlanSupportError } from "@trackmap/core/PlanSupportError"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Dialect } from "./Dialect.ts"
import * as facets from "./internal/facets.ts"
import * as Layout from "./Layout.ts"
import * as Sql from "./Sql.ts"
import * as Table from "./Table.ts"

/** A table, with what the plan says of it. */
export interface PlanTable {
  readonly table: Table.Table
  /** The event, or the call. The table of misfits has none. */
  readonly event?: Description.Event | undefined
  readonly call?: Table.Call | undefined
  /** The keys that its columns hold, by the column's name. */
  readonly keys: ReadonlyMap<string, Description.Key>
}

/** What a plan says of a key or an event. */
export type Facet = facets.Facet

/** What a format says of a table, and of a column. */
export interface Had {
  readonly tables: ReadonlyArray<Facet>
  readonly columns: ReadonlyArray<Facet>
}

/**
 * The tables that the sinks of warehouses make for a plan, by its description. Columns are in the order of the lock file.
 *
 * Throws `PlanSupportError`, with every name that collides or that the engine does not accept.
 *
 * @example
 * ```ts
 * import type { Description, PlanSupport } from "@trackmap/core"
 * import { type Dialect, PlanTables } from "@trackmap/warehouse"
 *
 * export const namesOf = (plan: Description.Plan, settings: PlanSupport.Settings, dialect: Dialect.Dialect) =>
 *   PlanTables.make("my-format", plan, settings, dialect).map(({ table }) => table.name)
 * ```
 */
export const make = (
  format: string,
  plan: Description.Plan,
  settings: Settings,
  dialect: Dialect
): ReadonlyArray<PlanTable> => {
  const made = Effect.runSync(Effect.result(Layout.ofDescription(plan, dialect, {}, settings)))
  if (Result.isFailure(made)) {
    throw new PlanSupportError({
      format,
      reason: made.failure.reason,
      remedy: "rename it in the plan, because an export does not know the options of your sink"
    })
  }
  const events = new Map(plan.events.map((event) => [event.name, event]))
  const calls = new Map(plan.calls?.map(({ call, keys }) => [call as string, keys]))
  return made.success.map((table) => {
    const { columns, of } = table
    const event = of._tag === "Event" ? events.get(of.event) : undefined
    const call = of._tag === "Call" ? of.call : undefined
    const known = event?.nodes.flatMap(({ keys }) => keys) ?? calls.get(call ?? "") ?? []
    const byKey = new Map(known.map((key) => [key.key, key]))
    const keys = columns.flatMap(({ name, source }): ReadonlyArray<readonly [string, Description.Key]> =>
      source._tag === "Key" ? [[name, byKey.get(source.key)!]] : []
    )
    return { table, event, call, keys: new Map(keys) }
  })
}

/**
 * What a format does not have of some tables: everything that the plan says, but for some facets. `shape` is what lists and objects contain, and
 * `presence` which keys can be absent or null, which a column does not tell apart.
 *
 * @example
 * ```ts
 * import { PlanTables } from "@trackmap/warehouse"
 *
 * export const lossesOf = (tables: ReadonlyArray<PlanTables.PlanTable>) =>
 *   PlanTables.losses(tables, { tables: [], columns: ["description"] })
 * ```
 */
export const losses = (tables: ReadonlyArray<PlanTable>, has: Had): ReadonlyArray<Loss> =>
  tables.flatMap(({ call, event, keys }) => {
    const name = event?.name ?? call ?? ""
    const lost = (found: ReadonlyArray<facets.Found>, key?: string): ReadonlyArray<Loss> =>
      found
        .filter(({ facet }) => !has[key === undefined ? "tables" : "columns"].includes(facet))
        .map(({ what }) => (key === undefined ? { name, what } : { name, key, what }))
    return [
      ...(event === undefined ? [] : lost(facets.ofEvent(event))),
      ...(keys.size === 0 ? [] : lost([{ facet: "presence", what: "which keys can be absent or null" }])),
      ...Array.from(keys.values()).flatMap((key) => lost(facets.ofKey(key), key.key))
    ]
  })

/**
 * What is said of a key or an event, as sentences: its description, its replacement if it is deprecated, and that it is personal.
 *
 * @example
 * ```ts
 * import { PlanTables } from "@trackmap/warehouse"
 *
 * console.log(PlanTables.textOf({ description: "The name.", deprecated: { replacedBy: "User_name" }, personal: true }))
 * // The name. Deprecated, replaced by User_name. Personal data.
 * ```
 */
export const textOf = ({
  deprecated,
  description,
  personal
}: Description.Annotations & { readonly personal?: boolean }): string | undefined => {
  const parts: Array<string> = []
  if (description !== undefined) parts.push(description)
  if (deprecated !== undefined) {
    const { reason, replacedBy } = deprecated
    parts.push(
      ["Deprecated", replacedBy && `, replaced by ${replacedBy}`, reason && `: ${reason}`].filter(Boolean).join("")
    )
  }
  if (personal === true) parts.push("Personal data")
  if (parts.length === 0) return undefined
  const text = parts.map((part) => (/[.!?]$/.test(part) ? part : `${part}.`)).join(" ")
  // No engine takes a null character, and files have no halves of surrogate pairs.
  return text.toWellFormed().replaceAll("\0", "\uFFFD")
}

/** How an engine writes the statements of a plan's tables. */
export interface Engine {
  readonly dialect: Dialect
  /** The statements that make a table. */
  readonly create: (table: Table.Table) => ReadonlyArray<string>
  /** A table's name in a statement. Default: in quotes. */
  readonly nameOf?: (name: string) => string
  /** An event's name as the comment of its table holds it. Default: the name. */
  readonly held?: (text: string) => string
}

/**
 * The statements that make some tables, the comments of their columns, and the view over all events, for engines with `COMMENT ON COLUMN`.
 *
 * @example
 * ```ts
 * import { type Dialect, PlanTables, Sql } from "@trackmap/warehouse"
 *
 * export const statementsOf = (tables: ReadonlyArray<PlanTables.PlanTable>, dialect: Dialect.Dialect) =>
 *   PlanTables.statements(tables, {
 *     dialect,
 *     create: (table) => [`CREATE TABLE ${Sql.quote(table.name)} (${Sql.columns(table, dialect)})`]
 *   })
 * ```
 */
export const statements = (
  tables: ReadonlyArray<PlanTable>,
  { create, dialect, held = (text) => text, nameOf = Sql.quote }: Engine
): ReadonlyArray<string> => {
  const comments = ({ keys, table }: PlanTable): ReadonlyArray<string> =>
    Array.from(keys).flatMap(([column, key]) => {
      const text = textOf(key)
      const of = `${nameOf(table.name)}.${Sql.quote(column)}`
      return text === undefined ? [] : [`COMMENT ON COLUMN ${of} IS ${Sql.literal(text)}`]
    })
  return [
    ...tables.flatMap((one) => [...create(one.table), ...comments(one)]),
    `CREATE OR REPLACE VIEW ${nameOf(Table.events)} AS ${Sql.events(existing(tables, dialect, held), nameOf)}`
  ]
}

/** The tables as the catalogue of an engine describes them once they are made. */
export const existing = (
  tables: ReadonlyArray<PlanTable>,
  { types }: Dialect,
  held: (text: string) => string = (text) => text
): ReadonlyArray<Table.Existing> =>
  tables.map(({ event, table: { columns, name } }) => ({
    name,
    comment: event && held(event.name),
    columns: columns.map((column) => ({ name: column.name, type: types[column.kind] }))
  }))
