/**
 * The HTTP client of sinks: it sends one POST and reads the whole response, within a time limit and a byte limit. `layerFetch` works on any
 * platform; `@trackmap/node` adds a layer on `node:http`, with options for proxies and certificates.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { lazily } from "./internal/base/lazily.ts"
import type * as clients from "./internal/sink/httpClient.ts"
import { foreignBody, Misconfigured, Refused, Unavailable } from "./SendError.ts"

/** A POST. `Redacted` headers appear in no error, log or span. */
export interface Request {
  readonly url: string
  readonly headers: Readonly<Record<string, string | Redacted.Redacted<string>>>
  readonly body: ReadonlyArray<Uint8Array>
  /** The time limit, to the last byte of the response, in milliseconds. */
  readonly timeout: number
  /** The byte limit of the response's body. Default: 1,000,000. */
  readonly responseBytes?: number | undefined
}

/**
 * A response. A redirect is a response too, since the transport follows none. If the status is not 2xx, the text may be incomplete: a body
 * over a limit, or a connection that breaks, is then no failure.
 */
export interface Response {
  readonly status: number
  /** The names are in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
  /** The byte limit, if the body is longer. `text` then has its beginning. */
  readonly truncatedAt?: number | undefined
}

/**
 * The JSON object in a response's body, or undefined if the body is anything else.
 *
 * @example
 * ```ts
 * import { HttpTransport } from "@trackmap/core"
 *
 * const response: HttpTransport.Response = { status: 200, headers: {}, text: '{"code":200}' }
 * console.log(HttpTransport.jsonObject(response)) // { code: 200 }
 * console.log(HttpTransport.jsonObject({ ...response, text: "<html>" })) // undefined
 * ```
 */
export const jsonObject = ({ text }: Response): Readonly<Record<string, unknown>> | undefined => {
  try {
    const body: unknown = JSON.parse(text)
    return Predicate.isObject(body) ? body : undefined
  } catch {
    return undefined
  }
}

/**
 * The error of a response whose status is a success, but whose body a sink cannot interpret: `Refused` if the body is a JSON object with an `error` or
 * a `status`, otherwise `SendError.foreignBody`.
 */
export const unexpectedBody = (response: Response, vendor: string): Refused | Unavailable => {
  const { error, status } = jsonObject(response) ?? {}
  return error === undefined && status === undefined
    ? foreignBody(response, vendor)
    : new Refused({ reason: `status ${response.status} with an error body` })
}

/** The connection failed. `code` comes from the system or the HTTP client: `ECONNREFUSED`. */
export class ConnectionFailed extends Schema.TaggedError<ConnectionFailed>(
  "@trackmap/core/HttpTransport/ConnectionFailed"
)("ConnectionFailed", {
  /** `connect`: nothing was sent. `send`: the request may or may not have arrived. `response`: the response had begun. */
  during: Schema.Literals(["connect", "send", "response"]),
  code: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    const what = this.during === "response" ? "the response was cut off" : "the endpoint was not reached"
    return this.code === undefined ? what : `${what} (${this.code})`
  }
}
/** The response was not complete within the time limit. */
export class TimedOut extends Schema.TaggedError<TimedOut>("@trackmap/core/HttpTransport/TimedOut")("TimedOut", {
  milliseconds: Schema.Finite
}) {
  override get message(): string {
    return `no response within ${Duration.format(Duration.millis(this.milliseconds))}`
  }
}
/** The response is longer than the byte limit. */
export class ResponseTooLarge extends Schema.TaggedError<ResponseTooLarge>(
  "@trackmap/core/HttpTransport/ResponseTooLarge"
)("ResponseTooLarge", { bytes: Schema.Finite }) {
  override get message(): string {
    return `the response has more than ${this.bytes} bytes`
  }
}
/** The HTTP client is configured to follow redirects, and followed one. */
export class RedirectFollowed extends Schema.TaggedError<RedirectFollowed>(
  "@trackmap/core/HttpTransport/RedirectFollowed"
)("RedirectFollowed", {}) {
  override get message(): string {
    return "the HTTP client followed a redirect of the endpoint: configure it to follow none"
  }
}
/** Why there is no response. */
export type Failure = ConnectionFailed | TimedOut | ResponseTooLarge | RedirectFollowed

/** The error of a batch whose request failed: `Misconfigured` if the client followed a redirect, otherwise `Unavailable`, which is retried. */
export const toSendError = (failure: Failure): Unavailable | Misconfigured =>
  failure._tag === "RedirectFollowed"
    ? new Misconfigured({ reason: failure.message })
    : new Unavailable({ reason: failure.message })

