import { createHash, timingSafeEqual } from "node:crypto"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as DefinitionError from "@trackmap/core/DefinitionError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

/** The access rules. */
export interface Access {
  readonly token: Redacted.Redacted<string> | undefined
  /** Allowed names in the Host header, besides this machine's. */
  readonly hosts: ReadonlyArray<string> | undefined
}

const wrong = (detail: string): never => {
  throw new DefinitionError.DefinitionError({ entity: "Inspector", reason: "BadName", paths: [], detail })
}

/** Checks the access options. */
export const make = (
  token: Redacted.Redacted<string> | undefined,
  hosts: ReadonlyArray<string> | undefined
): Access => {
  if (token !== undefined && !/^[!-~]+$/.test(Redacted.value(token))) {
    wrong("the token must be one or more visible ASCII characters")
  }
  const names = hosts?.map(
    (host) => nameOf(host) ?? wrong(`${JSON.stringify(host)} is not a valid name for a Host header`)
  )
  return { token, hosts: names }
}

/** The reason of a refusal. */
export interface Refusal {
  readonly status: 401 | 403
  readonly error: string
}

const forbidden = (error: string): Refusal => ({ status: 403, error })

const isLoopbackAddress = (address: string): boolean =>
  /^(::ffff:)?127(\.\d{1,3}){3}$/i.test(address) ||
  address === "::1" ||
  /^::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}$/i.test(address)

/** The name in a Host header, without its port, or undefined if it is invalid. */
const nameOf = (host: string): string | undefined =>
  /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase()

const local: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"])

/** Behind a proxy on this machine, everybody seems to come from this machine. */
const forwarding =
  /^(?:forwarded|via|x-forwarded(?:-.*)?|x-real-ip|x-client-ip|x-cluster-client-ip|true-client-ip|cf-connecting-ip|fastly-client-ip)$/

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/** Digests have the same length, so the comparison takes the same time for any input. */
const isToken = (sent: string, token: Redacted.Redacted<string>): boolean =>
  timingSafeEqual(digest(sent), digest(Redacted.value(token)))

/** The reason to refuse any response to a request: it comes from elsewhere, or claims to. */
const elsewhere = (
  request: HttpServerRequest.HttpServerRequest,
  { hosts, token }: Access,
  isPage: boolean
): Refusal | undefined => {
  const { headers } = request
  const host = headers["host"] ?? ""
  const name = nameOf(host)
  if (name === undefined) return forbidden("The request has no valid Host header.")
  const known = local.has(name) || hosts?.includes(name) === true
  // With a token every name is allowed, unless there is a list: a request that another site's page redirected here lacks the token.
  if (!known && (token === undefined || hosts !== undefined)) {
    return forbidden("The inspector does not accept this host name: add it to `hosts`.")
  }
  const site = headers["sec-fetch-site"]
  // A link from elsewhere may open the page, which contains no data.
  const isLink = isPage && headers["sec-fetch-mode"] === "navigate"
  if (site !== undefined && site !== "same-origin" && site !== "none" && !isLink) {
    return forbidden("The request comes from another site's page.")
  }
  // A proxy can change the Host header, so that only the browser knows that the page is the inspector's own.
  const origin = site === "same-origin" ? undefined : headers["origin"]
  if (origin !== undefined && origin.replace(/^https?:\/\//i, "").toLowerCase() !== host.toLowerCase()) {
    return forbidden("The request comes from another site's page.")
  }
  if (token !== undefined) return undefined
  // The first is the connection's address; the second may come from a proxy that the service trusts.
  const addresses = [request.peerAddress, request.remoteAddress].map(Option.getOrUndefined)
  if (addresses.includes(undefined)) {
    return forbidden("The inspector does not know where the request comes from: set a token, or pass remoteAddress.")
  }
  if (!addresses.every((address) => isLoopbackAddress(address!))) {
    return forbidden("Without a token, only this machine has access: set a token to allow others.")
  }
  if (Object.keys(headers).some((header) => forwarding.test(header))) {
    return forbidden("The request came through a proxy, so it may come from anywhere: set a token.")
  }
  return undefined
}

/** The reason to send no events to a request. */
const unauthorized = ({ headers }: HttpServerRequest.HttpServerRequest, { token }: Access): Refusal | undefined => {
  if (token === undefined) return undefined
  const sent = /^bearer +(\S+)$/i.exec(headers["authorization"] ?? "")?.[1]
  if (sent !== undefined && isToken(sent, token)) return undefined
  return {
    status: 401,
    error: sent === undefined ? "The inspector needs a bearer token." : "The token is wrong."
  }
}

/** The reason to refuse a request. The page itself contains no data, and prompts for the token. */
export const refusalOf = (
  access: Access,
  request: HttpServerRequest.HttpServerRequest,
  isPage: boolean
): Effect.Effect<Refusal | undefined> =>
  Effect.sync(() => elsewhere(request, access, isPage) ?? (isPage ? undefined : unauthorized(request, access)))
