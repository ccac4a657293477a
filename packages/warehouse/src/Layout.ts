/**
 * The tables that a plan needs.
 *
 * @module
 */
import type * as Description from "@trackmap/core/Description"
import * as LetterCase from "@trackmap/core/LetterCase"
import * as Plan from "@trackmap/core/Plan"
import { inOrder, inOrderOfCall, noSettings, type Settings } from "@trackmap/core/PlanSupport"
import { Misconfigured } from "@trackmap/core/SendError"
import * as Effect from "effect/Effect"
import type { Dialect } from "./Dialect.ts"
import * as kind from "./internal/kind.ts"
import * as Table from "./Table.ts"

/** Names of your own, for those that the engine does not take as they are. */
export interface Options {
  /** Tables by the event's name. Default: the name in snake_case. */
  readonly tables?: Readonly<Record<string, string>> | undefined
  /** Columns by the key, in every table. Default: the key itself. */
  readonly columns?: Readonly<Record<string, string>> | undefined
}

const own = (names: Readonly<Record<string, string>> | undefined, name: string): string | undefined =>
  names !== undefined && Object.hasOwn(names, name) ? names[name] : undefined

/** Why an option is no map of names, if so. Code without types calls the sinks, too. */
const wrongMap = (option: "tables" | "columns", given: Options[typeof option]): ReadonlyArray<string> => {
  if (given === undefined) return []
  if (typeof given !== "object" || given === null || Array.isArray(given) || given instanceof Map)
    return [`the option ${option} must be an object such as { "a name": "another_name" }`]
  return Object.entries(given).flatMap(([name, to]: readonly [string, unknown]) => {
    if (to === undefined || (typeof to === "string" && to !== "")) return []
    const found = to === "" ? "an empty string" : to === null ? "null" : `a value of type ${typeof to}`
    return [`the option ${option} has ${found} for ${JSON.stringify(name)}: pass a name`]
  })
}

/** The names that the plan does not have. */
const unknownIn = (
  option: string,
  given: Readonly<Record<string, string>> = {},
  known: ReadonlySet<string>
): ReadonlyArray<string> =>
  Object.keys(given)
    .filter((name) => !known.has(name))
    .map(
      (name) =>
        `the option ${option} names ${JSON.stringify(name)}, which the plan does not have: correct it, or leave it out`
    )

/** What stands behind a table's name, for errors. */
const titleOf = ({ of }: Table.Table): string =>
  of._tag === "Event"
    ? `the event "${of.event}"`
    : of._tag === "Call"
      ? `the calls of ${of.call}`
      : "what fits no other table"

const bytesOf = (name: string): number => new TextEncoder().encode(name).length

/** Why an engine does not take a name. */
const against = (name: string, { name: engine, nameBytes = Infinity }: Dialect): string | undefined => {
  if (name === "") return "is empty"
  if (!name.isWellFormed() || name.includes("\0")) return `contains a character that ${engine} does not accept in names`
  return bytesOf(name) > nameBytes ? `has ${bytesOf(name)} bytes, and ${engine} accepts ${nameBytes}` : undefined
}

/** The problems of one table, each with its remedy. */
const problemsOf = (table: Table.Table, dialect: Dialect): ReadonlyArray<string> => {
  const named = against(table.name, dialect)
  const remedy = table.of._tag === "Event" ? `tables: { ${JSON.stringify(table.of.event)}: "another_name" }` : ""
  const problems =
    named === undefined ? [] : [`the table "${table.name}" of ${titleOf(table)} ${named}: pass ${remedy}`]
  const { columns = Infinity } = dialect
  if (table.columns.length > columns) {
    problems.push(
      `the table "${table.name}" of ${titleOf(table)} needs ${table.columns.length} columns, and ${dialect.name} accepts ${columns}: omit relations of the event`
    )
  }
  const taken = new Map<string, Table.Column>()
  for (const column of table.columns) {
    const { name, source } = column
    const other = taken.get(dialect.fold(name))
    taken.set(dialect.fold(name), column)
    if (source._tag !== "Key") continue
    const remedy = `rename the key, or pass columns: { ${JSON.stringify(source.key)}: "another_name" }`
    const reason =
      other === undefined
        ? dialect.reserved?.has(name)
          ? `has the name of a column of ${dialect.name}'s own`
          : against(name, dialect)
        : other.source._tag === "Key"
          ? `is the same as "${other.name}" to ${dialect.name}`
          : `is the same as "${other.name}", a column of every such table`
    if (reason !== undefined) problems.push(`the column "${name}" of the table "${table.name}" ${reason}: ${remedy}`)
  }
  return problems
}