export interface Service {
  readonly post: (request: Request) => Effect.Effect<Response, Failure>
}

/** The service. Interrupting `post` aborts the request, and closes its connection unless that is idle again. */
export class HttpTransport extends Context.Service<HttpTransport, Service>()("@trackmap/core/HttpTransport") {}

/** A request with its secrets. */
export interface Outgoing {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: ReadonlyArray<Uint8Array>
}

/** A response whose body has not been read. */
export interface Incoming {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Passes the body's chunks to `take` until it returns false. */
  readonly read: (take: (chunk: Uint8Array) => boolean) => Effect.Effect<void, Failure>
}

/**
 * Makes a transport from a function that sends a request and returns once the response begins. When the scope closes, the function must abort
 * an unfinished request. `make` adds the limits of time and bytes.
 *
 * The caller of `post` may overwrite the body's chunks as soon as `post` has ended. So nothing may read them once the scope is closed, whatever
 * ended `post`: a response that arrived before the whole body was sent, a timeout, an interruption. Copy them, or destroy the connection before
 * the finalizer returns.
 */
export const make = (send: (request: Outgoing) => Effect.Effect<Incoming, Failure, Scope.Scope>): Service => ({
  post: (request) =>
    Effect.suspend(() => {
      const { begin, end, take } = reception(request.responseBytes)
      return send(outgoing(request)).pipe(
        Effect.flatMap(({ headers, read, status }) => {
          begin(status, headers)
          return read(take)
        }),
        Effect.scoped,
        Effect.timeoutOrElse({
          duration: request.timeout,
          orElse: () => Effect.fail(new TimedOut({ milliseconds: request.timeout }))
        }),
        Effect.matchEffect({ onSuccess: () => end(), onFailure: end })
      )
    })
})

/** Receives a response, in this order: `begin`, `take` for each chunk of the body, `end`; or `fail` at any time. */
export interface Exchange {
  readonly begin: (status: number, headers: Response["headers"]) => void
  /** Returns false if nobody needs the rest of the body. */
  readonly take: (chunk: Uint8Array) => boolean
  readonly end: () => void
  readonly fail: (failure: Failure) => void
}

/**
 * The same as `make`, from a function that works with callbacks, which costs less for each request. It returns a function that aborts the
 * request, if it is unfinished, and is called once, however `post` ends. Once that returns, nothing may read the body's chunks.
 *
 * @example
 * ```ts
 * import { HttpTransport } from "@trackmap/core"
 * import * as http from "node:http"
 *
 * export const simple = HttpTransport.callback(({ body, headers, url }, { begin, end, fail, take }) => {
 *   const failed = (error: unknown) => fail(HttpTransport.connectionFailed(error, false))
 *   const request = http.request(url, { method: "POST", headers }, (response) => {
 *     begin(response.statusCode!, {})
 *     response.on("data", take).on("end", end).on("error", failed)
 *   })
 *   request.on("error", failed).end(Buffer.concat(body))
 *   return () => request.destroy()
 * })
 * ```
 */
export const callback = (send: (request: Outgoing, exchange: Exchange) => () => void): Service => ({
  post: (request) =>
    Effect.withFiber((fiber) =>
      Effect.callback((resume) => {
        const { begin, end, take } = reception(request.responseBytes)
        let isOver = false
        let stop: (() => void) | undefined
        const settle = (failure?: Failure): void => {
          if (isOver) return
          isOver = true
          stop?.()
          resume(end(failure))
        }
        const abort = send(outgoing(request), {
          begin,
          take: (chunk) => {
            if (isOver) return false
            const wantsMore = take(chunk)
            if (!wantsMore) settle()
            return wantsMore
          },
          end: settle,
          fail: settle
        })
        if (isOver) return abort()
        const timer = Effect.runForkWith(fiber.context)(
          Effect.map(Effect.sleep(request.timeout), () => settle(new TimedOut({ milliseconds: request.timeout })))
        )
        stop = () => {
          isOver = true
          abort()
          timer.interruptUnsafe()
        }
        return Effect.sync(stop)
      })
    )
})

const outgoing = ({ body, headers, url }: Request): Outgoing => ({ url, headers: plain(headers), body })

