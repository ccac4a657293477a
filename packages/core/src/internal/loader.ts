import * as Cache from "effect/Cache"
import type * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import { pipeArguments } from "effect/Pipeable"
import { hasProperty } from "effect/Predicate"
import { DefinitionError, type Reason } from "../DefinitionError.ts"
import type { LoadOptions } from "../Loader.ts"
import * as answer from "./answer.ts"
import { rejected } from "./fault.ts"

export const TypeId = "~@trackmap/core/Loader" as const
export const LookupTypeId = "~@trackmap/core/Loader/Lookup" as const

/** What makes two keys the same: the key itself, or what `hash` makes of it. */
type Id = unknown
/** What a batch found: a row for an id, or the rows. */
export type Found = ReadonlyMap<Id, unknown>

/** The batch function and its bounds. Loaders that differ only in what a missing row means share one, and so its batches. */
export interface Source {
  readonly name: string
  readonly many: boolean
  readonly call: (keys: ReadonlyArray<unknown>) => Effect.Effect<ReadonlyArray<unknown>, unknown, unknown>
  readonly keyOf: (row: unknown) => unknown
  readonly hash: (key: unknown) => Id
  readonly size: number
  readonly concurrency: number | "unbounded"
  readonly groupedBy: ReadonlyArray<(services: Context.Context<never>) => unknown>
  readonly cache: Cache.Cache<Id, unknown> | undefined
  /** The batches that still take keys: one for each group of services. */
  readonly open: Array<Batch>
}

/** Who waits for a batch, and for which of its keys. */
export interface Waiter {
  readonly wants: (keys: ReadonlyMap<Id, unknown>) => boolean
  readonly settle: (exit: Exit.Exit<Found, unknown>) => void
}

/** What callers have asked for together. */
export interface Batch {
  readonly context: Context.Context<never>
  /** What whoever opened it was grouped by. It is asked for then, as it may be read from an `AsyncLocalStorage`. */
  readonly group: ReadonlyArray<unknown>
  readonly keys: Map<Id, unknown>
  readonly waiters: Array<Waiter>
  waiting: number
  /** What was in the cache, once that is known. */
  cached: ReadonlySet<Id> | undefined
  fiber: Fiber.Fiber<void> | undefined
}

export interface LoaderImpl {
  readonly source: Source
  readonly required: boolean
}

export interface LookupImpl {
  readonly loader: LoaderImpl
  readonly key: (row: any) => unknown
}

const variance = { _Key: identity, _A: identity, _Missing: identity, _E: identity, _R: identity }
const Proto = {
  [TypeId]: variance,
  pipe() {
    return pipeArguments(this, arguments)
  }
}
const LookupProto = { [LookupTypeId]: { _Need: identity, _A: identity, _E: identity, _R: identity } }

export const isLoader = (u: unknown): u is LoaderImpl => hasProperty(u, TypeId)
export const isLookup = (u: unknown): u is LookupImpl => hasProperty(u, LookupTypeId)

const make = (source: Omit<Source, "open">, required = false): any =>
  Object.assign(Object.create(Proto), { source: { ...source, open: [] }, required })

const refuse = ({ name }: Pick<Source, "name">, detail: string, reason: Reason = "BadLimit"): never => {
  throw new DefinitionError({ entity: name, reason, paths: [], detail })
}

const fromOptions =
  (many: boolean) =>
  (options: {
    readonly load: Load
    readonly keyOf: (row: any) => unknown
    readonly hash?: ((key: any) => unknown) | undefined
    readonly name?: string | undefined
  }): any => {
    const name = options?.name ?? "a loader without a name"
    for (const part of ["load", "keyOf"] as const) {
      if (typeof options?.[part] !== "function") refuse({ name }, `a loader needs a function ${part}`, "BadPath")
    }
    return make({
      name,
      many,
      call: callOf(name, options.load),
      keyOf: options.keyOf,
      hash: options.hash === undefined ? identity : atOnce(name, "hash", options.hash),
      size: Number.POSITIVE_INFINITY,
      concurrency: "unbounded",
      groupedBy: [],
      cache: undefined
    })
  }

/** A function that has to answer at once. Promises would be as many keys, or groups, as there are promises. */
const atOnce =
  <A>(name: string, what: string, f: (given: A) => unknown) =>
  (given: A): unknown => {
    const answered = f(given)
    if (answer.comesLater(answered))
      throw new TypeError(`${name}: ${what} has to answer at once, and not with a promise`)
    return answered
  }

