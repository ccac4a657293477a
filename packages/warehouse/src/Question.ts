/**
 * Questions about one table of a warehouse, as data: what to measure, by what, when, and of which rows.
 *
 * @module
 */

/** What a question counts or calculates. `users` are the different users, known or anonymous. */
export type Measure =
  | { readonly of: "count" }
  | { readonly of: "users" }
  | { readonly of: "sum" | "average"; readonly key: string }

/** The comparisons of a filter. `contains` ignores case. `null` and `not null` have no value. */
export type Comparison = "=" | "!=" | "<" | "<=" | ">" | ">=" | "contains" | "null" | "not null"

/** A condition of a question. */
export interface Filter {
  readonly key: string
  readonly is: Comparison
  readonly value?: string | number | boolean | undefined
}

/** A question about one table. */
export interface Question {
  readonly table: string
  readonly measure: Measure
  /** At most two. */
  readonly groupBy: ReadonlyArray<string>
  /** Whether each hour or each day in the time zone has its own rows. */
  readonly every?: "hour" | "day" | undefined
  /** Such as `Europe/Berlin`. */
  readonly timeZone: string
  /** The first instant, in ISO 8601. */
  readonly from?: string | undefined
  /** The instant after the last, in ISO 8601. */
  readonly to?: string | undefined
  /** All must match. */
  readonly filters: ReadonlyArray<Filter>
  /** The number of rows to return. */
  readonly limit: number
}
