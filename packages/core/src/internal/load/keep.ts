import * as Effect from "effect/Effect"
import { ResolveFailed } from "../../RowError.ts"
import { describe, isError, nameOf } from "../base/fault.ts"
import { put } from "./cached.ts"
import { idAs } from "./key.ts"
import type { Batch, Id, Keys, RowSource } from "./model.ts"

/** Assigns the rows of one call to the requested ids, and reports rows that belong to none. */
export const keep = (
  batch: Batch,
  keys: Keys,
  rows: ReadonlyArray<unknown>,
  found: Map<Id, unknown>
): Effect.Effect<unknown> => {
  const { source } = batch
  if (!Array.isArray(rows)) return Effect.die(noRows(source, rows))
  let twice = 0
  const unasked: Array<unknown> = []
  const errors: Array<unknown> = []
  for (const row of rows) {
    if (row === null || row === undefined) continue
    const id = isError(row) ? idOfError(source, row) : idOfRow(source, row)
    if (!keys.has(id)) (isError(row) ? errors : unasked).push(row)
    else if (source.many) {
      const list = found.get(id) as Array<unknown> | undefined
      if (list === undefined) found.set(id, [row])
      else list.push(row)
    } else if (found.has(id)) twice++
    else found.set(id, row)
  }
  put(batch, keys, found)
  if (twice === 0 && unasked.length === 0 && errors.length === 0) return Effect.void
  return Effect.andThen(
    twice === 0 ? Effect.void : warn(source, twice, "arrived twice for one key; the first counts"),
    Effect.andThen(
      unasked.length === 0 ? Effect.void : warn(source, unasked.length, unrequested(source, keys, unasked[0])),
      errors.length === 0 ? Effect.void : warn(source, errors.length, ofErrors(errors))
    )
  )
}

const unrequested = (source: RowSource, keys: Keys, row: unknown): string => {
  const [key] = keys.values()
  return `arrived for unrequested keys (load received ${describe(key)}, keyOf returned ${describe(source.keyOf(row))}): does keyOf return the key type that load expects?`
}

const ofErrors = (errors: ReadonlyArray<unknown>): string =>
  `${errors.length === 1 ? "is an Error" : "are Errors"} (${nameOf(errors[0])}), and no row: throw it in load if the call has failed, or leave it out`

const idOfRow = (source: RowSource, row: unknown): Id => idAs(source, "keyOf must return", source.keyOf(row))

/** An error in place of a row has no key, unless it is one. */
const idOfError = (source: RowSource, error: unknown): Id => {
  try {
    return idOfRow(source, error)
  } catch {
    return undefined
  }
}

const noRows = ({ name }: RowSource, given: unknown): ResolveFailed => {
  const withRows = hasRows(given)
  return new ResolveFailed({
    path: name,
    reason: `returned ${withRows ? "an object with rows" : describe(given)} instead of an array of rows`,
    remedy: withRows ? "Return its rows from load." : "Return the rows from load, or an empty array."
  })
}

/** As the result of a query by a driver has. */
const hasRows = (given: unknown): boolean => {
  try {
    return Array.isArray((given as { readonly rows?: unknown }).rows)
  } catch {
    return false
  }
}

const warn = (source: RowSource, rows: number, what: string): Effect.Effect<void> =>
  Effect.annotateLogs(Effect.logWarning(`${source.name}: ${rows} row${rows === 1 ? "" : "s"} ${what}`), {
    loader: source.name,
    rows
  })
