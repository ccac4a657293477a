/**
 * How a message is written.
 *
 * - `pretty`: a line, and below it the values by entity.
 * - `compact`: one line of `key=value`.
 * - `json`: one line of JSON, for what collects logs.
 */
export type Format = "pretty" | "compact" | "json"

/** How the sink is set up. */
export interface Options {
  /** "pretty" unless told. */
  readonly format?: Format | undefined
  /**
   * "auto" unless told: only where stdout is a terminal, `NO_COLOR` is not set and `TERM` is not "dumb". `FORCE_COLOR` turns
   * them on without a terminal, or off with "0" and "false". `json` has none.
   */
  readonly colors?: boolean | "auto" | undefined
  /**
   * The characters that a value may take: 80 unless told, `Infinity` for all. A `compact` line as a whole is as wide as this
   * where it is told, else as the terminal, where there is one. `json` is never cut.
   */
  readonly width?: number | undefined
  /** The sink's name in receipts: "console" unless told. */
  readonly name?: string | undefined
}
