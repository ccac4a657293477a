import type * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as callback from "../base/callback.ts"
import { afterMicrotasks } from "./afterMicrotasks.ts"
import { call } from "./call.ts"
import { sameGroup, split } from "./cached.ts"
import { keep } from "./keep.ts"
import type { Batch, Id, Keys, LoadedRows, RowSource, Waiter } from "./model.ts"

const none: ReadonlyArray<never> = []

/**
 * The batch that accepts the keys of callers until the microtasks of this turn are done. Each joiner adds keys and a waiter.
 *
 * It is not Effect's RequestResolver, whose entry for each request costs more than all that a row's valuation does.
 */
export const join = (source: RowSource, context: Context.Context<never>, waiter: Waiter): Batch => {
  let batch: Batch | undefined
  const group = source.groupedBy.length === 0 ? none : source.groupedBy.map((by) => by(context))
  for (const open of source.open) if (open.group === group || sameGroup(open.group, group)) batch = open
  if (batch === undefined) return openBatch(source, context, group, waiter)
  addTo(batch, waiter)
  return batch
}

const addTo = (batch: Batch, waiter: Waiter): void => {
  batch.callers++
  batch.waiting++
  if (waiter.isPlain) batch.plain.push(waiter)
  else void (batch.ended ??= Promise.withResolvers()).promise.then((exitOf) => waiter.settle(exitOf(waiter)))
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
  return Effect.all(batch.waits, { concurrency: "unbounded", discard: true })
}

/** The rows for some keys. `wanted` maps the ids to the keys. Observers learn their batch. */
export const load = (
  source: RowSource,
  wanted: Keys,
  joined?: (batch: Batch) => void
): Effect.Effect<LoadedRows, any, any> =>
  callback.make<LoadedRows, unknown>((context, onExit) => {
    const batch = join(source, context, {
      settle: onExit,
      isPlain: false,
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
  context: Context.Context<never>,
  group: ReadonlyArray<unknown>,
  opener: Waiter
): Batch => {
  const batch: Batch = {
    source,
    context,
    group,
    keys: new Map(),
    opener,
    plain: [],
    ended: undefined,
    callers: 1,
    waiting: 1,
    cached: undefined,
    loads: undefined,
    waits: []
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
  new Loading(batch).start()
}

interface FailedCall {
  readonly keys: Keys
  readonly cause: Cause.Cause<unknown>
}

/** The loading of a batch that has closed. */
class Loading {
  readonly #batch: Batch
  readonly #found = new Map<Id, unknown>()
  readonly #failed: Array<FailedCall> = []
  /** The keys of the calls that have not started. */
  #chunks: ReadonlyArray<Keys> = none
  #started = 0
  #running = 0
  /** The number of things that it waits for: itself while it starts, calls, and keys that other batches load. */
  #waits = 1
  #isStarting = false

  constructor(batch: Batch) {
    this.#batch = batch
  }

  start(): void {
    const { others, own } = split(this.#batch, this.#found)
    for (const [other, keys] of others) for (const [id, key] of keys) this.#waitFor(other, id, key)
    const { size } = this.#batch.source
    if (own.size > 0) this.#chunks = own.size <= size ? [own] : chunksOf(own, size)
    this.#waits += this.#chunks.length
    this.#startCalls()
    this.#done()
  }

  /** Starts as many calls as may run. A call that is over at once does not nest the next one. */
  #startCalls(): void {
    if (this.#isStarting) return
    this.#isStarting = true
    const { concurrency } = this.#batch.source
    const most = concurrency === "unbounded" ? Number.POSITIVE_INFINITY : concurrency
    while (this.#started < this.#chunks.length && this.#running < most && this.#batch.waiting > 0) {
      this.#running++
      this.#call(this.#chunks[this.#started++]!)
    }
    this.#isStarting = false
  }

  #call(keys: Keys): void {
    const { context, source, waits } = this.#batch
    const take = (rows: ReadonlyArray<unknown>): Effect.Effect<unknown> => keep(this.#batch, keys, rows, this.#found)
    const end = call(source, [...keys.values()], context, take, (exit) => {
      if (Exit.isFailure(exit)) this.#failed.push({ keys, cause: exit.cause })
      this.#running--
      this.#startCalls()
      this.#done()
    })
    waits.push(end)
  }

  /** Waits for a key that another batch is loading. Each has a waiter, since calls fail separately. */
  #waitFor(other: Batch, id: Id, key: unknown): void {
    let isWaiting = true
    addTo(other, {
      wants: (keys) => keys.has(id),
      isPlain: false,
      settle: (exit) => {
        if (!isWaiting) return
        isWaiting = false
        if (Exit.isFailure(exit)) this.#failed.push({ keys: new Map([[id, key]]), cause: exit.cause })
        else if (exit.value.has(id)) this.#found.set(id, exit.value.get(id))
        this.#done()
      }
    })
    this.#batch.waits.push(
      Effect.suspend(() => {
        if (!isWaiting) return Effect.void
        isWaiting = false
        return leave(other)
      })
    )
    this.#waits++
  }

  #done(): void {
    if (--this.#waits > 0) return
    const { ended, opener, plain, source } = this.#batch
    source.cache?.loading.delete(this.#batch)
    const success = Exit.succeed(this.#found)
    // If a call fails, only the callers of its keys fail.
    const exitOf = (waiter: Waiter): Exit.Exit<LoadedRows, unknown> => {
      const failure = this.#failed.length === 0 ? undefined : this.#failed.find(({ keys }) => waiter.wants(keys))
      return failure === undefined ? success : Exit.failCause(failure.cause)
    }
    ended?.resolve(exitOf)
    opener.settle(exitOf(opener))
    for (let i = 0; i < plain.length; i++) {
      const waiter = plain[i]!
      // What it makes is not kept alive until all others have their rows.
      plain[i] = undefined
      waiter.settle(exitOf(waiter))
    }
  }
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
