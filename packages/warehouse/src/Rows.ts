/**
 * The rows of messages.
 *
 * @module
 */
import { type Json, type Message, type Page, type Screen, toJson } from "@trackmap/core/Message"
import * as Receipt from "@trackmap/core/Receipt"
import type { Dialect } from "./Dialect.ts"
import * as json from "./internal/json.ts"
import * as reasons from "./internal/reason.ts"
import * as Table from "./Table.ts"

/** The rows of one table: a list for each of its columns, in their order, with the engine's values, and null where there is none. */
export interface Rows {
  readonly table: Table.Table
  readonly size: number
  /** The id of each row's message. A message can have several misfits. */
  readonly ids: ReadonlyArray<string>
  readonly columns: ReadonlyArray<ReadonlyArray<unknown>>
}

type Values = Readonly<Record<string, Json>>
type Encode = Dialect["encode"]
type Read = (message: Message) => Json | undefined

const noValues: Values = {}
const filled = (text: Json | undefined): Json | undefined => (text === "" ? undefined : text)

const valuesOf = (message: Message): Values => {
  switch (message.type) {
    case "alias":
      return noValues
    case "identify":
    case "group":
      return message.traits
    default:
      return message.properties
  }
}

const isNamed = (message: Message): message is Page | Screen => message.type === "page" || message.type === "screen"

/** How the fields of a message are read. An empty id is no id. */
const reads: { readonly [F in Table.MessageField]: Read } = {
  messageId: ({ messageId }) => messageId,
  timestamp: ({ timestamp }) => timestamp,
  userId: ({ userId }) => filled(userId),
  anonymousId: ({ anonymousId }) => filled(anonymousId),
  groupId: (message) => filled(message.type === "group" ? message.groupId : message.context?.["groupId"]),
  context: ({ context }) => context,
  integrations: ({ integrations }) => integrations,
  previousId: (message) => (message.type === "alias" ? message.previousId : undefined),
  name: (message) => (isNamed(message) ? message.name : undefined),
  category: (message) => (isNamed(message) ? message.category : undefined)
}

/** The lists of a table's columns. */
class Lists implements Rows {
  readonly table: Table.Table
  readonly ids: Array<string> = []
  readonly columns: ReadonlyArray<Array<unknown>>
  constructor(table: Table.Table) {
    this.table = table
    this.columns = table.columns.map(() => [])
  }
  get size(): number {
    return this.ids.length
  }
}

/** A column whose values come from one place. */
interface Compiled {
  readonly table: Table.Table
  readonly fields: ReadonlyArray<Field>
  readonly keys: ReadonlyArray<Key>
  readonly known: ReadonlySet<string>
  readonly keyOf: ReadonlyMap<string, string>
  /** The place of the column for keys that no column has. */
  readonly rest: number | undefined
  /** The place of the column for the time of loading. */
  readonly loadedAt: number
}
interface Field {
  readonly at: number
  readonly column: Table.Column
  readonly read: Read
}
interface Key {
  readonly at: number
  readonly key: string
  readonly kind: Table.Kind
  readonly encode: Encode[Table.Kind]
}

const compile = (table: Table.Table, { encode }: Dialect): Compiled => {
  const fields: Array<Field> = []
  const keys: Array<Key> = []
  const keyOf = new Map<string, string>()
  let rest: number | undefined
  let loadedAt = -1
  table.columns.forEach((column, at) => {
    const { kind, source } = column
    switch (source._tag) {
      case "Message":
        fields.push({ at, column, read: reads[source.field] })
        break
      case "Key":
        keys.push({ at, key: source.key, kind, encode: encode[kind] })
        keyOf.set(source.path, source.key)
        break
      case "Rest":
        rest = at
        break
      case "LoadedAt":
        loadedAt = at
    }
  })
  return { table, fields, keys, known: new Set(keys.map(({ key }) => key)), keyOf, rest, loadedAt }
}

/** The violations of a message's context: the path of each, and what was found there. */
const violationsIn = (given: Json): ReadonlyArray<{ readonly path: string; readonly reason: string }> => {
  if (!Array.isArray(given)) return []
  return given.flatMap((one: Json) => {
    if (typeof one !== "object" || one === null || Array.isArray(one)) return []
    const { actual, expected, path } = one as Values
    return typeof path === "string" ? [{ path, reason: `expected ${String(expected)}, got ${String(actual)}` }] : []
  })
}

/** What does not fit, by key: why. */
type Found = Map<string, string>

/** The rows of one batch while they are written. */
class Writing {
  readonly #dialect: Dialect
  readonly #loadedAt: unknown
  readonly #lists = new Map<Compiled, Lists>()
  readonly #misfits = new Lists(Table.misfits)
  readonly #ids = new Set<string>()

  constructor(dialect: Dialect, loadedAt: string) {
    this.#dialect = dialect
    this.#loadedAt = dialect.encode.timestamp(loadedAt)
  }