const callOf =
  (name: string, load: Load): Source["call"] =>
  (keys) =>
    answer.ask(
      (options) => load(keys, options),
      (cause) => rejected(name, cause)
    )
type Load = (keys: ReadonlyArray<unknown>, options: LoadOptions) => unknown

export const byKey = fromOptions(false)
export const byForeignKey = fromOptions(true)

export const required = (self: any): any =>
  Object.assign(Object.create(Proto), { source: (self as LoaderImpl).source, required: true })

export const batchN = (
  self: any,
  size: number,
  options?: { readonly concurrency?: number | "unbounded" | undefined }
): any => {
  const { required, source } = self as LoaderImpl
  if (!Number.isSafeInteger(size) || size < 1)
    refuse(source, `a batch takes a whole number of keys from 1, not ${size}`)
  return make({ ...source, size, concurrency: options?.concurrency ?? "unbounded" }, required)
}

export const cached = (self: any, options: { readonly capacity: number; readonly timeToLive: Duration.Input }): any => {
  const { required, source } = self as LoaderImpl
  if (!Number.isSafeInteger(options.capacity) || options.capacity < 1) {
    refuse(source, `a cache takes a whole number of keys from 1, not ${options.capacity}`)
  }
  const cache = Effect.runSync(
    Cache.make<Id, unknown>({ lookup: () => Effect.never, capacity: options.capacity, timeToLive: options.timeToLive })
  )
  return make({ ...source, cache }, required)
}

export const transform = (
  self: any,
  f: (call: Effect.Effect<ReadonlyArray<any>, any, any>) => Effect.Effect<ReadonlyArray<any>, any, any>
): any => {
  const { required, source } = self as LoaderImpl
  return make({ ...source, call: (keys) => f(source.call(keys)) }, required)
}

export const groupedBy = (self: any, by: (services: Context.Context<never>) => unknown): any => {
  const { required, source } = self as LoaderImpl
  return make({ ...source, groupedBy: [...source.groupedBy, atOnce(source.name, "groupedBy", by)] }, required)
}

export const at = (loader: any, key: (row: any) => unknown): any =>
  isLoader(loader) && typeof key === "function"
    ? Object.assign(Object.create(LookupProto), { loader, key })
    : refuse(
        isLoader(loader) ? loader.source : { name: "Loader.at" },
        "a relation by a loader needs the loader, and a function from the row to the key",
        "BadPath"
      )

// -----------------------------------------------------------------------------
// batches
// -----------------------------------------------------------------------------

const none: ReadonlyArray<unknown> = []

const sameGroup = (a: ReadonlyArray<unknown>, b: ReadonlyArray<unknown>): boolean =>
  a.every((one, index) => one === b[index])

/**
 * The batch that takes the keys of a fiber until the scheduler's next turn. Whoever joins it adds keys and a waiter.
 *
 * It is not Effect's RequestResolver, whose entry for each request costs more than all that a row's valuation does.
 */
export const join = (source: Source, fiber: Fiber.Fiber<any, any>, waiter: Waiter): Batch => {
  let batch: Batch | undefined
  const group =
    source.groupedBy.length === 0 ? none : source.groupedBy.map((by) => by(fiber.context as Context.Context<never>))
  for (const open of source.open) if (sameGroup(open.group, group)) batch = open
  batch ??= openBatch(source, fiber, group)
  batch.waiters.push(waiter)
  batch.waiting++
  return batch
}

/** One waiter is gone. A batch that nobody waits for any more is interrupted. */
export const leave = (source: Source, batch: Batch): Effect.Effect<void> => {
  if (--batch.waiting > 0 || batch.fiber === undefined) return Effect.void
  close(source, batch)
  return Fiber.interrupt(batch.fiber)
}

