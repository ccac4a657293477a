import * as DefinitionError from "@trackmap/core/DefinitionError"
import * as CheckedOptions from "@trackmap/core/Options"

/**
 * How to print a message.
 *
 * - `pretty`: a line, followed by the values, grouped by entity.
 * - `compact`: one line of `key=value`.
 * - `json`: one line of JSON, for log collectors.
 */
export type Format = "pretty" | "compact" | "json"

/** The sink's options. */
export interface Options {
  /** Default: "pretty". */
  readonly format?: Format | undefined
  /**
   * Default: "auto", which uses colours only if stdout is a terminal, `NO_COLOR` is not set and `TERM` is not "dumb". `FORCE_COLOR` turns
   * them on without a terminal, or off with "0" and "false". `json` has no colours.
   */
  readonly colors?: boolean | "auto" | undefined
  /**
   * The maximum characters of a value. Default: 80; use `Infinity` for no limit. If you set it, it also limits a whole `compact` line,
   * which is otherwise as wide as the terminal, if there is one. `json` is never cut.
   */
  readonly width?: number | undefined
  /** The sink's name in receipts. Default: "console". */
  readonly name?: string | undefined
}

const names: CheckedOptions.Names<Options> = { format: true, colors: true, width: true, name: true }
const formats: ReadonlySet<unknown> = new Set(["pretty", "compact", "json", undefined])

/** Checks the names of the options, and the format. */
export const check = (options: Options): void => {
  const { format } = CheckedOptions.check("Console.sink", options, names)
  if (formats.has(format)) return
  const detail = `format must be "pretty", "compact" or "json", not ${typeof format === "string" ? "another string" : typeof format}`
  throw new DefinitionError.DefinitionError({ entity: "Console.sink", reason: "BadPath", paths: ["format"], detail })
}
