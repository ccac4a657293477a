import * as Effect from "effect/Effect"
import { MissingRow } from "../../RowError.ts"
import type { Node } from "../definition/model.ts"
import * as batch from "../load/batch.ts"
import type { Batch, LoadedRows, LookupImpl } from "../load/model.ts"
import * as storedKey from "../load/storedKey.ts"
import { collect } from "./collect.ts"
import type { Pending, Walk } from "./model.ts"
import { flatMap } from "./pending.ts"
import { placeOf } from "./place.ts"
import { tolerated } from "./tolerated.ts"
import { unresolved } from "./unresolved.ts"

const noKey = Symbol("noKey")

/** Requests the distinct keys of all rows from a relation's loader. */
export const lookUp = (
  walk: Walk,
  node: Node,
  rest: string,
  lookup: LookupImpl
): readonly [Array<unknown>, Pending] => {
  const { required, source } = lookup.loader
  const parent = node.parent!
  const wanted = new Map<unknown, unknown>()
  const ids: Array<unknown> = [noKey]
  const places = new Map<unknown, number>()
  const later = walk.tolerance?.later
  const json = later && new Map<unknown, storedKey.StoredKey>()
  const [found] = collect(walk, parent, rest, "a key", (row) => {
    const key = lookup.key(row)
    const id = key === null || key === undefined ? noKey : source.idOf(key)
    if (id !== noKey) json?.set(id, storedKey.encode(key))
    let rowIndex = places.get(id)
    if (rowIndex === undefined) {
      places.set(id, (rowIndex = ids.push(id) - 1))
      if (id !== noKey) wanted.set(id, key)
    }
    return rowIndex
  })
  for (let rowIndex = 0; rowIndex < found.length; rowIndex++) found[rowIndex] ??= 0
  walk.rowIndexes[node.id] = found as ReadonlyArray<number>
  const out = new Array<unknown>(ids.length)
  const take = (rows: LoadedRows): Effect.Effect<void, MissingRow> => {
    for (let rowIndex = 1; rowIndex < ids.length; rowIndex++) {
      const row = rows.get(ids[rowIndex])
      if (json?.has(ids[rowIndex])) out[rowIndex] = unresolved
      else if (source.many) out[rowIndex] = row ?? []
      else if (row !== undefined || !required) out[rowIndex] = row
      else {
        const missing = new MissingRow({ path: placeOf(walk, node, rowIndex), key: wanted.get(ids[rowIndex]) ?? null })
        if (walk.tolerance === undefined) return Effect.fail(missing)
        walk.tolerance.add(missing, true)
      }
    }
    return Effect.void
  }
  if (later !== undefined && json !== undefined && json.size > 0) {
    for (const [index, rowIndex] of (found as ReadonlyArray<number>).entries()) {
      const key = json.get(ids[rowIndex])
      if (key === undefined) continue
      const relation = placeOf(walk, parent, index, rest)
      for (const at of walk.pointers(index)) later.push({ relation, at, key })
    }
    return [out, take(new Map())]
  }
  if (wanted.size > 0) {
    const joined = walk.tolerance?.trace && ((one: Batch): void => void (walk.batches[node.id] = [one, wanted]))
    const loaded = flatMap(batch.load(source, wanted, joined), take)
    const without = (): void => void out.fill(unresolved, 1)
    const expected = source.many ? "an array of rows" : "a related row"
    return [out, tolerated(walk, loaded, () => placeOf(walk, node, 1), expected, without)]
  }
  if (required && ids.length > 1) return [out, take(new Map())]
  if (source.many && ids.length > 1) out[1] = []
  return [out, undefined]
}
