/**
 * Questions to a warehouse, as the inspector's page asks them.
 *
 * @module
 */
import type { Json } from "@trackmap/core/Message"
import type { Filter, Measure, Question } from "@trackmap/warehouse/Question"
import type * as Effect from "effect/Effect"
import type { DuckDBError, QueryError } from "./DuckDBError.ts"

export type { Filter, Measure, Question }

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
