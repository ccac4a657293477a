/** Requests with Effect's HTTP client. A separate module, because Effect's HTTP modules load slowly, and not every service needs them. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/** A request with its secrets. */
export interface Outgoing {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array<ArrayBuffer>
}

/** A response whose body has not been read. */
export interface Incoming<out E> {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly read: (take: (chunk: Uint8Array) => boolean) => Effect.Effect<void, E>
}

/** The failures of the transport. */
export interface Failures<out E> {
  readonly connection: (error: unknown, hasResponse: boolean) => E
  readonly redirect: () => E
}

type Send<E> = (request: Outgoing) => Effect.Effect<Incoming<E>, E, Scope.Scope>

const sendWith = <E>(
  client: HttpClient.HttpClient,
  init: globalThis.RequestInit | undefined,
  { connection, redirect }: Failures<E>
): Send<E> => {
  const connectionError = (error: HttpClientError.HttpClientError): E => connection(error, error.response !== undefined)
  return (request) =>
    HttpClientRequest.post(request.url).pipe(
      HttpClientRequest.bodyUint8Array(request.body),
      HttpClientRequest.setHeaders(request.headers),
      // Closing the scope aborts a request whose response was not read to its end.
      HttpClient.withScope(client).execute,
      Effect.updateContext((context: Context.Context<Scope.Scope>) =>
        Context.add(context, FetchHttpClient.RequestInit, {
          ...init,
          ...Context.getOrUndefined(context as Context.Context<never>, FetchHttpClient.RequestInit),
          redirect: "manual"
        })
      ),
      // The sink has its own span, and the vendor has no use for this service's trace ids.
      Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
      Effect.mapError(connectionError),
      Effect.flatMap((response) =>
        response.url === "" || response.url === new URL(request.url).href
          ? Effect.succeed({
              status: response.status,
              headers: response.headers,
              read: (take: (chunk: Uint8Array) => boolean) =>
                Stream.runDrain(Stream.takeWhile(response.stream, take)).pipe(
                  Effect.catch((error) =>
                    error.reason._tag === "EmptyBodyError" ? Effect.void : Effect.fail(connectionError(error))
                  )
                )
            })
          : Effect.fail(redirect())
      )
    )
}

/** Sends with the client of a context. */
export const sendIn = <E>(context: Context.Context<HttpClient.HttpClient>, failures: Failures<E>): Send<E> =>
  sendWith(
    Context.get(context, HttpClient.HttpClient),
    Context.getOrUndefined(context as Context.Context<never>, FetchHttpClient.RequestInit),
    failures
  )

/** `fetch`, looked up for each request, because tests replace it. */
const current = Context.make(FetchHttpClient.Fetch, (...args) => globalThis.fetch(...args))

/** Sends with `fetch`. */
export const fetchIn = <E>(context: Context.Context<never>, failures: Failures<E>): Send<E> => {
  const built = Effect.provideContext(
    Effect.scoped(Layer.build(FetchHttpClient.layer)),
    Context.merge(current, context)
  )
  return sendIn(Context.merge(context, Effect.runSync(built)), failures)
}
