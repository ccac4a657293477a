import type { Comparison, Filter, Measure, Question } from "@trackmap/warehouse/Question"
import type { Json } from "effect/Schema"
import type { Answer } from "../asking/Answer.ts"
import type { Asked } from "../asking/ask.ts"

/** The warehouse, as something that is asked. */
export const asked: Asked = { name: "warehouse", errors: "QueryError", refusal: 400 }

export type { Comparison, Filter as WarehouseFilter, Measure, Question }

/** The kind of a column. Values of `timestamp` are texts in ISO 8601, of `json` any JSON. */
export type WarehouseKind = "string" | "integer" | "number" | "boolean" | "timestamp" | "json" | "other"

/** A column of a table or of a result. */
export interface WarehouseColumn {
  readonly name: string
  readonly kind: WarehouseKind
}

/** A table, or the view over all events. */
export interface WarehouseTable {
  readonly name: string
  /** The name of the event, as tracked, if it is an event's table. Default: the plan's event whose name in snake_case is that of the table. */
  readonly event?: string | undefined
  readonly rows?: number | undefined
  readonly columns: ReadonlyArray<WarehouseColumn>
}

/** The rows of a question or a statement. */
export interface Answered {
  /** The SQL that was run. */
  readonly sql: string
  /**
   * For a question: the time if there is `every`, the keys of `groupBy`, and the measure. The time is the instant at which the hour or the day starts in
   * the question's time zone.
   */
  readonly columns: ReadonlyArray<WarehouseColumn>
  /** For a question, by time, and the highest measure first. */
  readonly rows: ReadonlyArray<ReadonlyArray<Json>>
  /** Whether there are more rows than the limit. */
  readonly truncated: boolean
  /** The time that the query took, in milliseconds. */
  readonly ms: number
}

/** The options of an operation. */
export interface AskOptions {
  /** Aborts if nobody waits for the answer any more: stop the query. An Effect is interrupted as well. */
  readonly signal: AbortSignal
}

/** The options of a statement. */
export interface SelectOptions extends AskOptions {
  /** The number of rows to return. */
  readonly limit: number
  /**
   * All that the statement may read: the tables, each with its columns. The others contain personal data, or may contain it. Tables and columns that do
   * not exist are ignored.
   */
  readonly visible: { readonly [table: string]: ReadonlyArray<string> }
}

/**
 * What the page needs of a warehouse. `DuckDB.explorer` of `@trackmap/duckdb` is one. Operations return Effects or promises. The page shows the message of
 * an error `{ _tag: "QueryError", message }`; with `transient: true`, the same question may be answered later. It shows no other errors.
 */
export interface Warehouse {
  /** Such as the name of the file. The page shows it. */
  readonly name: string
  /** The tables that exist, and the view over all events. */
  readonly catalog: () => Answer<ReadonlyArray<WarehouseTable>>
  /** Answers a question. */
  readonly ask: (question: Question, options: AskOptions) => Answer<Answered>
  /** Runs one statement that only reads. */
  readonly select: (sql: string, options: SelectOptions) => Answer<Answered>
}
