/**
 * Checks the options of your own functions, as this package checks its own.
 *
 * @module
 */
import * as internal from "./internal/base/options.ts"

/** The names of options. */
export type Names<Options> = internal.Names<Options>

/**
 * Checks that the options of a function are an object without unknown names, and returns them. Use it in your own sinks and other functions that
 * code without types calls, where a misspelt option would otherwise do nothing. An undefined option counts as absent.
 *
 * Throws `DefinitionError`, which suggests the intended name.
 *
 * @example
 * ```ts
 * import { EventSink, Options, Receipt } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * interface FileOptions {
 *   readonly path: string
 *   readonly maxBytes?: number
 * }
 * const file = (options: FileOptions) => {
 *   const { path } = Options.check<FileOptions>("file", options, { path: true, maxBytes: true })
 *   return EventSink.make({ name: path, send: (batch) => Effect.succeed(batch.all(Receipt.delivered)) })
 * }
 *
 * const fromJavaScript: any = { path: "events.jsonl", maxbytes: 1000 }
 * try {
 *   file(fromJavaScript)
 * } catch (error) {
 *   console.log((error as Error).message) // file: it has no option "maxbytes": did you mean maxBytes?
 * }
 * ```
 */
export const check: <Options extends object>(name: string, options: Options, names: Names<Options>) => Options =
  internal.exactOptionsOf
