/**
 * Sinks over HTTP, with one POST for each batch. They read each response to its end, follow no redirects, limit the time and the size of a
 * response, and keep secrets out of errors, logs and spans.
 *
 * @module
 */
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { ParentSpan } from "effect/Tracer"
import type { EventSink } from "./EventSink.ts"
import type { HttpTransport } from "./HttpTransport.ts"
import * as endpoints from "./internal/sink/httpEndpoint.ts"
import type { Body, Endpoint, EndpointOptions, Headers } from "./internal/sink/httpEndpoint.ts"
import type { Interpret, RequestOptions, Sent } from "./internal/sink/httpRequest.ts"
import * as internal from "./internal/sink/httpSink.ts"
import type { Opened, Options } from "./internal/sink/httpSink.ts"
import * as requestSpan from "./internal/sink/requestSpan.ts"
import type { Verdict } from "./internal/sink/verdict.ts"
import type { Misconfigured, SendError } from "./SendError.ts"

export type { Body, Endpoint, EndpointOptions, Headers, Interpret, Opened, Options, RequestOptions, Sent, Verdict }

/** A sink over HTTP. Opening fails with `Misconfigured`. */
export type HttpSink = EventSink<Misconfigured, HttpTransport>

/** A sink over HTTP whose settings come from the environment. */
export type FromConfig = Effect.Effect<HttpSink, Config.ConfigError>

/**
 * Makes a sink that posts each batch to a URL, by default as a JSON array. Add `EventSink.retried()` to retry transient failures.
 *
 * Opening fails with `Misconfigured` if the URL or a header is invalid. Sending fails with the error that `interpret` returns for a response.
 * Without a response it fails with `Unavailable`: a failed connection, a timeout, a response of more than `responseBytes`.
 *
 * @example
 * ```ts
 * import { EventSink, HttpSink } from "@trackmap/core"
 * import type * as Redacted from "effect/Redacted"
 *
 * export const warehouse = (url: string, token: Redacted.Redacted<string>) =>
 *   HttpSink.make({
 *     name: "warehouse",
 *     url,
 *     headers: { authorization: HttpSink.bearer(token) },
 *     limits: { messages: 500, bytes: 1_000_000 },
 *     gzip: true
 *   }).pipe(EventSink.retried())
 * ```
 */
export const make: (options: Options) => HttpSink = internal.make

/**
 * Checks an address, and returns an endpoint that posts to it. Use it in a sink that posts to several addresses, or sends a batch in several
 * requests. `name` is the name of the sink. Fails with `Misconfigured` if the URL or a header is invalid.
 *
 * @example
 * ```ts
 * import { EventSink, HttpSink, HttpTransport, Receipt, SendError } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * export const twice = (url: string) =>
 *   EventSink.make({
 *     name: "twice",
 *     open: () =>
 *       Effect.map(
 *         Effect.all([HttpSink.endpoint("twice", { url, path: "/a" }), HttpSink.endpoint("twice", { url, path: "/b" })]),
 *         (endpoints) =>
 *           Effect.fnUntraced(function* (batch: EventSink.Batch) {
 *             for (const { post } of endpoints) {
 *               const response = yield* Effect.mapError(post(batch.jsonArray), HttpTransport.toSendError)
 *               const failure = SendError.fromResponse(response)
 *               if (failure !== undefined) return yield* Effect.fail(failure)
 *             }
 *             return batch.all(Receipt.delivered)
 *           })
 *       )
 *   })
 * ```
 */
export const endpoint: (name: string, options: EndpointOptions) => Effect.Effect<Endpoint, Misconfigured> =
  endpoints.endpoint

/**
 * Runs a request of an endpoint, and the interpretation of its response, in a span, as `make` does. The span has OpenTelemetry's attributes:
 * `server.address`, `server.port`, `http.request.method`, `http.response.status_code`, and for an error `error.type` (the status, the code of
 * the failed connection, or the error's tag). It does not have `url.full`, because a path or a query may contain a secret.
 *
 * @example
 * ```ts
 * import { HttpSink, HttpTransport, SendError } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * export const send = (to: HttpSink.Endpoint, body: string) =>
 *   to.post(body).pipe(
 *     Effect.mapError(HttpTransport.toSendError),
 *     Effect.flatMap((response) => {
 *       const failure = SendError.fromResponse(response)
 *       return failure === undefined ? Effect.void : Effect.fail(failure)
 *     }),
 *     HttpSink.inSpan("Warehouse.send")
 *   )
 * ```
 */
export const inSpan: (
  name: string,
  attributes?: Readonly<Record<string, unknown>>
) => <A, E extends SendError, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, Exclude<R, ParentSpan>> =
  requestSpan.inSpan

/** The value of an `authorization` header with a user and a password (RFC 7617, in UTF-8). */
export const basicAuth: (
  user: string | Redacted.Redacted<string>,
  password: string | Redacted.Redacted<string>
) => Redacted.Redacted<string> = endpoints.basicAuth

/** The value of an `authorization` header with a token (RFC 6750). */
export const bearer: (token: Redacted.Redacted<string>) => Redacted.Redacted<string> = endpoints.bearer

/**
 * The address of a region if `given` is the name of one, otherwise `given` itself: for settings that accept both.
 *
 * @example
 * ```ts
 * import { HttpSink } from "@trackmap/core"
 *
 * const endpoints = { us: "https://api.example.com", eu: "https://api-eu.example.com" }
 * console.log(HttpSink.regional(endpoints, "eu")) // https://api-eu.example.com
 * console.log(HttpSink.regional(endpoints, "https://proxy.example.com")) // https://proxy.example.com
 * ```
 */
export const regional = (endpoints: Readonly<Record<string, string>>, given: string): string =>
  (Object.hasOwn(endpoints, given) ? endpoints[given] : undefined) ?? given

/**
 * A sink of your own that the environment configures, for `EventSink.config`. `load` imports a module with the settings: Effect's `Config` loads
 * slowly, so that only services that read their settings from the environment should load it.
 *
 * @example
 * ```ts
 * import { EventSink, HttpSink } from "@trackmap/core"
 * import * as Config from "effect/Config"
 *
 * const load = async () => ({ settings: Config.all({ url: Config.String("WAREHOUSE_URL") }) })
 * const warehouse = HttpSink.config(load, ({ url }) => HttpSink.make({ name: "warehouse", url }))
 *
 * export const sinks = EventSink.config({ warehouse })
 * ```
 */
export const config = <Settings>(
  load: () => Promise<{ readonly settings: Config.Config<Settings> }>,
  sink: (settings: Settings) => HttpSink
): FromConfig => Effect.flatMap(Effect.promise(load), ({ settings }) => Effect.map(settings, sink))
