import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import { refusal } from "./problems.ts"

/** The only names of this machine. An attacker may point any other name here (DNS rebinding). */
const loopback = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i

const isSafe = (method: string): boolean => method === "GET" || method === "HEAD" || method === "OPTIONS"

/**
 * Whether this service's own page sends a request. `Sec-Fetch-Site`, which no page can forge, says so; older browsers send the page's
 * origin. A client that sends neither is not a browser, and has no user's cookies.
 */
const isOwn = ({ headers }: HttpServerRequest.HttpServerRequest): boolean => {
  const site = headers["sec-fetch-site"]
  if (site !== undefined) return site === "same-origin"
  const origin = headers["origin"]
  return origin === undefined || origin.toLowerCase() === `http://${headers["host"]?.toLowerCase()}`
}

/** Fails if a request is not for this machine, or would change something and comes from another site. */
export const guard = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
  if (!loopback.test(request.headers["host"] ?? ""))
    return refusal("This shop accepts requests only from this machine.")
  if (!isSafe(request.method) && !isOwn(request))
    return refusal("This request came from another site, so the shop did nothing.")
  return Effect.void
})
