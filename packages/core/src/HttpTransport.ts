/**
 * How a batch goes out over HTTP: one POST, and the response read to its end, within a limit of time and of bytes. A sink over HTTP needs this
 * service. `layerFetch` is the one for any platform; `@trackmap/node` has one on `node:http`, with proxies and certificates.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Misconfigured, Unavailable } from "./SendError.ts"

/** A POST. A `Redacted` header is in no error, log or span. */
export interface Request {
  readonly url: string
  readonly headers: Readonly<Record<string, string | Redacted.Redacted<string>>>
  readonly body: ReadonlyArray<Uint8Array>
  /** Milliseconds until the last byte of the response. */
  readonly timeout: number
  /** Bytes of the response's body that are read: 1,000,000 by default. */
  readonly responseBytes?: number | undefined
}

/**
 * A response, redirects included: none is followed. The body of one that is not a success can be cut, where it is longer than the limit, or
 * takes longer, or its connection breaks: the status says enough.
 */
export interface Response {
  readonly status: number
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
}

/** The connection failed. `code` is the system's or the client's, such as `ECONNREFUSED`. */
export class ConnectionFailed extends Schema.TaggedError<ConnectionFailed>(
  "@trackmap/core/HttpTransport/ConnectionFailed"
)("ConnectionFailed", {
  /** How far it came: with `connect` nothing has been sent, with `send` that is not known, with `response` the response had begun. */
  during: Schema.Literals(["connect", "send", "response"]),
  code: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    const what = this.during === "response" ? "the response was cut" : "the endpoint was not reached"
    return this.code === undefined ? what : `${what} (${this.code})`
  }
}
/** The response was not complete in time. */
export class TimedOut extends Schema.TaggedError<TimedOut>("@trackmap/core/HttpTransport/TimedOut")("TimedOut", {
  milliseconds: Schema.Finite
}) {
  override get message(): string {
    return `no response within ${Duration.format(Duration.millis(this.milliseconds))}`
  }
}
/** The response is longer than the limit. */
export class ResponseTooLarge extends Schema.TaggedError<ResponseTooLarge>(
  "@trackmap/core/HttpTransport/ResponseTooLarge"
)("ResponseTooLarge", { bytes: Schema.Finite }) {
  override get message(): string {
    return `the response has more than ${this.bytes} bytes`
  }
}
/** The HTTP client was set up to follow redirects, and has followed one. */
export class RedirectFollowed extends Schema.TaggedError<RedirectFollowed>(
  "@trackmap/core/HttpTransport/RedirectFollowed"
)("RedirectFollowed", {}) {
  override get message(): string {
    return "the HTTP client has followed a redirect of the endpoint, and where it led is not to be trusted"
  }
}
/** Why there is no response. */
export type Failure = ConnectionFailed | TimedOut | ResponseTooLarge | RedirectFollowed

/** What a failure means for a batch: `Unavailable`, which is retried, but for a redirect that was followed: `Misconfigured`. */
export const toSendError = (failure: Failure): Unavailable | Misconfigured =>
  failure._tag === "RedirectFollowed"
    ? new Misconfigured({ reason: failure.message })
    : new Unavailable({ reason: failure.message })

export interface Service {
  readonly post: (request: Request) => Effect.Effect<Response, Failure>
}

/** The service. Interrupting a `post` ends its request, and its connection where that is not free again. */
export class HttpTransport extends Context.Service<HttpTransport, Service>()("@trackmap/core/HttpTransport") {}

/** A request as it is sent. */
export interface Outgoing {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: ReadonlyArray<Uint8Array>
}

/** A response whose body is still to be read. */
export interface Incoming {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Gives the body's chunks to a function, until it returns false. */
  readonly read: (take: (chunk: Uint8Array) => boolean) => Effect.Effect<void, Failure>
}

/**
 * A transport from a function that sends a request and gives the beginning of its response. What is left of the request when the scope closes is
 * to be ended. The limits of time and bytes are added.
 */
export const make = (send: (request: Outgoing) => Effect.Effect<Incoming, Failure, Scope.Scope>): Service => ({
  post: (request) =>
    Effect.suspend(() => {
      const { responseBytes = 1_000_000, timeout } = request
      const chunks: Array<Uint8Array> = []
      let bytes = 0
      let incoming: Incoming | undefined
      const response = ({ headers, status }: Incoming): Response => ({
        status,
        headers,
        text: new TextDecoder().decode(joined(chunks))
      })
      const take = (chunk: Uint8Array): boolean => {
        bytes += chunk.length
        if (bytes <= responseBytes) chunks.push(chunk)
        return bytes <= responseBytes
      }
      return send({ url: request.url, headers: plain(request.headers), body: request.body }).pipe(
        Effect.flatMap((begun) => {
          incoming = begun
          return Effect.as(begun.read(take), begun)
        }),
        Effect.scoped,
        Effect.timeoutOrElse({
          duration: timeout,
          orElse: () => Effect.fail(new TimedOut({ milliseconds: timeout }))
        }),
        Effect.flatMap((begun) =>
          bytes <= responseBytes
            ? Effect.succeed(response(begun))
            : Effect.fail(new ResponseTooLarge({ bytes: responseBytes }))
        ),
        Effect.catch((failure: Failure) =>
          incoming !== undefined && (incoming.status < 200 || incoming.status > 299)
            ? Effect.succeed(response(incoming))
            : Effect.fail(failure)
        )
      )
    })
})

