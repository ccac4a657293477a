import * as Cache from "effect/Cache"
import type * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import type { Batch, Id, LoadedRows, RowSource, Waiter } from "./model.ts"

const none: ReadonlyArray<unknown> = []

const sameGroup = (a: ReadonlyArray<unknown>, b: ReadonlyArray<unknown>): boolean =>
  a.every((one, index) => one === b[index])

/**
 * The batch that takes the keys of a fiber until the scheduler's next turn. Each joiner adds keys and a waiter.
 *
 * It is not Effect's RequestResolver, whose entry for each request costs more than all that a row's valuation does.
 */
export const join = (source: RowSource, fiber: Fiber.Fiber<any, any>, waiter: Waiter): Batch => {
  let batch: Batch | undefined
  const group =
    source.groupedBy.length === 0 ? none : source.groupedBy.map((by) => by(fiber.context as Context.Context<never>))
  for (const open of source.open) if (sameGroup(open.group, group)) batch = open
  batch ??= openBatch(source, fiber, group)
  batch.waiters.push(waiter)
  batch.waiting++
  return batch
}

/** Removes a waiter, and interrupts a batch that has none left. */
export const leave = (source: RowSource, batch: Batch): Effect.Effect<void> => {
  if (--batch.waiting > 0 || batch.fiber === undefined) return Effect.void
  close(source, batch)
  return Fiber.interrupt(batch.fiber)
}

/** The rows for some keys. `wanted` maps the ids to the keys. Observers learn their batch. */
export const load = (
  source: RowSource,
  wanted: ReadonlyMap<Id, unknown>,
  joined?: (batch: Batch) => void
): Effect.Effect<LoadedRows, any, any> =>
  Effect.callback<LoadedRows, unknown, unknown>((resume) => {
    const batch = join(source, Fiber.getCurrent()!, {
      settle: resume,
      wants: (keys) => {
        for (const id of wanted.keys()) if (keys.has(id)) return true
        return false
      }
    })
    for (const [id, key] of wanted) batch.keys.set(id, key)
    joined?.(batch)
    return Effect.suspend(() => leave(source, batch))
  })

const openBatch = (
  source: RowSource,
  { cache, context }: Fiber.Fiber<any, any>,
  group: ReadonlyArray<unknown>
): Batch => {
  const batch: Batch = {
    context,
    group,
    keys: new Map(),
    waiters: [],
    waiting: 0,
    cached: undefined,
    fiber: undefined
  }
  source.open.push(batch)
  batch.fiber = Effect.runForkWith(context)(
    Effect.flatMap(Effect.yieldNow, () => run(source, batch)),
    {
      scheduler: cache.scheduler
    }
  )
  return batch
}

const close = (source: RowSource, batch: Batch): void => {
  const index = source.open.indexOf(batch)
  if (index >= 0) source.open.splice(index, 1)
}

/** Keys by their ids. */
type Keys = ReadonlyMap<Id, unknown>

interface FailedCall {
  readonly keys: Keys
  readonly cause: Cause.Cause<unknown>
}

const run = (source: RowSource, batch: Batch): Effect.Effect<void> => {
  close(source, batch)
  const found = new Map<Id, unknown>()
  const failed: Array<FailedCall> = []
  return Effect.matchCause(loadAll(source, batch, found, failed), {
    onFailure: (cause) => settle(batch, Exit.failCause(cause)),
    onSuccess: () => (failed.length === 0 ? settle(batch, Exit.succeed(found)) : settleEach(batch, found, failed))
  }) as Effect.Effect<void>
}

const settle = (batch: Batch, exit: Exit.Exit<LoadedRows, unknown>): void => {
  for (const waiter of batch.waiters) waiter.settle(exit)
}

/** If a call fails, only the callers of its keys fail. */
const settleEach = (batch: Batch, found: LoadedRows, failed: ReadonlyArray<FailedCall>): void => {
  const success = Exit.succeed(found)
  for (const waiter of batch.waiters) {
    const failure = failed.find(({ keys }) => waiter.wants(keys))
    waiter.settle(failure === undefined ? success : Exit.failCause(failure.cause))
  }
}

