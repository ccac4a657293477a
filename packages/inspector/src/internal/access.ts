import { createHash, timingSafeEqual } from "node:crypto"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import { DefinitionError } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

/** Who may see events. */
export interface Access {
  readonly token: Redacted.Redacted<string> | undefined
  /** Names that a Host header may have beside those of this machine. */
  readonly hosts: ReadonlyArray<string> | undefined
}

const wrong = (detail: string): never => {
  throw new DefinitionError.DefinitionError({ entity: "Inspector", reason: "BadName", paths: [], detail })
}

/** Checks who is to see events. */
export const make = (
  token: Redacted.Redacted<string> | undefined,
  hosts: ReadonlyArray<string> | undefined
): Access => {
  if (token !== undefined && !/^[!-~]+$/.test(Redacted.value(token))) {
    wrong("the token is one or more visible ASCII characters")
  }
  const names = hosts?.map(
    (host) => nameOf(host) ?? wrong(`${JSON.stringify(host)} is no name that a Host header can have`)
  )
  return { token, hosts: names }
}

/** Why somebody may not. */
export interface Refusal {
  readonly status: 401 | 403
  readonly error: string
}

const forbidden = (error: string): Refusal => ({ status: 403, error })

const isLoopbackAddress = (address: string): boolean =>
  /^(::ffff:)?127(\.\d{1,3}){3}$/i.test(address) ||
  address === "::1" ||
  /^::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}$/i.test(address)

/** The name in a Host header, without its port; nothing where it is no name. */
const nameOf = (host: string): string | undefined =>
  /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase()

const local: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"])

/** A proxy on this machine has everybody come from this machine. */
const forwarding =
  /^(?:forwarded|via|x-forwarded(?:-.*)?|x-real-ip|x-client-ip|x-cluster-client-ip|true-client-ip|cf-connecting-ip|fastly-client-ip)$/

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/** Digests are of one length, and so the comparison takes the same time whatever was sent. */
const isToken = (sent: string, token: Redacted.Redacted<string>): boolean =>
  timingSafeEqual(digest(sent), digest(Redacted.value(token)))

/** Why a request may not be answered at all: it comes from elsewhere, or says that it does. */
const elsewhere = (
  request: HttpServerRequest.HttpServerRequest,
  { hosts, token }: Access,
  isPage: boolean
): Refusal | undefined => {
  const { headers } = request
  const host = headers["host"] ?? ""
  const name = nameOf(host)
  if (name === undefined) return forbidden("The request has no Host header that could be one.")
  const known = local.has(name) || hosts?.includes(name) === true
  // With a token any name goes, unless there is a list: what a page of another site could have led here lacks the token.
  if (!known && (token === undefined || hosts !== undefined)) {
    return forbidden("The inspector is not known by this host name: give it to `hosts`.")
  }
  const site = headers["sec-fetch-site"]
  // A link from elsewhere may lead to the page, which has no data.
  const isLink = isPage && headers["sec-fetch-mode"] === "navigate"
  if (site !== undefined && site !== "same-origin" && site !== "none" && !isLink) {
    return forbidden("The request comes from the page of another site.")
  }
  const origin = headers["origin"]
  if (origin !== undefined && origin.replace(/^https?:\/\//i, "").toLowerCase() !== host.toLowerCase()) {
    return forbidden("The request comes from the page of another site.")
  }
  if (token !== undefined) return undefined
  // The one is who is connected; the other may be what a proxy says, where the service trusts it.
  const addresses = [request.peerAddress, request.remoteAddress].map(Option.getOrUndefined)
  if (addresses.includes(undefined)) {
    return forbidden("It is not known where the request comes from: give the inspector a token, or tell the address.")
  }
  if (!addresses.every((address) => isLoopbackAddress(address!))) {
    return forbidden("Without a token the inspector is for this machine alone: give it one.")
  }
  if (Object.keys(headers).some((header) => forwarding.test(header))) {
    return forbidden("The request came through a proxy, and may be anybody's: give the inspector a token.")
  }
  return undefined
}

/** Why events may not be told to who sends a request. */
const unauthorized = ({ headers }: HttpServerRequest.HttpServerRequest, { token }: Access): Refusal | undefined => {
  if (token === undefined) return undefined
  const sent = /^bearer +(\S+)$/i.exec(headers["authorization"] ?? "")?.[1]
  if (sent !== undefined && isToken(sent, token)) return undefined
  return {
    status: 401,
    error: sent === undefined ? "The inspector asks for a bearer token." : "This is not the token."
  }
}

/** Why a request is not answered. The page itself has no data, and asks for the token. */
export const refusalOf = (
  access: Access,
  request: HttpServerRequest.HttpServerRequest,
  isPage: boolean
): Effect.Effect<Refusal | undefined> =>
  Effect.sync(() => elsewhere(request, access, isPage) ?? (isPage ? undefined : unauthorized(request, access)))
