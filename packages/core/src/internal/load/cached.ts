import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type { Batch, Cached, Id, Keys } from "./model.ts"
import { groupName } from "./rowCache.ts"

export const sameGroup = (a: ReadonlyArray<unknown>, b: ReadonlyArray<unknown>): boolean =>
  a.every((one, index) => one === b[index])

const nowOf = (context: Context.Context<never>): number => Context.get(context, Clock.Clock).currentTimeMillisUnsafe()

/** The keys that a batch has to load itself, and those that other batches are loading. */
export interface Split {
  readonly own: Keys
  readonly others: ReadonlyMap<Batch, Keys>
}

const noOthers: Split["others"] = new Map()

/** Adds the rows that the cache has to those that are found, and splits the other keys. */
export const split = (batch: Batch, found: Map<Id, unknown>): Split => {
  const { group, keys, source } = batch
  const { cache } = source
  if (cache === undefined) return { own: keys, others: noOthers }
  const own = new Map<Id, unknown>()
  const others = new Map<Batch, Map<Id, unknown>>()
  const loading = [...cache.loading].filter((other) => other.source === source && sameGroup(other.group, group))
  const name = groupName(group)
  const now = nowOf(batch.context)
  for (const [id, key] of keys) {
    const row = cache.rows.get(name, id, now)
    const other = row === undefined ? loading.find(({ loads }) => loads!.has(id)) : undefined
    if (row !== undefined) found.set(id, row)
    else if (other === undefined) own.set(id, key)
    else others.set(other, (others.get(other) ?? new Map<Id, unknown>()).set(id, key))
  }
  batch.cached = new Set(found.keys())
  batch.loads = new Set(own.keys())
  if (own.size > 0) cache.loading.add(batch)
  return { own, others }
}

/** Keeps the rows that a call has found, except those of keys that were cleared meanwhile. */
export const put = (batch: Batch, keys: Keys, found: ReadonlyMap<Id, unknown>): void => {
  const { cache } = batch.source
  if (cache === undefined) return
  const name = groupName(batch.group)
  const now = nowOf(batch.context)
  for (const id of keys.keys()) if (batch.loads!.has(id) && found.has(id)) cache.rows.set(name, id, found.get(id), now)
}

/** Adds a row that the cache does not have. A call in progress for its key does not replace it. */
export const add = (
  cache: Cached,
  group: ReadonlyArray<unknown>,
  id: Id,
  row: unknown,
  services: Context.Context<never>
): void => {
  const name = groupName(group)
  const now = nowOf(services)
  if (cache.rows.get(name, id, now) !== undefined) return
  for (const other of cache.loading) if (sameGroup(other.group, group)) other.loads!.delete(id)
  cache.rows.set(name, id, row, now)
}

/** Forgets the rows of a key in every group, also those that are being loaded. */
export const forget = ({ loading, rows }: Cached, id: Id): void => {
  rows.delete(id)
  for (const { loads } of loading) loads!.delete(id)
}

export const forgetAll = ({ loading, rows }: Cached): void => {
  rows.clear()
  for (const { loads } of loading) loads!.clear()
}
