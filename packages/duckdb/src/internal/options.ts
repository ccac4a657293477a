import * as Checked from "@trackmap/core/Options"
import { Misconfigured } from "@trackmap/core/SendError"
import * as Effect from "effect/Effect"
import type { Bounds } from "./bounds.ts"

/** The bounds of DuckDB inside your process. Sinks of one process on one file share the bounds of the first that opens it. */
export interface BoundOptions {
  /** The memory that DuckDB uses at most, such as `"1GB"`. Default: `"256MB"`. */
  readonly memoryLimit?: string | undefined
  /** The number of threads. Default: 2. */
  readonly threads?: number | undefined
}

const sizes = /^\d+(?:\.\d+)?\s*(?:[KMGT]i?B)$/i

const wrongIn = ({ memoryLimit, threads }: BoundOptions): string | undefined => {
  if (memoryLimit !== undefined && (typeof memoryLimit !== "string" || !sizes.test(memoryLimit)))
    return `memoryLimit must be a size such as "256MB", not ${JSON.stringify(memoryLimit)}`
  return threads === undefined || (Number.isInteger(threads) && threads >= 1 && threads <= 1_024)
    ? undefined
    : `threads must be a whole number from 1, not ${JSON.stringify(threads)}`
}

/** Why a path is none, if so. DuckDB takes some names for databases in memory, which would be gone when they close. */
export const wrongPath = (option: string, path: unknown): string | undefined =>
  typeof path !== "string" || path.trim() === "" || path.includes("\0") || path.startsWith(":memory:")
    ? `${option} must be a path, not ${JSON.stringify(path)}`
    : undefined

/** The bounds that the options give. */
export const boundsOf = ({ memoryLimit = "256MB", threads = 2 }: BoundOptions): Bounds => ({ memoryLimit, threads })

/** The options of the sink. */
export interface Options extends BoundOptions {
  /** The path of the file. The sink creates it, but not its folder. */
  readonly file: string
  /**
   * Keeps the file open between batches, which saves most of the cost of small batches. No other process can open it meanwhile, not even to read.
   * Default: false.
   */
  readonly keepOpen?: boolean | undefined
  /** The names of events' tables, by event. Default: the event's name in snake_case. */
  readonly tables?: Readonly<Record<string, string>> | undefined
  /** The names of columns, by key. Default: the key. */
  readonly columns?: Readonly<Record<string, string>> | undefined
  /** The sink's name in receipts and logs. Default: `"duckdb"`. */
  readonly name?: string | undefined
}

/** Checks the names of the options. */
export const checkNames = (options: Options): Options =>
  Checked.check<Options>("DuckDB.sink", options, {
    file: true,
    keepOpen: true,
    tables: true,
    columns: true,
    memoryLimit: true,
    threads: true,
    name: true
  })

/** The checked options of a sink. */
interface Settings {
  readonly file: string
  readonly bounds: Bounds
  readonly keepOpen: boolean
}

/** Checks the options' values. */
export const check = (options: Options): Effect.Effect<Settings, Misconfigured> => {
  const { file, keepOpen = false } = options
  const reason = wrongPath("file", file) ?? wrongIn(options)
  return reason === undefined
    ? Effect.succeed({ file, bounds: boundsOf(options), keepOpen })
    : Effect.fail(new Misconfigured({ reason }))
}
