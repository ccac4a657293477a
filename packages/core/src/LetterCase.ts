/**
 * The case of names, as `EventSink.recase` writes it: for sinks whose destination needs one, such as names of tables.
 *
 * @module
 */
import { writer } from "./internal/sink/letterCase.ts"

/**
 * A name in snake_case. A new word begins after an underscore, a space or a dash, and where a capital follows a lower-case letter or a digit.
 *
 * @example
 * ```ts
 * import { LetterCase } from "@trackmap/core"
 *
 * console.log(["orderLineUpdated", "Order Placed"].map(LetterCase.snake)) // [ "order_line_updated", "order_placed" ]
 * ```
 */
export const snake: (name: string) => string = writer("snake_case")
