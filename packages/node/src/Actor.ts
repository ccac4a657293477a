/**
 * The current actor. Set it once per request; every call that the request makes reads it, however many requests run at the same time.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks"
import { type Actor, merge } from "@trackmap/core/Actor"
import type { IncomingHttpHeaders } from "node:http"

export type { Actor } from "@trackmap/core/Actor"

/** Shared by all copies of this package in a process: the middleware of one sets the actor for the others. */
const key = Symbol.for("@trackmap/node/Actor")
const shared = globalThis as { [key]?: AsyncLocalStorage<Actor> }
const storage = (): AsyncLocalStorage<Actor> => (shared[key] ??= new AsyncLocalStorage())

const nobody: Actor = {}

/**
 * Runs a function as an actor, including everything that it calls and awaits. Fields that you leave out come from the enclosing actor, and
 * contexts merge. If `actor` is undefined, the enclosing actor remains. `run` returns the function's result, so middleware needs one line: call
 * the next handler inside.
 *
 * @example
 * ```ts
 * import { Actor } from "@trackmap/node"
 *
 * const who = async () => Actor.current().userId
 * console.log(await Promise.all(["u-1", "u-2"].map((userId) => Actor.run({ userId }, who)))) // [ "u-1", "u-2" ]
 * ```
 */
export const run = <A>(actor: Actor | undefined, f: () => A): A => storage().run(merge(current(), actor ?? nobody), f)

/**
 * Returns a function that runs as the current actor, whoever calls it later. A pool, a queue or an emitter otherwise runs its callbacks as the
 * actor that is current at that time: the actor that opened the connection, or none.
 *
 * @example
 * ```ts
 * import { Actor } from "@trackmap/node"
 *
 * const waiting: Array<() => void> = [] // the callbacks of a pool
 * const acquire = (callback: () => void) => void waiting.push(callback)
 * const seen: Array<string | undefined> = []
 * const note = () => void seen.push(Actor.current().userId)
 *
 * Actor.run({ userId: "u-1" }, () => acquire(note))
 * Actor.run({ userId: "u-2" }, () => acquire(Actor.bind(note)))
 * Actor.run({ userId: "u-3" }, () => waiting.forEach((callback) => callback()))
 * console.log(seen) // [ "u-3", "u-2" ]
 * ```
 */
export const bind = <Args extends ReadonlyArray<any>, A>(f: (...args: Args) => A): ((...args: Args) => A) => {
  const actor = current()
  return (...args) => storage().run(actor, f, ...args)
}

/** The current actor, which is empty if none has been set. */
export const current = (): Actor => shared[key]?.getStore() ?? nobody

/** Headers of Node or of the web platform. */
export type RequestHeaders = Headers | IncomingHttpHeaders

/** An address without its user, query and fragment. Undefined if the text is not the address of a page. */
const pageOf = (address: string | undefined): string | undefined => {
  if (address === undefined || !URL.canParse(address)) return undefined
  const { host, pathname, protocol } = new URL(address)
  return protocol === "http:" || protocol === "https:" ? `${protocol}//${host}${pathname}` : undefined
}

/** Duck-typed, because a framework may have its own class. */
const isHeaders = (headers: RequestHeaders): headers is Headers => typeof headers.get === "function"

/**
 * The part of the Segment Spec's context ("Context") that a request's headers contain: `userAgent`, `locale` (the first of Accept-Language) and
 * `page.referrer`, without its query and fragment, which can contain addresses and tokens. No header contains a trustworthy client address: add
 * `ip` from your framework.
 *
 * @example
 * ```ts
 * import { Actor } from "@trackmap/node"
 *
 * const headers = new Headers({ "user-agent": "curl/8.0", "accept-language": "de-AT,de;q=0.9" })
 * console.log(Actor.contextOf(headers)) // { userAgent: "curl/8.0", locale: "de-AT" }
 * ```
 */
export const contextOf = (
  headers: RequestHeaders
): { readonly userAgent?: string; readonly locale?: string; readonly page?: { readonly referrer: string } } => {
  const read = (name: string): string | undefined => {
    const value = isHeaders(headers) ? headers.get(name) : headers[name]
    return typeof value === "string" && value !== "" ? value : undefined
  }
  const userAgent = read("user-agent")
  const locale = read("accept-language")?.split(/[,;]/, 1)[0]?.trim()
  const referrer = pageOf(read("referer"))
  return {
    ...(userAgent === undefined ? undefined : { userAgent }),
    ...(locale === undefined || locale === "" || locale === "*" ? undefined : { locale }),
    ...(referrer === undefined ? undefined : { page: { referrer } })
  }
}
