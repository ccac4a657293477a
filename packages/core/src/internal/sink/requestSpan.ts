import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"
import type * as HttpTransport from "../../HttpTransport.ts"
import type { SendError } from "../../SendError.ts"

/** Attributes under OpenTelemetry's names ("Semantic conventions for HTTP spans"). */
type Attributes = Readonly<Record<string, unknown>>

const annotate = (span: Tracer.Span, attributes: Attributes): void => {
  for (const key in attributes) span.attribute(key, attributes[key])
}

/**
 * The attributes of requests to an address. They do not include `url.full`, because a path or a query may contain a secret.
 */
export const addressOf = (url: string): Attributes => {
  const { hostname, port, protocol } = new URL(url)
  return {
    "http.request.method": "POST",
    "server.address": hostname.replaceAll(/[[\]]/g, ""),
    "server.port": port === "" ? (protocol === "https:" ? 443 : 80) : Number(port)
  }
}

const failureAttributes = (failure: HttpTransport.Failure): Attributes => ({
  "error.type": failure._tag === "ConnectionFailed" ? (failure.code ?? failure._tag) : failure._tag
})

const responseAttributes = ({ status }: HttpTransport.Response): Attributes => ({
  "http.response.status_code": status,
  ...(status >= 400 && { "error.type": String(status) })
})

/** Describes a request in the current span, if that is the span of a client. */
export const described = <R>(
  post: Effect.Effect<HttpTransport.Response, HttpTransport.Failure, R>,
  address: Attributes
): Effect.Effect<HttpTransport.Response, HttpTransport.Failure, R> =>
  Effect.flatMap(Effect.option(Effect.currentSpan), (current) => {
    const span = Option.getOrUndefined(current)
    if (span?.kind !== "client") return post
    annotate(span, address)
    return post.pipe(
      Effect.tap((response) => Effect.sync(() => annotate(span, responseAttributes(response)))),
      Effect.tapError((failure) => Effect.sync(() => annotate(span, failureAttributes(failure))))
    )
  })

/** Sets `error.type` unless the response or the connection has. */
const typed = <A, E extends SendError, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.tapError(self, ({ _tag }) =>
    Effect.map(Effect.option(Effect.currentSpan), (current) => {
      const span = Option.getOrUndefined(current)
      if (span?.attributes.has("error.type") === false) span.attribute("error.type", _tag)
    })
  )

export const inSpan =
  (name: string, attributes?: Attributes) =>
  <A, E extends SendError, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, Tracer.ParentSpan>> =>
    Effect.withSpan(typed(self), name, { kind: "client", attributes, captureStackTrace: false })
