import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import { pipeArguments } from "effect/Pipeable"
import { hasProperty } from "effect/Predicate"
import type { Reason } from "../../DefinitionError.ts"
import { describe } from "../base/fault.ts"
import { millisOf, type Names, optionsOf } from "../base/options.ts"
import { refuse as refuseDefinition } from "../base/refuse.ts"
import { visibleName } from "../base/visibleName.ts"
import * as userFunction from "../base/userFunction.ts"
import { ResolveFailed } from "../../RowError.ts"
import { add, forget, forgetAll } from "./cached.ts"
import { callOf } from "./call.ts"
import { idAs, identify, identifyBy } from "./key.ts"
import type { Cached, LoaderImpl, LookupImpl, ReadFields, RowSource } from "./model.ts"
import { RowCache } from "./rowCache.ts"

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
/** The implementation of every loader. `combinator` is the function that was called with it. */
export const implOf = (loader: LoaderFace, combinator: string): LoaderImpl =>
  isLoader(loader)
    ? loader
    : refuseDefinition(
        `Loader.${combinator}`,
        "BadPath",
        `it takes a loader, such as Loader.byKey returns, not ${describe(loader)}`
      )
export const isLookup = (u: unknown): u is LookupImpl => hasProperty(u, LookupTypeId)

const make = (source: Omit<RowSource, "open">, required = false): LoaderImpl =>
  Object.assign(Object.create(Proto), { source: { ...source, open: [] }, required })

const refuse = ({ name }: Pick<RowSource, "name">, detail: string, reason: Reason = "BadLimit"): never =>
  refuseDefinition(name, reason, detail)

/** Checks a function that must answer at once: each promise would count as a different key, or group. */
const synchronous = (name: string, what: string, f: unknown, needs: string): void => {
  if (typeof f !== "function") {
    refuse({ name }, `${what} must be a function ${needs}, not ${describe(f)}`, "BadPath")
  }
  if (userFunction.isAsync(f)) {
    refuse({ name }, `${what} must be a plain function ${needs}: an async one returns a promise`, "BadPath")
  }
}

export interface Options {
  readonly load: RowSource["load"]
  readonly keyOf: (row: any) => unknown
  readonly hash?: ((key: any) => unknown) | undefined
  readonly name?: string | undefined
}

const names: Names<Options> = { load: true, keyOf: true, hash: true, name: true }

const nameOf = (name: unknown): string =>
  name === undefined ? "an unnamed loader" : visibleName("Loader", "a loader's name", name)

const fromOptions =
  (many: boolean) =>
  (options: Options): LoaderImpl => {
    if (typeof options !== "object" || options === null) {
      refuse({ name: "Loader" }, `a loader needs options with load and keyOf, not ${describe(options)}`, "BadPath")
    }
    const name = nameOf(options.name)
    optionsOf(name, options, names)
    const { hash, keyOf, load } = options
    if (typeof load !== "function") {
      refuse({ name }, `load must be a function from keys to their rows, not ${describe(load)}`, "BadPath")
    }
    synchronous(name, "keyOf", keyOf, "from a row to its key")
    if (hash !== undefined) synchronous(name, "hash", hash, "from a key to a string or a number")
    return make({
      name,
      many,
      load,
      keyOf,
      idOf: hash === undefined ? identify(name) : identifyBy(name, hash),
      size: Number.POSITIVE_INFINITY,
      concurrency: "unbounded",
      groupedBy: [],
      cache: undefined
    })
  }

export const byKey = fromOptions(false)
export const byForeignKey = fromOptions(true)

/** It shares its batches with the original loader. */
export const required = ({ source }: LoaderImpl): LoaderImpl =>
  Object.assign(Object.create(Proto), { source, required: true })

const wholeNumber = (
  source: RowSource,
  what: string,
  given: unknown,
  expected = "a whole number of at least 1"
): number =>
  Number.isSafeInteger(given) && (given as number) >= 1
    ? (given as number)
    : refuse(source, `${what} must be ${expected}, not ${typeof given === "number" ? given : describe(given)}`)

export const batchN = (
  { required, source }: LoaderImpl,
  size: number,
  options?: { readonly concurrency?: number | "unbounded" | undefined }
): LoaderImpl => {
  wholeNumber(source, "a batch size", size)
  if (options !== undefined) optionsOf(source.name, options, { concurrency: true })
  const concurrency = options?.concurrency ?? "unbounded"
  if (concurrency !== "unbounded" && concurrency !== Number.POSITIVE_INFINITY) {
    wholeNumber(source, "the concurrency of batchN", concurrency, '"unbounded" or a whole number of at least 1')
  }
  return make({ ...source, size, concurrency }, required)
}