/** The rows for some keys. `wanted` maps the ids to the keys. Whoever wants to know is told the batch that they are in. */
export const load = (
  source: Source,
  wanted: ReadonlyMap<Id, unknown>,
  joined?: (batch: Batch) => void
): Effect.Effect<Found, any, any> =>
  Effect.callback<Found, unknown, unknown>((resume) => {
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

const openBatch = (source: Source, { cache, context }: Fiber.Fiber<any, any>, group: ReadonlyArray<unknown>): Batch => {
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

const close = (source: Source, batch: Batch): void => {
  const index = source.open.indexOf(batch)
  if (index >= 0) source.open.splice(index, 1)
}

/** Keys by their ids. */
type Keys = ReadonlyMap<Id, unknown>

interface Failed {
  readonly keys: Keys
  readonly cause: Cause.Cause<unknown>
}

const run = (source: Source, batch: Batch): Effect.Effect<void> => {
  close(source, batch)
  const found = new Map<Id, unknown>()
  const failed: Array<Failed> = []
  return Effect.matchCause(loadAll(source, batch, found, failed), {
    onFailure: (cause) => settle(batch, Exit.failCause(cause)),
    onSuccess: () => (failed.length === 0 ? settle(batch, Exit.succeed(found)) : settleEach(batch, found, failed))
  }) as Effect.Effect<void>
}

const settle = (batch: Batch, exit: Exit.Exit<Found, unknown>): void => {
  for (const waiter of batch.waiters) waiter.settle(exit)
}

/** A call that failed fails those who asked for one of its keys, and nobody else. */
const settleEach = (batch: Batch, found: Found, failed: ReadonlyArray<Failed>): void => {
  const success = Exit.succeed(found)
  for (const waiter of batch.waiters) {
    const failure = failed.find(({ keys }) => waiter.wants(keys))
    waiter.settle(failure === undefined ? success : Exit.failCause(failure.cause))
  }
}

const loadAll = Effect.fnUntraced(function* (
  source: Source,
  batch: Batch,
  found: Map<Id, unknown>,
  failed: Array<Failed>
) {
  let missing: Keys = batch.keys
  const kept = keptOf(source, batch)
  if (kept !== undefined) {
    missing = yield* takeKept(kept, batch.keys, found)
    batch.cached = new Set(found.keys())
  }
  if (missing.size === 0) return
  yield* Effect.forEach(chunksOf(missing, source.size), (chunk) => loadCall(source, chunk, found, failed, kept), {
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

/** What is kept of a loader's rows for one group: those of another are not its own. */
interface Kept {
  readonly cache: Cache.Cache<unknown, unknown>
  readonly keyOf: (id: Id) => unknown
}

const keptOf = ({ cache }: Source, { group }: Batch): Kept | undefined => {
  if (cache === undefined) return undefined
  const prefix = group.map(nameOf)
  return { cache, keyOf: prefix.length === 0 ? identity : (id) => [...prefix, id] }
}

/** Objects are told apart by who they are, and not by what is in them. */
const names = new WeakMap<object, symbol>()
const nameOf = (one: unknown): unknown => {
  if ((typeof one !== "object" && typeof one !== "function") || one === null) return one
  let name = names.get(one)
  if (name === undefined) names.set(one, (name = Symbol("group")))
  return name
}

const takeKept = Effect.fnUntraced(function* ({ cache, keyOf }: Kept, keys: Keys, found: Map<Id, unknown>) {
  const missing = new Map<Id, unknown>()
  for (const [id, key] of keys) {
    const row = yield* Cache.getSuccess(cache, keyOf(id))
    if (Option.isSome(row)) found.set(id, row.value)
    else missing.set(id, key)
  }
  return missing
})

const loadCall = (
  source: Source,
  keys: Keys,
  found: Map<Id, unknown>,
  failed: Array<Failed>,
  kept: Kept | undefined
): Effect.Effect<void, never, any> =>
  source.call([...keys.values()]).pipe(
    Effect.flatMap((rows) => keep(source, keys, rows, found, kept)),
    Effect.withSpan(
      "Loader.load",
      { attributes: { "loader.name": source.name, "loader.keys": keys.size } },
      { captureStackTrace: false }
    ),
    Effect.catchCause((cause) => Effect.sync(() => void failed.push({ keys, cause })))
  )

/** Sorts the rows of one call by the ids that were asked for, and says what does not belong. */
const keep = (
  source: Source,
  keys: Keys,
  rows: ReadonlyArray<unknown>,
  found: Map<Id, unknown>,
  kept: Kept | undefined
): Effect.Effect<unknown> => {
  if (!Array.isArray(rows)) {
    const given = rows === null ? "null" : typeof rows
    return Effect.die(new TypeError(`${source.name}: load gave ${given} where it has to give an array of rows`))
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
        ? warn(
            source,
            unasked,
            "came for keys that nobody asked for: does keyOf give keys of the type that load takes?"
          )
        : Effect.void,
      kept === undefined
        ? Effect.void
        : Effect.forEach(keys.keys(), (id) =>
            found.has(id) ? Cache.set(kept.cache, kept.keyOf(id), found.get(id)) : Effect.void
          )
    ],
    { discard: true }
  )
}

const warn = (source: Source, rows: number, what: string): Effect.Effect<void> =>
  Effect.annotateLogs(Effect.logWarning(`${source.name}: ${rows} row${rows === 1 ? "" : "s"} ${what}`), {
    loader: source.name,
    rows
  })