/** Chunks in one piece. */
const joined = (chunks: ReadonlyArray<Uint8Array>): Uint8Array<ArrayBuffer> => {
  const out = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const chunk of chunks) {
    out.set(chunk, at)
    at += chunk.length
  }
  return out
}

const plain = (headers: Request["headers"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Redacted.isRedacted(value) ? Redacted.value(value) : value])
  )

/** Codes of a connection that was never made, so that nothing was sent on it. */
const unconnected =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_PROXY_\w+|UNABLE_TO_\w+|.*CERT.*)$/

/** The failure that an error of a client stands for. The error itself may hold the request, with its key. */
export const connectionFailed = (error: unknown, hasResponse: boolean): ConnectionFailed => {
  const code = codeOf(error, 5)
  const during = hasResponse ? "response" : code !== undefined && unconnected.test(code) ? "connect" : "send"
  return new ConnectionFailed(code === undefined ? { during } : { during, code })
}

/** The code of the system or of the HTTP client, such as ECONNREFUSED, from an error or what caused it. */
const codeOf = (error: unknown, depth: number): string | undefined => {
  if (typeof error !== "object" || error === null || depth === 0) return undefined
  const { cause, code } = error as { readonly cause?: unknown; readonly code?: unknown }
  return typeof code === "string" && /^[A-Z][A-Z_]{2,40}$/.test(code) ? code : codeOf(cause, depth - 1)
}

const clientFailure = (error: HttpClientError.HttpClientError): ConnectionFailed =>
  connectionFailed(error, error.response !== undefined)

const sendWith =
  (client: HttpClient.HttpClient, init: globalThis.RequestInit | undefined) =>
  (request: Outgoing): Effect.Effect<Incoming, Failure, Scope.Scope> =>
    HttpClientRequest.post(request.url).pipe(
      HttpClientRequest.bodyUint8Array(joined(request.body)),
      HttpClientRequest.setHeaders(request.headers),
      // The scope ends a request that is not read to its end.
      HttpClient.withScope(client).execute,
      Effect.updateContext((context: Context.Context<Scope.Scope>) =>
        Context.add(context, FetchHttpClient.RequestInit, {
          ...init,
          ...Context.getOrUndefined(context as Context.Context<never>, FetchHttpClient.RequestInit),
          redirect: "manual"
        })
      ),
      // One span is enough, and a trace of this service is of no use to the vendor.
      Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
      Effect.mapError(clientFailure),
      Effect.flatMap((response) =>
        response.url === "" || response.url === new URL(request.url).href
          ? Effect.succeed({
              status: response.status,
              headers: response.headers,
              read: (take: (chunk: Uint8Array) => boolean) =>
                Stream.runDrain(Stream.takeWhile(response.stream, take)).pipe(
                  Effect.catch((error) =>
                    error.reason._tag === "EmptyBodyError" ? Effect.void : Effect.fail(clientFailure(error))
                  )
                )
            })
          : Effect.fail(new RedirectFollowed({}))
      )
    )

/** Over Effect's HttpClient, of whatever platform. It must not follow redirects; `FetchHttpClient` is told not to. */
export const layerHttpClient: Layer.Layer<HttpTransport, never, HttpClient.HttpClient> = Layer.effect(
  HttpTransport,
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const context = yield* Effect.context<never>()
    return make(sendWith(client, Context.getOrUndefined(context, FetchHttpClient.RequestInit)))
  })
)

/**
 * Over `fetch`, on any platform.
 *
 * @example
 * ```ts
 * import { EventSink, HttpSink, HttpTransport, type Message } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * const warehouse = HttpSink.make({ name: "warehouse", url: "https://warehouse.example/events" })
 *
 * export const deliver = (messages: ReadonlyArray<Message.Message>) =>
 *   EventSink.deliver(warehouse, messages).pipe(Effect.scoped, Effect.provide(HttpTransport.layerFetch))
 * ```
 */
export const layerFetch: Layer.Layer<HttpTransport> = Layer.provide(layerHttpClient, FetchHttpClient.layer)