export const cached = (
  { required, source }: LoaderImpl,
  options: { readonly capacity: number; readonly timeToLive: Duration.Input }
): LoaderImpl => {
  const capacity = wholeNumber(source, "a cache's capacity", options?.capacity)
  optionsOf(source.name, options, { capacity: true, timeToLive: true })
  const timeToLive = millisOf(source.name, "a cache's timeToLive", options.timeToLive)
  if (timeToLive === 0) refuse(source, "a cache's timeToLive must be more than 0: without one, leave Loader.cached out")
  return make({ ...source, cache: { rows: new RowCache(capacity, timeToLive), loading: new Set() } }, required)
}

export const transform = (
  { required, source }: LoaderImpl,
  f: (call: Effect.Effect<ReadonlyArray<any>, any, any>) => Effect.Effect<ReadonlyArray<any>, any, any>
): LoaderImpl => {
  synchronous(source.name, "transform", f, "from a call's Effect to an Effect")
  const load: RowSource["load"] = (keys) =>
    Effect.suspend(() => {
      const transformed = f(callOf(source, keys))
      return Effect.isEffect(transformed)
        ? transformed
        : Effect.die(
            new ResolveFailed({
              path: source.name,
              reason: `has a transform that returned ${describe(transformed)} instead of an Effect`,
              remedy: "Return the Effect of the call, with Effect's combinators."
            })
          )
    })
  return make({ ...source, load }, required)
}

export const groupedBy = (
  { required, source }: LoaderImpl,
  by: (services: Context.Context<never>) => unknown
): LoaderImpl => {
  synchronous(source.name, "groupedBy", by, "from the services of a caller to its group")
  const atOnce = (services: Context.Context<never>): unknown => {
    const group = by(services)
    if (userFunction.comesLater(group)) {
      throw new ResolveFailed({
        path: source.name,
        reason: "has a groupedBy that returned a promise or an Effect",
        remedy: "Return the group itself."
      })
    }
    return group
  }
  return make({ ...source, groupedBy: [...source.groupedBy, atOnce] }, required)
}

/** The cache of a loader. */
const cacheOf = ({ source }: LoaderImpl, what: string): Cached =>
  source.cache ??
  refuse(source, `Loader.${what} needs the loader that Loader.cached returned: this one keeps no rows`, "BadPath")

export const clear = (loader: LoaderImpl, key: unknown): Effect.Effect<void> => {
  const cache = cacheOf(loader, "clear")
  return Effect.sync(() => forget(cache, idAs(loader.source, "Loader.clear takes", key)))
}

export const clearAll = (loader: LoaderImpl): Effect.Effect<void> => {
  const cache = cacheOf(loader, "clearAll")
  return Effect.sync(() => forgetAll(cache))
}

export const prime = (loader: LoaderImpl, key: unknown, row: unknown): Effect.Effect<void, never, any> => {
  const { source } = loader
  const cache = cacheOf(loader, "prime")
  if (source.many ? !Array.isArray(row) : typeof row !== "object" || row === null || row instanceof Error) {
    refuse(source, `Loader.prime takes ${source.many ? "an array of rows" : "a row"}, not ${describe(row)}`, "BadPath")
  }
  return Effect.withFiber(({ context }) => {
    const services = context as Context.Context<never>
    const group = source.groupedBy.map((by) => by(services))
    add(cache, group, idAs(source, "Loader.prime takes", key), row, services)
    return Effect.void
  })
}

export const at = (loader: LoaderImpl, key: (row: any) => unknown): LookupImpl => {
  synchronous(loader.source.name, "Loader.at", key, "from the row to the key")
  return Object.assign(Object.create(LookupProto), { loader, key })
}

const loaderFor = (name: string, loaderOf: (fields: ReadFields) => LoaderFace, fields: ReadFields): LoaderImpl => {
  if (typeof loaderOf !== "function") {
    refuse({ name }, `Loader.atField needs a function that returns a loader, not ${describe(loaderOf)}`, "BadPath")
  }
  return implOf(loaderOf(fields), "atField")
}

export const atField = (name: string, loaderOf: (fields: ReadFields) => LoaderFace): LookupImpl => {
  visibleName("Loader.atField", "a field's name", name)
  const of = (fields: ReadFields): LoaderImpl => loaderFor(name, loaderOf, fields)
  return Object.assign(
    at(of(undefined), (row: Readonly<Record<string, unknown>>) => row[name]),
    {
      byField: { name, loaderOf: of }
    }
  )
}

/** The same lookup, with the loader for the fields that a relation reads. */
export const reading = (lookup: LookupImpl, fields: ReadFields): LookupImpl =>
  lookup.byField === undefined || fields === undefined
    ? lookup
    : Object.assign(at(lookup.byField.loaderOf(fields), lookup.key), { byField: lookup.byField })
