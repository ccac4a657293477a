import type * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { afterMicrotasks } from "./afterMicrotasks.ts"
import { sameGroup, split } from "./cached.ts"
import { keep } from "./keep.ts"
import type { Batch, Id, Keys, LoadedRows, RowSource, Waiter } from "./model.ts"

const none: ReadonlyArray<unknown> = []

/**
 * The batch that takes the keys of a fiber until the microtasks of this turn are done. Each joiner adds keys and a waiter.
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

/** Adds a key. Of keys that are equal, `load` gets the first. */
export const add = ({ keys }: Batch, id: Id, key: unknown): void => {
  if (!keys.has(id)) keys.set(id, key)
}

/** Removes a waiter, and interrupts a batch that has none left. */
export const leave = (batch: Batch): Effect.Effect<void> => {
  if (--batch.waiting > 0) return Effect.void
  close(batch)
  batch.source.cache?.loading.delete(batch)
  return batch.fiber === undefined ? Effect.void : Fiber.interrupt(batch.fiber)
}

/** The rows for some keys. `wanted` maps the ids to the keys. Observers learn their batch. */
export const load = (
  source: RowSource,
  wanted: Keys,
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
    for (const [id, key] of wanted) add(batch, id, key)
    joined?.(batch)
    return Effect.suspend(() => leave(batch))
  })

const openBatch = (
  source: RowSource,
  { cache, context }: Fiber.Fiber<any, any>,
  group: ReadonlyArray<unknown>
): Batch => {
  const batch: Batch = {
    source,
    context,
    scheduler: cache.scheduler,
    group,
    keys: new Map(),
    waiters: [],
    waiting: 0,
    cached: undefined,
    loads: undefined,
    fiber: undefined
  }
  source.open.push(batch)
  afterMicrotasks(() => start(batch))
  return batch
}

const close = (batch: Batch): void => {
  const { open } = batch.source
  const index = open.indexOf(batch)
  if (index >= 0) open.splice(index, 1)
}

const start = (batch: Batch): void => {
  close(batch)
  if (batch.waiting === 0) return
  const { context, scheduler } = batch
  const running = Effect.withFiber<void>((fiber) => {
    batch.fiber = fiber as Fiber.Fiber<void>
    return run(batch)
  })
  Effect.runForkWith(context)(running, { scheduler })
}

interface FailedCall {
  readonly keys: Keys
  readonly cause: Cause.Cause<unknown>
}

const run = (batch: Batch): Effect.Effect<void> => {
  const found = new Map<Id, unknown>()
  const failed: Array<FailedCall> = []
  return Effect.matchCause(
    Effect.suspend(() => loadAll(batch, found, failed)),
    {
      onFailure: (cause) => settle(batch, Exit.failCause(cause)),
      onSuccess: () => (failed.length === 0 ? settle(batch, Exit.succeed(found)) : settleEach(batch, found, failed))
    }
  ) as Effect.Effect<void>
}

const settle = (batch: Batch, exit: Exit.Exit<LoadedRows, unknown>): void => {
  batch.source.cache?.loading.delete(batch)
  for (const waiter of batch.waiters) waiter.settle(exit)
}

/** If a call fails, only the callers of its keys fail. */
const settleEach = (batch: Batch, found: LoadedRows, failed: ReadonlyArray<FailedCall>): void => {
  batch.source.cache?.loading.delete(batch)
  const success = Exit.succeed(found)
  for (const waiter of batch.waiters) {
    const failure = failed.find(({ keys }) => waiter.wants(keys))
    waiter.settle(failure === undefined ? success : Exit.failCause(failure.cause))
  }
}

const loadAll = (batch: Batch, found: Map<Id, unknown>, failed: Array<FailedCall>): Effect.Effect<void, never, any> => {
  const { others, own } = split(batch, found)
  const waits: Array<Effect.Effect<void, never, any>> = []
  for (const [other, keys] of others) waits.push(waitFor(other, keys, found, failed))
  if (own.size > 0) waits.push(callAll(batch, own, found, failed))
  return waits.length === 1 ? waits[0]! : Effect.all(waits, { concurrency: "unbounded", discard: true })
}

/** Waits for keys that another batch is loading. Each has a waiter, since calls fail separately. */
const waitFor = (other: Batch, keys: Keys, found: Map<Id, unknown>, failed: Array<FailedCall>): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    let left = keys.size
    for (const [id, key] of keys) {
      other.waiters.push({
        wants: (of) => of.has(id),
        settle: (exit) => {
          if (Exit.isFailure(exit)) failed.push({ keys: new Map([[id, key]]), cause: exit.cause })
          else if (exit.value.has(id)) found.set(id, exit.value.get(id))
          if (--left === 0) resume(Effect.void)
        }
      })
    }
    other.waiting++
    return Effect.suspend(() => leave(other))
  })

const callAll = (
  batch: Batch,
  keys: Keys,
  found: Map<Id, unknown>,
  failed: Array<FailedCall>
): Effect.Effect<void, never, any> => {
  const { concurrency, size } = batch.source
  if (keys.size <= size) return call(batch, keys, found, failed)
  return Effect.forEach(chunksOf(keys, size), (chunk) => call(batch, chunk, found, failed), {
    concurrency,
    discard: true
  })
}

const chunksOf = (keys: Keys, size: number): ReadonlyArray<Keys> => {
  const chunks: Array<Map<Id, unknown>> = []
  let chunk = new Map<Id, unknown>()
  for (const [id, key] of keys) {
    if (chunk.size === 0) chunks.push(chunk)
    chunk.set(id, key)
    if (chunk.size === size) chunk = new Map()
  }
  return chunks
}

const call = (
  batch: Batch,
  keys: Keys,
  found: Map<Id, unknown>,
  failed: Array<FailedCall>
): Effect.Effect<void, never, any> =>
  batch.source.call([...keys.values()]).pipe(
    Effect.flatMap((rows) => keep(batch, keys, rows, found)),
    Effect.withSpan(
      "Loader.load",
      { attributes: { "trackmap.loader.name": batch.source.name, "trackmap.loader.keys": keys.size } },
      { captureStackTrace: false }
    ),
    Effect.catchCause((cause) => Effect.sync(() => void failed.push({ keys, cause })))
  )