  get rows(): ReadonlyArray<Rows> {
    return [...this.#lists.values(), this.#misfits].filter(({ size }) => size > 0)
  }

  add(message: Message, compiled: Compiled | undefined): void {
    if (message.messageId === "" || this.#ids.has(message.messageId)) return
    this.#ids.add(message.messageId)
    if (compiled === undefined) return this.#misfit(message, undefined, wholeOf(message), "the plan has no such event")
    let lists = this.#lists.get(compiled)
    if (lists === undefined) this.#lists.set(compiled, (lists = new Lists(compiled.table)))
    const unfit = this.#fields(message, compiled, lists.columns)
    if (unfit !== undefined) return this.#misfit(message, undefined, wholeOf(message), unfit)
    lists.ids.push(message.messageId)
    const found = this.#violations(message, compiled, this.#keys(message, compiled, lists.columns))
    if (found === undefined) return
    const values = valuesOf(message)
    for (const [key, reason] of found) {
      const value = Object.hasOwn(values, key) ? json.textOf(values[key]!) : undefined
      this.#misfit(message, key, value, reason)
    }
  }

  /** Writes the message's own columns. If they do not fit, it returns why, and nothing is written. */
  #fields(message: Message, { fields, loadedAt }: Compiled, columns: Lists["columns"]): string | undefined {
    const row = columns[loadedAt]!.length
    for (const { at, column, read } of fields) {
      const value = read(message)
      const absent = value === undefined || value === null
      const encoded = absent ? null : this.#dialect.encode[column.kind](value)
      if (encoded === undefined || (absent && column.required)) {
        for (const field of fields) columns[field.at]!.length = row
        return absent
          ? `${column.name} is missing`
          : `${column.name}: ${reasons.against(value, column.kind, this.#dialect.name)}`
      }
      columns[at]!.push(encoded)
    }
    columns[loadedAt]!.push(this.#loadedAt)
    return undefined
  }

  #keys(message: Message, { keys, known, rest }: Compiled, columns: Lists["columns"]): Found | undefined {
    const values = valuesOf(message)
    let found: Found | undefined
    let present = 0
    for (const { at, encode, key, kind } of keys) {
      const value = values[key]
      if (value !== undefined) present++
      if (value === undefined || value === null) {
        columns[at]!.push(null)
        continue
      }
      const encoded = encode(value)
      if (encoded !== undefined) columns[at]!.push(encoded)
      else {
        columns[at]!.push(null)
        found = (found ?? new Map()).set(key, reasons.against(value, kind, this.#dialect.name))
      }
    }
    const all = Object.keys(values)
    const others = all.length === present ? [] : all.filter((key) => !known.has(key))
    if (rest === undefined) {
      for (const key of others) found = (found ?? new Map()).set(key, reasons.unknownKey)
      return found
    }
    const left = others.length === 0 ? null : this.#dialect.encode.json(pick(values, others))
    columns[rest]!.push(left ?? null)
    if (left !== undefined) return found
    for (const key of others) found = (found ?? new Map()).set(key, `${this.#dialect.name} cannot hold this value`)
    return found
  }

  /** Adds what the tracker's validation has found. */
  #violations({ context }: Message, { keyOf }: Compiled, found: Found | undefined): Found | undefined {
    const violations = context?.["violations"]
    if (violations === undefined) return found
    const all: Found = new Map(found)
    for (const { path, reason } of violationsIn(violations)) {
      const key = keyOf.get(path) ?? path
      if (!all.has(key)) all.set(key, reason)
    }
    return all
  }

  /** Adds a value, or without a key the whole message. */
  #misfit(message: Message, key: string | undefined, value: string | undefined, reason: string): void {
    const { encode } = this.#dialect
    const event = message.type === "track" ? message.event : isNamed(message) ? message.name : undefined
    const timestamp = encode.timestamp(message.timestamp) ?? null
    // The id of a message that has a row is the same here, so that the two can be joined.
    const [id, of] =
      key === undefined
        ? [identifying(encode, message.messageId), ""]
        : [encode.string(message.messageId), identifying(encode, key)]
    const [name, given] = [event, value].map((text) => (text === undefined ? null : shown(encode, text)))
    const row = [id, timestamp, message.type, name, of, given, shown(encode, reason), this.#loadedAt]
    this.#misfits.ids.push(message.messageId)
    row.forEach((cell, at) => this.#misfits.columns[at]!.push(cell))
  }
}

/** A message as JSON. */
const wholeOf = (message: Message): string => json.textOf(message as unknown as Json, () => toJson(message))

const pick = (values: Values, keys: ReadonlyArray<string>): Values =>
  Object.fromEntries(keys.map((key) => [key, values[key]!]))

/** The engine's text, or its JSON if the engine cannot hold it. */
const shown = (encode: Encode, text: string): unknown => encode.string(text) ?? encode.string(JSON.stringify(text))

/** The same, so that two texts are never one: what begins with a quotation mark is always JSON. */
const identifying = (encode: Encode, text: string): unknown =>
  shown(encode, text.startsWith('"') || text === "" ? JSON.stringify(text) : text)

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
    if (table.of._tag === "Event") byEvent.set(table.of.event, compile(table, dialect))
    else if (table.of._tag === "Call") byCall.set(table.of.call, compile(table, dialect))
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

/**
 * The outcome of a message after its rows were written: `Delivered`, or `Rejected` if it can have none.
 *
 * @example
 * ```ts
 * import { EventSink } from "@trackmap/core"
 * import { Rows } from "@trackmap/warehouse"
 *
 * export const outcomes = (written: EventSink.Batch) => written.map(Rows.outcomeOf)
 * ```
 */
export const outcomeOf = (message: Message): Receipt.Outcome => {
  const reason = reasonAgainst(message)
  return reason === undefined ? Receipt.delivered : Receipt.rejected(reason)
}
