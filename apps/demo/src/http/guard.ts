import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import { refusal } from "./problems.ts"

/** By these names alone is this machine known to itself. Another one may be an attacker's, who has it lead here (DNS rebinding). */
const loopback = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i

const isSafe = (method: string): boolean => method === "GET" || method === "HEAD" || method === "OPTIONS"

/**
 * Whether a page of this service sends a request. A browser says so in `Sec-Fetch-Site`, which no page can write itself; an older one
 * says where the page is from. Who says neither is no browser, and has nobody's cookies.
 */
const isOwn = ({ headers }: HttpServerRequest.HttpServerRequest): boolean => {
  const site = headers["sec-fetch-site"]
  if (site !== undefined) return site === "same-origin"
  const origin = headers["origin"]
  return origin === undefined || origin.toLowerCase() === `http://${headers["host"]?.toLowerCase()}`
}

/** Fails where a request is not for this machine, or would change something and comes from another site. */
export const guard = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
  if (!loopback.test(request.headers["host"] ?? "")) return refusal("This shop is for this machine alone.")
  if (!isSafe(request.method) && !isOwn(request))
    return refusal("This came from another site, and so nothing was done.")
  return Effect.void
})
