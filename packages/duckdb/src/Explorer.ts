/**
 * Questions to a warehouse, as the inspector's page asks them.
 *
 * @module
 */
import type { Json } from "@trackmap/core/Message"
import type * as Effect from "effect/Effect"
import type { DuckDBError, QueryError } from "./DuckDBError.ts"

/** What a column holds. `timestamp` is text in ISO 8601. */
export type Kind = "string" | "integer" | "number" | "boolean" | "timestamp" | "json" | "other"

/** A column of a table, or of an answer. */
export interface Column {
  readonly name: string
  readonly kind: Kind
}

/** A table, or the view over all events. */
export interface Table {
  readonly name: string
  /** The name of the event, as tracked, if it is an event's table. */
  readonly event?: string | undefined
  /** About how many rows it has. */
  readonly rows?: number | undefined
  readonly columns: ReadonlyArray<Column>
}

/** What is counted or calculated. `users` are the different users, known or anonymous. */
export type Measure =
  | { readonly of: "count" }
  | { readonly of: "users" }
  | { readonly of: "sum" | "average"; readonly key: string }

/** A condition. `contains` ignores case; `null` and `not null` have no value. */
export interface Filter {
  readonly key: string
  readonly is: "=" | "!=" | "<" | "<=" | ">" | ">=" | "contains" | "null" | "not null"
  readonly value?: string | number | boolean | undefined
}

/** A question about one table. */
export interface Question {
  readonly table: string
  readonly measure: Measure
  readonly groupBy: ReadonlyArray<string>
  /** Whether each hour or each day in the time zone has its own rows. */
  readonly every?: "hour" | "day" | undefined
  /** Such as `Europe/Berlin`. */
  readonly timeZone: string
  /** The first instant, in ISO 8601. */
  readonly from?: string | undefined
  /** The instant after the last, in ISO 8601. */
  readonly to?: string | undefined
  /** All of them must hold. */
  readonly filters: ReadonlyArray<Filter>
  /** The number of rows to return. */
  readonly limit: number
}

/** The rows of a question or of a statement. */
export interface Answered {
  /** The SQL that was run. */
  readonly sql: string
  /** For a question: the start of the hour or day if there is `every`, the keys of `groupBy`, and the measure. */
  readonly columns: ReadonlyArray<Column>
  /** Integers that JavaScript does not represent exactly are text. */
  readonly rows: ReadonlyArray<ReadonlyArray<Json>>
  /** Whether there are more rows than the limit, or than fit into an answer. */
  readonly truncated: boolean
  /** The time that DuckDB took, in milliseconds. */
  readonly ms: number
}

/** How a statement is restricted. */
export interface SelectOptions {
  /** The number of rows to return. */
  readonly limit: number
  /** All that the statement can read: the tables, each with its columns. What does not exist is ignored. */
  readonly visible: { readonly [table: string]: ReadonlyArray<string> }
}

/** What answers questions. An interruption stops the query. */
export interface Explorer {
  /** The file's name. */
  readonly name: string
  /** The tables that exist, and the view over all events. */
  readonly catalog: () => Effect.Effect<ReadonlyArray<Table>, DuckDBError | QueryError>
  /** Answers a question. */
  readonly ask: (question: Question) => Effect.Effect<Answered, DuckDBError | QueryError>
  /** Runs one SELECT, which can read nothing but what is visible. */
  readonly select: (sql: string, options: SelectOptions) => Effect.Effect<Answered, DuckDBError | QueryError>
}