/** Collects a response, within a limit of bytes. */
const reception = (limit = 1_000_000) => {
  const chunks: Array<Uint8Array> = []
  let bytes = 0
  let begun: Pick<Response, "status" | "headers"> | undefined
  return {
    begin: (status: number, headers: Response["headers"]): void => {
      begun = { status, headers }
    },
    take: (chunk: Uint8Array): boolean => {
      if (bytes < limit) chunks.push(chunk.subarray(0, limit - bytes))
      bytes += chunk.length
      return bytes <= limit
    },
    end: (failure?: Failure): Effect.Effect<Response, Failure> => {
      const isWhole = failure === undefined && bytes <= limit
      if (begun === undefined || (!isWhole && begun.status >= 200 && begun.status <= 299))
        return Effect.fail(failure ?? new ResponseTooLarge({ bytes: limit }))
      const text = decoder.decode(joined(chunks))
      return Effect.succeed({ ...begun, text, ...(bytes > limit && { truncatedAt: limit }) })
    }
  }
}

const decoder = new TextDecoder()

/** Joins chunks. */
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

/** Codes of errors that occur before the connection is made, so that nothing was sent. */
const unconnected =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_PROXY_\w+|UNABLE_TO_\w+|.*CERT.*)$/

/** Node's codes for the texts of Deno's `fetch`. */
const denos: ReadonlyArray<readonly [words: RegExp, code: string]> = [
  [/Connection refused/, "ECONNREFUSED"],
  [/dns error/, "ENOTFOUND"],
  [/ is unreachable/, "ENETUNREACH"],
  [/invalid peer certificate/, "CERT_REJECTED"],
  [/reset by peer|closed before message completed/, "ECONNRESET"]
]
/** Only for Deno's errors. Elsewhere a server may have written these words. */
const mark = /client error \(\w+\)|\(os error \d+\)/

/** Turns an HTTP client's error into a failure with its code only, because the error may contain the request and its secrets. */
export const connectionFailed = (error: unknown, hasResponse: boolean): ConnectionFailed => {
  const errors = chainOf(error, 5)
  const text =
    errors.flatMap(({ message }) => (typeof message === "string" ? [message] : [])).find((one) => mark.test(one)) ?? ""
  const code = errors.flatMap(codeOf)[0] ?? denos.find(([words]) => words.test(text))?.[1]
  const isUnsent = (code !== undefined && unconnected.test(code)) || text.includes("client error (Connect)")
  const during = hasResponse ? "response" : isUnsent ? "connect" : "send"
  return new ConnectionFailed(code === undefined ? { during } : { during, code })
}

interface Caused {
  readonly cause?: unknown
  readonly code?: unknown
  readonly message?: unknown
}

/** An error and its causes. */
const chainOf = (error: unknown, depth: number): ReadonlyArray<Caused> =>
  typeof error !== "object" || error === null || depth === 0
    ? []
    : [error, ...chainOf((error as Caused).cause, depth - 1)]

/** The code of an error, from the system or the HTTP client: ECONNREFUSED. */
const codeOf = ({ code }: Caused): ReadonlyArray<string> =>
  typeof code === "string" && /^[A-Z][A-Z_]{2,40}$/.test(code) ? [code] : []

const http = lazily(() => import("./internal/sink/httpClient.ts"))

const failures: clients.Failures<Failure> = { connection: connectionFailed, redirect: () => new RedirectFollowed({}) }

type Send = ReturnType<typeof clients.fetchIn<Failure>>

/** A layer on Effect's client. The layer is available at once; its first request waits for Effect's HTTP modules. */
const layerOn = <R>(
  sendOf: (http: typeof clients, context: Context.Context<R>) => Send
): Layer.Layer<HttpTransport, never, R> =>
  Layer.effect(
    HttpTransport,
    Effect.map(Effect.context<R>(), (context) => {
      http.begin()
      let send: Send | undefined
      return make((request) =>
        Effect.flatMap(http.get, (loaded) =>
          (send ??= sendOf(loaded, context))({ ...request, body: joined(request.body) })
        )
      )
    })
  )

/** Uses Effect's `HttpClient`. The client must not follow redirects: the layer sets this for `FetchHttpClient`, and you for any other client. */
export const layerHttpClient: Layer.Layer<HttpTransport, never, HttpClient.HttpClient> = layerOn((http, context) =>
  http.sendIn(context, failures)
)

/**
 * Uses `fetch`, on any platform.
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
export const layerFetch: Layer.Layer<HttpTransport> = layerOn((http, context: Context.Context<never>) =>
  http.fetchIn(context, failures)
)
