/**
 * Tables of a warehouse, as data: one for each event of the plan, one for each other call, and one for what fits none of them.
 *
 * @module
 */

/** What a column holds. Times are instants, so they have a time zone; lists, objects and values of several kinds are JSON. */
export type Kind = "string" | "integer" | "number" | "boolean" | "timestamp" | "json"

/**
 * Where a column's values come from: a field of the message, a key of its properties or traits with its path in the plan, all keys that no column
 * has, the time of loading, or a field of a misfit.
 */
export type Source =
  | { readonly _tag: "Message"; readonly field: MessageField }
  | { readonly _tag: "Key"; readonly key: string; readonly path: string }
  | { readonly _tag: "Rest" }
  | { readonly _tag: "LoadedAt" }
  | { readonly _tag: "Misfit" }

/** A field of a message. */
export type MessageField =
  | "messageId"
  | "timestamp"
  | "userId"
  | "anonymousId"
  | "groupId"
  | "context"
  | "integrations"
  | "previousId"
  | "name"
  | "category"

/** A column. */
export interface Column {
  readonly name: string
  readonly kind: Kind
  /** Whether every row has a value. An absent value and null are both NULL. */
  readonly required: boolean
  readonly source: Source
}

/** A call of the Segment Spec other than `track`. */
export type Call = "identify" | "group" | "alias" | "page" | "screen"

/** What a table has rows of. */
export type Of =
  | { readonly _tag: "Event"; readonly event: string }
  | { readonly _tag: "Call"; readonly call: Call }
  | { readonly _tag: "Misfits" }

/** A table. */
export interface Table {
  readonly name: string
  readonly of: Of
  readonly columns: ReadonlyArray<Column>
  /** The columns that identify a row. */
  readonly unique: ReadonlyArray<string>
}

/** A table that a warehouse has, as its catalogue describes it. */
export interface Existing {
  readonly name: string
  /** The table's comment. Trackmap writes the event's name there. */
  readonly comment?: string | undefined
  readonly columns: ReadonlyArray<{ readonly name: string; readonly type: string }>
}

const message = (name: string, kind: Kind, field: MessageField, required = false): Column => ({
  name,
  kind,
  required,
  source: { _tag: "Message", field }
})

const loadedAt: Column = { name: "loaded_at", kind: "timestamp", required: true, source: { _tag: "LoadedAt" } }

/** The columns that the tables of all messages begin with. */
export const messageColumns: ReadonlyArray<Column> = [
  message("message_id", "string", "messageId", true),
  message("timestamp", "timestamp", "timestamp", true),
  message("user_id", "string", "userId"),
  message("anonymous_id", "string", "anonymousId"),
  message("group_id", "string", "groupId"),
  message("context", "json", "context"),
  message("integrations", "json", "integrations"),
  loadedAt
]

const named = [message("name", "string", "name"), message("category", "string", "category")]

/** The tables of calls: their names, and the columns that they have besides those of all messages. */
export const calls: { readonly [C in Call]: { readonly name: string; readonly columns: ReadonlyArray<Column> } } = {
  identify: {
    name: "identifies",
    columns: [{ name: "traits", kind: "json", required: false, source: { _tag: "Rest" } }]
  },
  group: { name: "groups", columns: [{ name: "traits", kind: "json", required: false, source: { _tag: "Rest" } }] },
  alias: { name: "aliases", columns: [message("previous_id", "string", "previousId")] },
  page: {
    name: "pages",
    columns: [...named, { name: "properties", kind: "json", required: false, source: { _tag: "Rest" } }]
  },
  screen: {
    name: "screens",
    columns: [...named, { name: "properties", kind: "json", required: false, source: { _tag: "Rest" } }]
  }
}

const misfit = (name: string, kind: Kind, required = false): Column => ({
  name,
  kind,
  required,
  source: { _tag: "Misfit" }
})

/**
 * The table of what fits no other: messages outside the plan, whole, with an empty `key`; values that do not fit their column, and keys that the
 * plan does not have. `value` is JSON as text, which every engine can hold.
 */
export const misfits: Table = {
  name: "misfits",
  of: { _tag: "Misfits" },
  unique: ["message_id", "key"],
  columns: [
    misfit("message_id", "string", true),
    misfit("timestamp", "timestamp"),
    misfit("type", "string", true),
    misfit("event", "string"),
    misfit("key", "string", true),
    misfit("value", "string"),
    misfit("reason", "string", true),
    loadedAt
  ]
}

/** The name of the view over all tracked events, pages and screens. */
export const events = "events"