/** The tables whose names collide. */
const collisions = (tables: ReadonlyArray<Table.Table>, { fold, name: engine }: Dialect): ReadonlyArray<string> => {
  const taken = new Map([[fold(Table.events), "the view over all events"]])
  return tables.flatMap((table) => {
    const other = taken.get(fold(table.name))
    taken.set(fold(table.name), titleOf(table))
    if (other === undefined) return []
    const { of } = table
    const remedy = of._tag === "Event" ? `: pass tables: { ${JSON.stringify(of.event)}: "another_name" }` : ""
    return [`the table "${table.name}" of ${titleOf(table)} is the same to ${engine} as that of ${other}${remedy}`]
  })
}

/**
 * The tables that a plan needs: one for each event, with a column for each flat key, those of the other calls, and the table of misfits. Without a
 * plan, only the last two.
 *
 * Fails with `Misconfigured`, which lists every name that collides, that the engine does not accept, or that only the options have, with the remedy.
 *
 * @example
 * ```ts
 * import { Entity, Plan, TrackedEvent } from "@trackmap/core"
 * import { Dialect, Layout } from "@trackmap/warehouse"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 *
 * const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } })
 * const plan = Plan.make(TrackedEvent.make("orderLineUpdated", { entities: { line: OrderLine } }))
 * const dialect: Dialect.Dialect = {
 *   name: "SQLite",
 *   types: { string: "TEXT", integer: "INTEGER", number: "REAL", boolean: "INTEGER", timestamp: "TEXT", json: "TEXT" },
 *   kindOf: () => undefined,
 *   fold: (name) => name.toLowerCase(),
 *   encode: Dialect.encode
 * }
 *
 * const [table] = Effect.runSync(Layout.make(plan, dialect))
 * console.log(table?.name, table?.columns.slice(-2).map(({ name, kind }) => [name, kind]))
 * // order_line_updated [ [ "OrderLine_id", "integer" ], [ "OrderLine_qty", "integer" ] ]
 * ```
 */
export const make = (
  plan: Plan.Plan | undefined,
  dialect: Dialect,
  options: Options = {}
): Effect.Effect<ReadonlyArray<Table.Table>, Misconfigured> =>
  Effect.suspend(() => ofDescription(plan === undefined ? undefined : Plan.describe(plan), dialect, options))

/**
 * The same from the description of a plan. The columns of keys are in the order of their places in the lock file, if the settings have it.
 *
 * Fails as `make` does.
 *
 * @example
 * ```ts
 * import type { Description, PlanSupport } from "@trackmap/core"
 * import { type Dialect, Layout } from "@trackmap/warehouse"
 *
 * export const tablesOf = (plan: Description.Plan, dialect: Dialect.Dialect, settings: PlanSupport.Settings) =>
 *   Layout.ofDescription(plan, dialect, {}, settings)
 * ```
 */
export const ofDescription = (
  described: Description.Plan | undefined,
  dialect: Dialect,
  options: Options = {},
  settings: Pick<Settings, "placeOf"> = noSettings
): Effect.Effect<ReadonlyArray<Table.Table>, Misconfigured> =>
  Effect.suspend(() => {
    const wrong = [...wrongMap("tables", options.tables), ...wrongMap("columns", options.columns)]
    if (wrong.length > 0) return Effect.fail(new Misconfigured({ reason: wrong.join("; ") }))
    const columnOf = ({ key, path, type }: Description.Key): Table.Column => ({
      name: own(options.columns, key) ?? key,
      kind: kind.of(type),
      required: false,
      source: { _tag: "Key", key, path }
    })
    const events = (described?.events ?? []).map((event): Table.Table => ({
      name: own(options.tables, event.name) ?? LetterCase.snake(event.name),
      of: { _tag: "Event", event: event.name },
      columns: [...Table.messageColumns, ...inOrder(event, settings).map(columnOf)],
      unique: ["message_id"]
    }))
    const calls = (Object.keys(Table.calls) as ReadonlyArray<Table.Call>).map((call): Table.Table => {
      const { columns, name } = Table.calls[call]
      const found = described?.calls?.find((one) => one.call === call)
      const declared = found === undefined ? [] : inOrderOfCall(found, settings)
      return {
        name,
        of: { _tag: "Call", call },
        columns: [...Table.messageColumns, ...columns, ...declared.map(columnOf)],
        unique: ["message_id"]
      }
    })
    const fixed = [...calls, Table.misfits]
    const keys = [...events, ...calls].flatMap(({ columns }) =>
      columns.flatMap(({ source }) => (source._tag === "Key" ? [source.key] : []))
    )
    const problems = [
      ...unknownIn("tables", options.tables, new Set(described?.events.map(({ name }) => name))),
      ...unknownIn("columns", options.columns, new Set(keys)),
      ...collisions([...fixed, ...events], dialect),
      ...[...events, ...calls].flatMap((table) => problemsOf(table, dialect))
    ]
    return problems.length === 0
      ? Effect.succeed([...events, ...fixed])
      : Effect.fail(new Misconfigured({ reason: problems.join("; ") }))
  })
