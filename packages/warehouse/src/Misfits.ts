/**
 * Warnings about what fits no table.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { unknownKey } from "./internal/reason.ts"
import type { Rows } from "./Rows.ts"
import * as Table from "./Table.ts"

const at = (name: string): number => Table.misfits.columns.findIndex((column) => column.name === name)
const [event, key, reason, type] = [at("event"), at("key"), at("reason"), at("type")]

/** A name on one line of a log, whatever a caller has named its event. */
const shown = (name: unknown): string =>
  String(name)
    .slice(0, 100)
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, "?")

/**
 * A function that logs a warning for the first misfit of each event and key among the rows of a batch, for at most a hundred of them. It names no
 * value. A key that the plan does not have could be anything, so it is not named either.
 *
 * @example
 * ```ts
 * import { Misfits } from "@trackmap/warehouse"
 * import * as Effect from "effect/Effect"
 *
 * const warn = Misfits.warner("duckdb")
 * await Effect.runPromise(warn([])) // nothing
 * ```
 */
export const warner = (sink: string): ((rows: ReadonlyArray<Rows>) => Effect.Effect<void>) => {
  const known = new Set<string>()
  return (rows) => {
    const found = rows.find(({ table }) => table.of._tag === "Misfits")
    if (found === undefined || known.size >= 100) return Effect.void
    const lines: Array<string> = []
    for (let row = 0; row < found.size; row++) {
      const [name, of, why] = [event, key, reason].map((column) => found.columns[column]![row])
      const title = `${shown(name ?? found.columns[type]![row])}${of === "" || why === unknownKey ? "" : `.${shown(of)}`}: ${why}`
      if (known.size >= 100 || known.has(title)) continue
      known.add(title)
      lines.push(title)
    }
    return lines.length === 0
      ? Effect.void
      : Effect.logWarning(`${sink}: the table misfits has what does not fit the plan: ${lines.join("; ")}`)
  }
}
