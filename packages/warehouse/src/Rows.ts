/**
 * The rows of messages.
 *
 * @module
 */
import { type Json, type Message, toJson } from "@trackmap/core/Message"
import type { Dialect } from "./Dialect.ts"
import * as reasons from "./internal/reason.ts"
import * as Table from "./Table.ts"

/** The rows of one table: a list for each of its columns, in their order, with the engine's values, and null where there is none. */
export interface Rows {
  readonly table: Table.Table
  readonly size: number
  readonly columns: ReadonlyArray<ReadonlyArray<unknown>>
}

type Values = Readonly<Record<string, Json>>
type Fields = { readonly [F in Table.Field]?: Json | undefined }
type Encode = Dialect["encode"]

const noValues: Values = {}
const filled = (text: Json | undefined): Json | undefined => (text === "" ? undefined : text)

const valuesOf = (message: Message): Values =>
  message.type === "alias"
    ? noValues
    : message.type === "identify" || message.type === "group"
      ? message.traits
      : message.properties

const nameOf = (message: Message): string | undefined =>
  message.type === "track"
    ? message.event
    : message.type === "page" || message.type === "screen"
      ? message.name
      : undefined

/** The values of a message's own columns. An empty id is no id. */
const fieldsOf = (message: Message, loadedAt: string): Fields => ({
  messageId: message.messageId,
  timestamp: message.timestamp,
  userId: filled(message.userId),
  anonymousId: filled(message.anonymousId),
  groupId: filled(message.type === "group" ? message.groupId : message.context?.["groupId"]),
  context: message.context,
  integrations: message.integrations,
  loadedAt,
  previousId: message.type === "alias" ? message.previousId : undefined,
  name: message.type === "page" || message.type === "screen" ? message.name : undefined,
  category: message.type === "page" || message.type === "screen" ? message.category : undefined
})

/** The lists of a table's columns. */
class Lists implements Rows {
  readonly table: Table.Table
  readonly columns: ReadonlyArray<Array<unknown>>
  constructor(table: Table.Table) {
    this.table = table
    this.columns = table.columns.map(() => [])
  }
  get size(): number {
    return this.columns[0]!.length
  }
}

interface KeyColumn {
  readonly at: number
  readonly key: string
  readonly kind: Table.Kind
}

/** What is decided once about a table. */
interface Compiled {
  readonly table: Table.Table
  readonly fields: ReadonlyArray<{
    readonly at: number
    readonly field: Table.Field
    readonly kind: Table.Kind
    readonly name: string
    readonly required: boolean
  }>
  readonly keys: ReadonlyArray<KeyColumn>
  readonly known: ReadonlySet<string>
  readonly keyOf: ReadonlyMap<string, string>
  readonly rest: { readonly at: number; readonly name: string } | undefined
}

const compile = (table: Table.Table): Compiled => {
  const fields: Array<Compiled["fields"][number]> = []
  const keys: Array<KeyColumn> = []
  const keyOf = new Map<string, string>()
  let rest: Compiled["rest"]
  table.columns.forEach(({ kind, name, required, source }, at) => {
    if (source._tag === "Message") fields.push({ at, field: source.field, kind, name, required })
    else if (source._tag === "Rest") rest = { at, name }
    else {
      keys.push({ at, key: source.key, kind })
      keyOf.set(source.path, source.key)
    }
  })
  return { table, fields, keys, known: new Set(keys.map(({ key }) => key)), keyOf, rest }
}

/** The violations in a message's context: the path of each, and what was found there. */
const violationsOf = ({ context }: Message): ReadonlyArray<{ readonly path: string; readonly reason: string }> => {
  const given = context?.["violations"]
  if (!Array.isArray(given)) return []
  return given.flatMap((one: Json) => {
    if (typeof one !== "object" || one === null || Array.isArray(one)) return []
    const { actual, expected, path } = one as Values
    return typeof path === "string" ? [{ path, reason: `expected ${String(expected)}, got ${String(actual)}` }] : []
  })
}

/** The rows of one batch while they are written. */
class Writing {
  readonly #dialect: Dialect
  readonly #loadedAt: string
  readonly #lists = new Map<Compiled, Lists>()
  readonly #misfits = new Lists(Table.misfits)
  readonly #ids = new Set<string>()

  constructor(dialect: Dialect, loadedAt: string) {
    this.#dialect = dialect
    this.#loadedAt = loadedAt
  }

