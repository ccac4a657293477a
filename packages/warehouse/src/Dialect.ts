/**
 * What one engine of a warehouse decides: its types, its limits for names, and which values its columns hold.
 *
 * @module
 */
import type { Json } from "@trackmap/core/Message"
import * as json from "./internal/json.ts"
import * as Instant from "./Instant.ts"
import type { Kind } from "./Table.ts"

/** An engine. */
export interface Dialect {
  /** The engine's name, for errors. */
  readonly name: string
  /** The engine's type for each kind of column. */
  readonly types: { readonly [K in Kind]: string }
  /** The kind of a type as the engine's catalogue writes it, or undefined for a type that no column of Trackmap has. */
  readonly kindOf: (type: string) => Kind | undefined
  /** Names that are equal after this are one name to the engine. */
  readonly fold: (name: string) => string
  /** The longest name in UTF-8 bytes. Default: no limit. */
  readonly nameBytes?: number | undefined
  /** The largest number of columns of a table. Default: no limit. */
  readonly columns?: number | undefined
  /** Names that no column can have, such as those of the engine's own columns. Default: none. */
  readonly reserved?: ReadonlySet<string> | undefined
  /** The engine's value for a value that is not null, or undefined if a column of this kind cannot hold it. */
  readonly encode: { readonly [K in Kind]: (value: Json) => unknown }
}

/**
 * A value as JSON, of any depth: `JSON.stringify` runs out of stack at some thousand levels.
 *
 * @example
 * ```ts
 * import { Dialect } from "@trackmap/warehouse"
 *
 * console.log(Dialect.jsonText({ a: [1, null] })) // {"a":[1,null]}
 * ```
 */
export const jsonText = (value: Json): string => json.textOf(value)

/**
 * Values for an engine without further limits: well-formed text, safe integers, finite numbers, booleans, times as RFC 3339 writes them with at most
 * microseconds, and JSON as text.
 *
 * @example
 * ```ts
 * import { Dialect } from "@trackmap/warehouse"
 *
 * console.log(Dialect.encode.integer(3), Dialect.encode.integer(2.5)) // 3 undefined
 * console.log(Dialect.encode.json({ a: [1] })) // {"a":[1]}
 * ```
 */
export const encode: Dialect["encode"] = {
  string: (value) => (typeof value === "string" && value.isWellFormed() ? value : undefined),
  integer: (value) => (Number.isSafeInteger(value) ? value : undefined),
  number: (value) => (typeof value === "number" ? value : undefined),
  boolean: (value) => (typeof value === "boolean" ? value : undefined),
  timestamp: (value) => (typeof value === "string" && Instant.micros(value) !== undefined ? value : undefined),
  json: jsonText
}