const loadAll = Effect.fnUntraced(function* (
  source: RowSource,
  batch: Batch,
  found: Map<Id, unknown>,
  failed: Array<FailedCall>
) {
  let missing: Keys = batch.keys
  const cache = cacheOf(source, batch)
  if (cache !== undefined) {
    missing = yield* takeCached(cache, batch.keys, found)
    batch.cached = new Set(found.keys())
  }
  if (missing.size === 0) return
  yield* Effect.forEach(chunksOf(missing, source.size), (chunk) => loadCall(source, chunk, found, failed, cache), {
    concurrency: source.concurrency,
    discard: true
  })
})

const chunksOf = (keys: Keys, size: number): ReadonlyArray<Keys> => {
  if (keys.size <= size) return [keys]
  const chunks: Array<Map<Id, unknown>> = []
  let chunk = new Map<Id, unknown>()
  for (const [id, key] of keys) {
    if (chunk.size === 0) chunks.push(chunk)
    chunk.set(id, key)
    if (chunk.size === size) chunk = new Map()
  }
  return chunks
}

/** The cache of a loader's rows for one group. Groups share none. */
interface GroupCache {
  readonly cache: Cache.Cache<unknown, unknown>
  readonly keyOf: (id: Id) => unknown
}

const cacheOf = ({ cache }: RowSource, { group }: Batch): GroupCache | undefined => {
  if (cache === undefined) return undefined
  const prefix = group.map(nameOf)
  return { cache, keyOf: prefix.length === 0 ? identity : (id) => [...prefix, id] }
}

/** A symbol for each object, so that keys compare objects by identity. */
const names = new WeakMap<object, symbol>()
const nameOf = (one: unknown): unknown => {
  if ((typeof one !== "object" && typeof one !== "function") || one === null) return one
  let name = names.get(one)
  if (name === undefined) names.set(one, (name = Symbol("group")))
  return name
}

const takeCached = Effect.fnUntraced(function* ({ cache, keyOf }: GroupCache, keys: Keys, found: Map<Id, unknown>) {
  const missing = new Map<Id, unknown>()
  for (const [id, key] of keys) {
    const row = yield* Cache.getSuccess(cache, keyOf(id))
    if (Option.isSome(row)) found.set(id, row.value)
    else missing.set(id, key)
  }
  return missing
})

const loadCall = (
  source: RowSource,
  keys: Keys,
  found: Map<Id, unknown>,
  failed: Array<FailedCall>,
  cache: GroupCache | undefined
): Effect.Effect<void, never, any> =>
  source.call([...keys.values()]).pipe(
    Effect.flatMap((rows) => keep(source, keys, rows, found, cache)),
    Effect.withSpan(
      "Loader.load",
      { attributes: { "trackmap.loader.name": source.name, "trackmap.loader.keys": keys.size } },
      { captureStackTrace: false }
    ),
    Effect.catchCause((cause) => Effect.sync(() => void failed.push({ keys, cause })))
  )

/** Assigns the rows of one call to the requested ids, and reports rows that belong to none. */
const keep = (
  source: RowSource,
  keys: Keys,
  rows: ReadonlyArray<unknown>,
  found: Map<Id, unknown>,
  cache: GroupCache | undefined
): Effect.Effect<unknown> => {
  if (!Array.isArray(rows)) {
    const given = rows === null ? "null" : typeof rows
    return Effect.die(new TypeError(`${source.name}: load returned ${given} instead of an array of rows`))
  }
  let twice = 0
  let unasked = 0
  for (const row of rows) {
    if (row === null || row === undefined) continue
    const id = source.hash(source.keyOf(row))
    if (!keys.has(id)) unasked++
    else if (source.many) {
      const list = found.get(id) as Array<unknown> | undefined
      if (list === undefined) found.set(id, [row])
      else list.push(row)
    } else if (found.has(id)) twice++
    else found.set(id, row)
  }
  return Effect.all(
    [
      twice > 0 ? warn(source, twice, "came twice for one key; the first counts") : Effect.void,
      unasked > 0
        ? warn(source, unasked, "came for unrequested keys: does keyOf return the key type that load expects?")
        : Effect.void,
      cache === undefined
        ? Effect.void
        : Effect.forEach(keys.keys(), (id) =>
            found.has(id) ? Cache.set(cache.cache, cache.keyOf(id), found.get(id)) : Effect.void
          )
    ],
    { discard: true }
  )
}

const warn = (source: RowSource, rows: number, what: string): Effect.Effect<void> =>
  Effect.annotateLogs(Effect.logWarning(`${source.name}: ${rows} row${rows === 1 ? "" : "s"} ${what}`), {
    loader: source.name,
    rows
  })
