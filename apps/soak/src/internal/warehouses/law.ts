/** What a warehouse must have of messages that it says it has. */
import assert from "node:assert/strict"
import type { Json, Message } from "@trackmap/core/Message"
import { Dialect, type Table } from "@trackmap/warehouse"
import { cameBack, type Holding, holds } from "../../../../../packages/warehouse/test/comparing.ts"
import { declared, event, keys } from "./plan.ts"

/** The tables of the plan, by what they have rows of. */
export const tables = {
  track: "order_line_updated",
  identify: "identifies",
  group: "groups",
  alias: "aliases",
  page: "pages",
  screen: "screens"
} as const

export const misfits = "misfits"

type Field = readonly [column: string, kind: Table.Kind, value: unknown]
type Kinds = Readonly<Record<string, Table.Kind>>

/** A row, by the names of its columns, as text: a time as microseconds. */
export type Row = Readonly<Record<string, string | null>>

/** What a warehouse has. */
export interface Found {
  readonly rows: (table: string, columns: Kinds) => Promise<ReadonlyArray<Row>>
}

const own = (values: object, key: string): unknown =>
  Object.hasOwn(values, key) ? (values as Readonly<Record<string, unknown>>)[key] : undefined

/** An empty id is no id. */
const id = (value: unknown): unknown => (value === "" ? undefined : value)

/** The columns that the tables of all messages have, and their values. */
const common = (message: Message): ReadonlyArray<Field> => [
  ["message_id", "string", message.messageId],
  ["timestamp", "timestamp", message.timestamp],
  ["user_id", "string", id(message.userId)],
  ["anonymous_id", "string", id(message.anonymousId)],
  ["group_id", "string", id(message.type === "group" ? message.groupId : own(message.context ?? {}, "groupId"))],
  ["context", "json", message.context],
  ["integrations", "json", message.integrations]
]

const ownOf = (message: Message): ReadonlyArray<Field> => {
  switch (message.type) {
    case "alias":
      return [["previous_id", "string", message.previousId]]
    case "page":
    case "screen":
      return [
        ["name", "string", message.name],
        ["category", "string", message.category]
      ]
    default:
      return []
  }
}

/** The flat values of a message, and the column for those that have no column of their own. */
const valuesOf = (message: Message): { readonly values: object; readonly kinds: Kinds; readonly rest?: string } => {
  switch (message.type) {
    case "track":
      return { values: message.properties, kinds: keys }
    case "alias":
      return { values: {}, kinds: {} }
    case "identify":
    case "group":
      return { values: message.traits, kinds: declared, rest: "traits" }
    default:
      return { values: message.properties, kinds: declared, rest: "properties" }
  }
}

/** The kinds of all columns of a table that come from messages. */
export const columnsOf = (type: Message["type"]): Kinds => {
  const empty = { type, messageId: "", timestamp: "", properties: {}, traits: {} } as unknown as Message
  const { kinds, rest } = valuesOf(empty)
  const fields = [...common(empty), ...ownOf(empty)].map(([column, kind]) => [column, kind] as const)
  return { ...Object.fromEntries(fields), ...kinds, ...(rest === undefined ? {} : { [rest]: "json" }) }
}

const misfitColumns: Kinds = {
  message_id: "string",
  timestamp: "timestamp",
  type: "string",
  event: "string",
  key: "string",
  value: "string",
  reason: "string"
}

/** A value that came back as text. */
const equal = (kind: Table.Kind, text: string, given: Json, what: string): void => {
  if (!cameBack(kind, text, given)) assert.fail(`${what}: ${Dialect.jsonText(given)} came back as ${text}`)
}

/** The value of a column, where absent values and null are both null. */
const equalColumn = (kind: Table.Kind, text: string | null, given: unknown, what: string): void => {
  if (given === undefined || given === null) assert.equal(text, null, what)
  else equal(kind, text!, given as Json, what)
}

