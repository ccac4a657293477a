/**
 * Who acts: set once by whatever handles a request, and read by every call that is made on its behalf, however many are handled at the same time.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks"
import { type Actor, merge } from "@trackmap/core/Actor"
import type { IncomingHttpHeaders } from "node:http"

export type { Actor } from "@trackmap/core/Actor"

/** Of all copies of this package in a process: a middleware of one sets the actor for another. */
const key = Symbol.for("@trackmap/node/Actor")
const shared = globalThis as { [key]?: AsyncLocalStorage<Actor> }
const storage = (): AsyncLocalStorage<Actor> => (shared[key] ??= new AsyncLocalStorage())

const nobody: Actor = {}

/**
 * Runs a function as an actor, with all that it calls and awaits. What it leaves out is that of the actor around it; contexts are merged.
 * Without one, the actor around it stays. It gives what the function gives, so that it is a middleware in a line: call the next handler inside.
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

/** Who acts now. Nobody is known where nothing has been set. */
export const current = (): Actor => shared[key]?.getStore() ?? nobody

/** Headers as Node has them, or the web platform. */
export type RequestHeaders = Headers | IncomingHttpHeaders

/** By what they do: a framework may have a class of its own. */
const isHeaders = (headers: RequestHeaders): headers is Headers => typeof headers.get === "function"

/**
 * What a request's headers tell of the Segment Spec's context ("Context"): `userAgent`, `locale` (the first of Accept-Language) and
 * `page.referrer`. The address of whoever asks is in no header that can be trusted: add `ip` as your framework tells it.
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
  const referrer = read("referer")
  return {
    ...(userAgent === undefined ? undefined : { userAgent }),
    ...(locale === undefined || locale === "" || locale === "*" ? undefined : { locale }),
    ...(referrer === undefined ? undefined : { page: { referrer } })
  }
}
