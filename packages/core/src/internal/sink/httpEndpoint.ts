import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Redacted from "effect/Redacted"
import * as HttpTransport from "../../HttpTransport.ts"
import { Misconfigured } from "../../SendError.ts"
import { millisOf, type Names, optionsOf, wholeNumber } from "../base/options.ts"
import { comesLater } from "../base/userFunction.ts"
import * as utf8 from "../base/utf8.ts"
import * as requestSpan from "./requestSpan.ts"

/** Headers by name. Make secrets `Redacted`; `authorization`, `proxy-authorization` and `cookie` must be. */
export type Headers = Readonly<Record<string, string | Redacted.Redacted<string>>>

/** The body of a request: text, bytes, or chunks of both. */
export type Body = string | Uint8Array | ReadonlyArray<string | Uint8Array>

/** The options of an endpoint. */
export interface EndpointOptions {
  /** An http or https address, without a user, a query or a hash. */
  readonly url: string
  /** Appended to the path of `url`: `/v1/batch`. */
  readonly path?: string | undefined
  readonly query?: Readonly<Record<string, string>> | undefined
  /** Added to `content-type` and `accept`, which default to `application/json`. The sink runs an Effect once, when it opens. */
  readonly headers?: Headers | Effect.Effect<Headers, Misconfigured> | undefined
  /** Compresses bodies of `minBytes` or more, or of 1,024 bytes or more with `true`. Default: false. */
  readonly gzip?: boolean | { readonly minBytes: number } | undefined
  /** The time limit of a request, to the last byte of its response. A number is milliseconds. Default: 10 seconds. */
  readonly timeout?: Duration.Input | undefined
  /** The byte limit of a response. Default: 1,000,000. */
  readonly responseBytes?: number | undefined
}

/** An address to post to, whose options have been checked. */
export interface Endpoint {
  readonly url: string
  /** `more` are headers of this request alone. They replace others of the same name, and are not checked. */
  readonly post: (
    body: Body,
    more?: Headers
  ) => Effect.Effect<HttpTransport.Response, HttpTransport.Failure, HttpTransport.HttpTransport>
}

/** Texts that follow each other are one chunk. */
const chunksOf = (body: Body): ReadonlyArray<Uint8Array> => {
  if (comesLater(body)) throw new TypeError("a body is a promise or an Effect")
  const given: ReadonlyArray<unknown> = typeof body === "string" || body instanceof Uint8Array ? [body] : body
  const chunks: Array<Uint8Array> = []
  let texts: Array<string> = []
  for (const [index, chunk] of given.entries()) {
    if (typeof chunk === "string") texts.push(chunk)
    else if (chunk instanceof Uint8Array) chunks.push(chunk)
    else throw new TypeError("a chunk of a body is neither text nor bytes")
    if (texts.length === 0 || typeof given[index + 1] === "string") continue
    chunks.push(utf8.concat(texts))
    texts = []
  }
  return chunks
}

const misconfigured = (reason: string) => Effect.fail(new Misconfigured({ reason }))

/** The full address, or undefined if the url is invalid. */
export const addressOf = ({ path = "", query, url }: EndpointOptions): string | undefined => {
  if (!URL.canParse(url)) return undefined
  const address = new URL(url)
  const plain = address.username + address.password + address.search + address.hash === ""
  if (!plain || (address.protocol !== "https:" && address.protocol !== "http:")) return undefined
  if (path !== "") address.pathname = `${address.pathname.replace(/\/+$/, "")}/${path.replace(/^\/+/, "")}`
  if (query !== undefined) address.search = new URLSearchParams(query).toString()
  return address.href
}

const secret: ReadonlySet<string> = new Set(["authorization", "proxy-authorization", "cookie"])

/** Headers of the connection and of the body's length. The HTTP client writes them. */
const framing: ReadonlySet<string> = new Set(
  "connection content-length expect keep-alive te trailer transfer-encoding upgrade".split(" ")
)