  get rows(): ReadonlyArray<Rows> {
    return [...this.#lists.values(), this.#misfits].filter(({ size }) => size > 0)
  }

  add(message: Message, compiled: Compiled | undefined): void {
    if (message.messageId === "" || this.#ids.has(message.messageId)) return
    this.#ids.add(message.messageId)
    if (compiled === undefined) return this.#misfit(message, "", toJson(message), "the plan has no such event")
    const row = new Array<unknown>(compiled.table.columns.length).fill(null)
    const unfit = this.#fields(message, compiled, row)
    if (unfit !== undefined) return this.#misfit(message, "", toJson(message), unfit)
    const found = new Map<string, string>()
    this.#keys(message, compiled, row, found)
    for (const { path, reason } of violationsOf(message)) {
      const key = compiled.keyOf.get(path) ?? path
      if (!found.has(key)) found.set(key, reason)
    }
    if (found.size > 0) this.#record(message, found)
    let lists = this.#lists.get(compiled)
    if (lists === undefined) this.#lists.set(compiled, (lists = new Lists(compiled.table)))
    const { columns } = lists
    for (let at = 0; at < row.length; at++) columns[at]!.push(row[at])
  }

  /** Writes the message's own columns. Returns why they do not fit, if so. */
  #fields(message: Message, { fields }: Compiled, row: Array<unknown>): string | undefined {
    const values = fieldsOf(message, this.#loadedAt)
    for (const { at, field, kind, name, required } of fields) {
      const value = values[field]
      if (value === undefined || value === null) {
        if (required) return `${name} is missing`
        continue
      }
      const encoded = this.#dialect.encode[kind](value)
      if (encoded === undefined) return `${name}: ${reasons.against(value, kind, this.#dialect.name)}`
      row[at] = encoded
    }
    return undefined
  }

  #keys(message: Message, { keys, known, rest }: Compiled, row: Array<unknown>, found: Map<string, string>): void {
    const { encode, name: engine } = this.#dialect
    const values = valuesOf(message)
    let present = 0
    for (const { at, key, kind } of keys) {
      const value = values[key]
      if (value === undefined) continue
      present++
      if (value === null) continue
      const encoded = encode[kind](value)
      if (encoded === undefined) found.set(key, reasons.against(value, kind, engine))
      else row[at] = encoded
    }
    const all = Object.keys(values)
    if (all.length === present) return
    const others = all.filter((key) => !known.has(key))
    if (rest === undefined) for (const key of others) found.set(key, reasons.unknownKey)
    else if (others.length > 0) {
      const value = Object.fromEntries(others.map((key) => [key, values[key]!]))
      const encoded = encode.json(value)
      if (encoded !== undefined) row[rest.at] = encoded
      else for (const key of others) found.set(key, `${engine} cannot hold this value`)
    }
  }

  #record(message: Message, found: ReadonlyMap<string, string>): void {
    const values = valuesOf(message)
    for (const [key, reason] of found) {
      const value = Object.hasOwn(values, key) ? JSON.stringify(values[key]) : undefined
      this.#misfit(message, key, value, reason)
    }
  }

  #misfit(message: Message, key: string, value: string | undefined, reason: string): void {
    const fields: Fields = {
      messageId: message.messageId,
      timestamp: this.#dialect.encode.timestamp(message.timestamp) === undefined ? undefined : message.timestamp,
      type: message.type,
      event: nameOf(message),
      key,
      value,
      reason,
      loadedAt: this.#loadedAt
    }
    Table.misfits.columns.forEach(({ kind, source }, at) => {
      const given = source._tag === "Message" ? (fields[source.field] ?? null) : null
      this.#misfits.columns[at]!.push(given === null ? null : escaped(this.#dialect.encode, kind, given))
    })
  }
}

/** The engine's value, or for text that the engine cannot hold, its form in JSON. */
const escaped = (encode: Encode, kind: Table.Kind, value: Json): unknown =>
  encode[kind](value) ?? encode[kind](JSON.stringify(value).slice(1, -1))

/**
 * A function from messages to their rows. Each message has its row in the table of its event or call; what does not fit there, or the whole message,
 * is in the table of misfits. Absent values and null are both null. Only the first of several messages with one id counts.
 *
 * `loadedAt` is a time in milliseconds. A message with an empty id has no row: reject it (`Rows.reasonAgainst`).
 *
 * @example
 * ```ts
 * import { Dialect, Rows, Table } from "@trackmap/warehouse"
 *
 * const dialect: Dialect.Dialect = {
 *   name: "SQLite",
 *   types: { string: "TEXT", integer: "INTEGER", number: "REAL", boolean: "INTEGER", timestamp: "TEXT", json: "TEXT" },
 *   kindOf: () => undefined,
 *   fold: (name) => name.toLowerCase(),
 *   encode: Dialect.encode
 * }
 * const rowsOf = Rows.make([Table.misfits], dialect)
 * const [misfits] = rowsOf(
 *   [{ type: "track", event: "unknown", properties: {}, messageId: "m1", timestamp: "2026-01-01T00:00:00.000Z" }],
 *   Date.parse("2026-01-01T00:00:05Z")
 * )
 * console.log(misfits?.table.name, misfits?.size, misfits?.columns[6]) // misfits 1 [ "the plan has no such event" ]
 * ```
 */
export const make = (
  tables: ReadonlyArray<Table.Table>,
  dialect: Dialect
): ((messages: Iterable<Message>, loadedAt: number) => ReadonlyArray<Rows>) => {
  const byEvent = new Map<string, Compiled>()
  const byCall = new Map<string, Compiled>()
  for (const table of tables) {
    if (table.of._tag === "Event") byEvent.set(table.of.event, compile(table))
    else if (table.of._tag === "Call") byCall.set(table.of.call, compile(table))
  }
  return (messages, loadedAt) => {
    const writing = new Writing(dialect, new Date(loadedAt).toISOString())
    for (const message of messages) {
      writing.add(message, message.type === "track" ? byEvent.get(message.event) : byCall.get(message.type))
    }
    return writing.rows
  }
}

/** Why a message can have no row, if so. */
export const reasonAgainst = (message: Message): string | undefined =>
  message.messageId === "" ? "the message has no id" : undefined
