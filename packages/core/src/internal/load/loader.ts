import * as Cache from "effect/Cache"
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import { pipeArguments } from "effect/Pipeable"
import { hasProperty } from "effect/Predicate"
import type { Reason } from "../../DefinitionError.ts"
import { rejected } from "../base/fault.ts"
import { refuse as refuseDefinition } from "../base/refuse.ts"
import * as userFunction from "../base/userFunction.ts"
import type { Id, LoaderImpl, LookupImpl, RowSource } from "./model.ts"
import type { LoadOptions } from "./options.ts"

export const TypeId = "~@trackmap/core/Loader" as const
export const LookupTypeId = "~@trackmap/core/Loader/Lookup" as const

/** A loader without its types. */
export interface LoaderFace {
  readonly [TypeId]: object
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
/** The implementation of every loader. */
export const implOf = (loader: LoaderFace): LoaderImpl => loader as unknown as LoaderImpl
export const isLookup = (u: unknown): u is LookupImpl => hasProperty(u, LookupTypeId)

const make = (source: Omit<RowSource, "open">, required = false): LoaderImpl =>
  Object.assign(Object.create(Proto), { source: { ...source, open: [] }, required })

const refuse = ({ name }: Pick<RowSource, "name">, detail: string, reason: Reason = "BadLimit"): never =>
  refuseDefinition(name, reason, detail)

export interface Options {
  readonly load: Load
  readonly keyOf: (row: any) => unknown
  readonly hash?: ((key: any) => unknown) | undefined
  readonly name?: string | undefined
}

const fromOptions =
  (many: boolean) =>
  (options: Options): LoaderImpl => {
    const name = options?.name ?? "an unnamed loader"
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

/** A function that must be synchronous: each promise would count as a different key, or group. */
const atOnce =
  <A>(name: string, what: string, f: (given: A) => unknown) =>
  (given: A): unknown => {
    const answered = f(given)
    if (userFunction.comesLater(answered))
      throw new TypeError(`${name}: ${what} must return directly, not with a promise`)
    return answered
  }

const callOf =
  (name: string, load: Load): RowSource["call"] =>
  (keys) =>
    userFunction.ask(
      (options) => load(keys, options),
      (cause) => rejected(name, cause)
    )
type Load = (keys: ReadonlyArray<any>, options: LoadOptions) => unknown

export const byKey = fromOptions(false)
export const byForeignKey = fromOptions(true)

/** It shares its batches with the original loader. */
export const required = ({ source }: LoaderImpl): LoaderImpl =>
  Object.assign(Object.create(Proto), { source, required: true })

export const batchN = (
  { required, source }: LoaderImpl,
  size: number,
  options?: { readonly concurrency?: number | "unbounded" | undefined }
): LoaderImpl => {
  if (!Number.isSafeInteger(size) || size < 1) refuse(source, `a batch size must be a whole number from 1, not ${size}`)
  return make({ ...source, size, concurrency: options?.concurrency ?? "unbounded" }, required)
}

export const cached = (
  { required, source }: LoaderImpl,
  options: { readonly capacity: number; readonly timeToLive: Duration.Input }
): LoaderImpl => {
  if (!Number.isSafeInteger(options.capacity) || options.capacity < 1) {
    refuse(source, `a cache's capacity must be a whole number from 1, not ${options.capacity}`)
  }
  const cache = Effect.runSync(
    Cache.make<Id, unknown>({ lookup: () => Effect.never, capacity: options.capacity, timeToLive: options.timeToLive })
  )
  return make({ ...source, cache }, required)
}

export const transform = (
  { required, source }: LoaderImpl,
  f: (call: Effect.Effect<ReadonlyArray<any>, any, any>) => Effect.Effect<ReadonlyArray<any>, any, any>
): LoaderImpl => make({ ...source, call: (keys) => f(source.call(keys)) }, required)

export const groupedBy = (
  { required, source }: LoaderImpl,
  by: (services: Context.Context<never>) => unknown
): LoaderImpl => make({ ...source, groupedBy: [...source.groupedBy, atOnce(source.name, "groupedBy", by)] }, required)

export const at = (loader: LoaderImpl, key: (row: any) => unknown): LookupImpl =>
  isLoader(loader) && typeof key === "function"
    ? Object.assign(Object.create(LookupProto), { loader, key })
    : refuse(
        isLoader(loader) ? (loader as LoaderImpl).source : { name: "Loader.at" },
        "a relation by a loader needs the loader, and a function from the row to the key",
        "BadPath"
      )