/** Why headers are invalid. The reason contains none of their values. */
const reasonAgainst = (headers: Headers): string | undefined => {
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name))
      return "a header name is empty, or contains characters that HTTP does not allow"
    if (framing.has(name.toLowerCase())) return `the HTTP client writes the header ${name} itself; leave it out`
    const redacted = Redacted.isRedacted(value)
    if (!redacted && secret.has(name.toLowerCase())) {
      return `the header ${name} is not Redacted: pass Redacted.make(value), which keeps it out of logs`
    }
    const text: unknown = redacted ? Redacted.value(value) : value
    if (typeof text !== "string") return `the header ${name} is not a string`
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(text))
      return `the header ${name} contains characters that HTTP does not allow`
  }
  return undefined
}

const textOf = (given: string | Redacted.Redacted<string>): string =>
  Redacted.isRedacted(given) ? Redacted.value(given) : given

/** Secrets may come from unset environment variables. The sink refuses a header without a value when it opens. */
const withTexts = (texts: ReadonlyArray<unknown>, header: string): Redacted.Redacted<string> =>
  Redacted.make(
    texts.every((text) => typeof text === "string") && texts.some((text) => text !== "") ? header : (undefined as never)
  )

export const basicAuth = (
  user: string | Redacted.Redacted<string>,
  password: string | Redacted.Redacted<string>
): Redacted.Redacted<string> => {
  const texts = [textOf(user), textOf(password)]
  return withTexts(texts, `Basic ${Base64.encode(texts.join(":"))}`)
}

const gzipped = (chunks: ReadonlyArray<Uint8Array>): Effect.Effect<ReadonlyArray<Uint8Array>> =>
  Effect.promise(async () => {
    const stream = new Blob(chunks as ReadonlyArray<Uint8Array<ArrayBuffer>> as Array<Uint8Array<ArrayBuffer>>).stream()
    return [new Uint8Array(await new Response(stream.pipeThrough(new CompressionStream("gzip"))).arrayBuffer())]
  })

export const endpointNames: Names<EndpointOptions> = {
  url: true,
  path: true,
  query: true,
  headers: true,
  gzip: true,
  timeout: true,
  responseBytes: true
}

/** The endpoint of options whose names have been checked. Mistakes in code (limits) throw at once; mistakes in configuration (addresses, headers) fail the Effect. */
export const checkedEndpoint = (name: string, options: EndpointOptions): Effect.Effect<Endpoint, Misconfigured> => {
  const timeout = millisOf(name, "the time limit of a request", options.timeout ?? "10 seconds")
  const responseBytes = wholeNumber(name, "the number of bytes of a response", options.responseBytes ?? 1_000_000)
  const { gzip = false } = options
  const minBytes =
    gzip === false
      ? Number.POSITIVE_INFINITY
      : wholeNumber(name, "the number of bytes from which a body is compressed", gzip === true ? 1_024 : gzip.minBytes)
  return Effect.gen(function* () {
    const url = addressOf(options)
    // The reason does not repeat the url, which may contain a secret.
    if (url === undefined) {
      return yield* misconfigured("the endpoint is not an http or https address, or contains a user, a query or a hash")
    }
    const { headers: given = {} } = options
    const fixed = Effect.isEffect(given) ? yield* given : given
    const reason = reasonAgainst(fixed)
    if (reason !== undefined) return yield* misconfigured(reason)
    const headers = { "content-type": "application/json", accept: "application/json", ...lowerCased(fixed) }
    const compressed = { ...headers, "content-encoding": "gzip" }
    const address = requestSpan.addressOf(url)
    return {
      url,
      post: (body, more) =>
        Effect.gen(function* () {
          const chunks = chunksOf(body)
          const isLong = chunks.reduce((sum, { length }) => sum + length, 0) >= minBytes
          const { post } = yield* HttpTransport.HttpTransport
          const own = isLong ? compressed : headers
          const request = {
            url,
            headers: more === undefined ? own : { ...own, ...lowerCased(more) },
            body: isLong ? yield* gzipped(chunks) : chunks,
            timeout,
            responseBytes
          }
          return yield* requestSpan.described(post(request), address)
        })
    }
  })
}

export const endpoint = (name: string, options: EndpointOptions): Effect.Effect<Endpoint, Misconfigured> =>
  checkedEndpoint(name, optionsOf(name, options, endpointNames))

const lowerCased = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

export const bearer = (token: Redacted.Redacted<string>): Redacted.Redacted<string> =>
  withTexts([textOf(token)], `Bearer ${textOf(token)}`)
