/**
 * The process in which `DuckDB.explorer` reads a file that no process has open. Your code has no use for it.
 *
 * @module
 */
import * as internal from "./internal/explore/reading.ts"

/** Answers what the parent process asks, until it has gone. */
export const serve: () => void = internal.serve