/** A text that identifies a misfit: as JSON if the engine cannot hold it, or if it could be taken for that of another. */
const shown = (engine: Holding, text: string): string =>
  holds(engine, "string", text) && !text.startsWith('"') && text !== "" ? text : JSON.stringify(text)

/** What the tracker's validation has found, or what a message says that it has: misfits tell it, too. */
const violated = (message: Message): ReadonlySet<string> => {
  const violations = own(message.context ?? {}, "violations")
  if (!Array.isArray(violations)) return new Set()
  return new Set(violations.map((one: unknown) => String(own(Object(one) as object, "path"))))
}

/** Checks that each message is there once: in its table, each value in its column or among the misfits with a reason, or whole among the misfits. */
export const check = async (
  name: string,
  engine: Holding,
  { rows }: Found,
  messages: ReadonlyArray<Message>
): Promise<void> => {
  const types = Object.keys(tables) as ReadonlyArray<Message["type"]>
  const found = new Map<string, Map<string, Row>>()
  let count = 0
  for (const type of types) {
    const all = await rows(tables[type], columnsOf(type))
    found.set(type, new Map(all.map((row) => [row["message_id"]!, row])))
    assert.equal(found.get(type)!.size, all.length, `${name}: a message is twice in ${tables[type]}`)
    count += all.length
  }
  const unfit = Map.groupBy(await rows(misfits, misfitColumns), (row) => row["message_id"]!)
  let whole = 0
  for (const message of messages) {
    const what = `${name}: ${JSON.stringify(message.messageId)}`
    const fields = [...common(message), ...ownOf(message)]
    const isPlanned = message.type !== "track" || message.event === event
    const isHeld = fields.every(
      ([, kind, value]) => value === undefined || value === null || holds(engine, kind, value as Json)
    )
    const row = found.get(message.type)!.get(message.messageId)
    const isWhole = !isPlanned || !isHeld
    const id = isWhole ? shown(engine, message.messageId) : message.messageId
    const left = new Map((unfit.get(id) ?? []).map((row) => [row["key"]!, row]))
    unfit.delete(id)
    for (const { reason } of left.values()) assert.ok(typeof reason === "string" && reason !== "", what)
    if (isWhole) {
      assert.equal(row, undefined, `${what} is in a table, and does not fit`)
      assert.deepEqual([...left.keys()], [""], what)
      equal("json", left.get("")!["value"]!, message as unknown as Json, what)
      whole++
      continue
    }
    assert.ok(row !== undefined, `${what} is not there`)
    for (const [column, kind, value] of fields) equalColumn(kind, row[column]!, value, `${what}.${column}`)
    const { kinds, rest, values } = valuesOf(message)
    const misfit = (key: string, value: unknown): void => {
      const one = left.get(shown(engine, key))
      assert.ok(one !== undefined, `${what}.${JSON.stringify(key)} is nowhere`)
      equal("json", one["value"]!, value as Json, `${what}.${key}`)
      left.delete(shown(engine, key))
    }
    for (const [key, kind] of Object.entries(kinds)) {
      const value = own(values, key) as Json | undefined
      const isThere = value !== undefined && value !== null && holds(engine, kind, value)
      equalColumn(kind, row[key]!, isThere ? value : null, `${what}.${key}`)
      if (value !== undefined && value !== null && !isThere) misfit(key, value)
    }
    const others = Object.entries(values).filter(([key]) => !Object.hasOwn(kinds, key))
    const together = Object.fromEntries(others) as Json
    const isRest = rest !== undefined && others.length > 0 && holds(engine, "json", together)
    if (rest !== undefined) equalColumn("json", row[rest]!, isRest ? together : null, `${what}.${rest}`)
    if (!isRest) for (const [key, value] of others) misfit(key, value)
    const more = violated(message)
    for (const key of left.keys()) assert.ok(more.has(String(key)), `${what} has a misfit ${JSON.stringify(key)}`)
  }
  assert.equal(count + whole, messages.length, `${name} has messages that nobody delivered`)
  assert.deepEqual([...unfit.keys()], [], `${name} has misfits of messages that nobody delivered`)
}
