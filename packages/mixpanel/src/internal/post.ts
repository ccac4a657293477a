import { type Receipt, SendError } from "@trackmap/core"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as Redacted from "effect/Redacted"
import * as answer from "./answer.ts"
import type { Request } from "./batch.ts"

/** Where requests go, and how. */
export interface Target {
  readonly urls: { readonly [P in answer.Path]: string }
  /** Who may import: a service account, or the token with an empty password. */
  readonly user: Redacted.Redacted<string>
  readonly password: Redacted.Redacted<string>
  /** What must be in no reason, should Mixpanel ever repeat it. */
  readonly secrets: ReadonlyArray<string>
  readonly gzip: boolean
  readonly timeout: Duration.Input
}

/** One request, from its body to the end of its answer: what became of each record. */
export const post = (
  target: Target,
  { body, jobs, path }: Request
): Effect.Effect<ReadonlyArray<Receipt.Outcome>, SendError.SendError, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const url = target.urls[path]
    const client = HttpClient.withScope(yield* HttpClient.HttpClient)
    const plain = HttpClientRequest.post(url).pipe(
      HttpClientRequest.acceptJson,
      HttpClientRequest.bodyUint8Array(body, "application/json")
    )
    // Updates carry the token themselves, and are not read compressed (Mixpanel, "Set Property").
    const request =
      path === "/import"
        ? yield* compressed(target, HttpClientRequest.basicAuth(plain, target.user, target.password))
        : plain
    const response = yield* client.execute(request)
    return yield* answer.read(response, url, path, { records: jobs.map(({ json }) => json), secrets: target.secrets })
  }).pipe(
    // The scope ends a request that is not read to its end: the connection of a failure is not used again.
    Effect.scoped,
    Effect.updateContext((context: Context.Context<HttpClient.HttpClient>) =>
      Context.add(context, FetchHttpClient.RequestInit, {
        ...Context.getOrUndefined(context as Context.Context<never>, FetchHttpClient.RequestInit),
        redirect: "manual"
      })
    ),
    // One span is enough, and a trace of this service is of no use to the vendor.
    Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
    Effect.catchTag("HttpClientError", (error) => Effect.fail(unreachable(error))),
    Effect.timeoutOrElse({
      duration: target.timeout,
      orElse: () =>
        Effect.fail(
          new SendError.Unavailable({
            reason: `no answer within ${Duration.format(Duration.fromInputUnsafe(target.timeout))}`
          })
        )
    }),
    Effect.withSpan("Mixpanel.send", {
      kind: "client",
      attributes: { "trackmap.endpoint": path, "trackmap.records": jobs.length }
    })
  )

const compressed = ({ gzip }: Target, request: HttpClientRequest.HttpClientRequest) =>
  gzip ? HttpClientRequest.compressBody(request, "gzip") : Effect.succeed(request)

/** Codes of a connection that was never made, so that nothing was sent on it. */
const unconnected = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|.*CERT.*)$/

/** A connection that failed, before the answer or within it. The error itself stays here: it holds the request, with its key. */
const unreachable = (error: HttpClientError.HttpClientError): SendError.Unavailable => {
  const code = codeOf(error, 5)
  const what = error.response === undefined ? "the endpoint was not reached" : "the answer was cut"
  const Unavailable = code !== undefined && unconnected.test(code) ? answer.Untouched : SendError.Unavailable
  return new Unavailable({ reason: code === undefined ? what : `${what} (${code})` })
}

/** The code of the system or of the HTTP client, such as ECONNREFUSED, from an error or what caused it. */
const codeOf = (error: unknown, depth: number): string | undefined => {
  if (typeof error !== "object" || error === null || depth === 0) return undefined
  const { cause, code } = error as { readonly cause?: unknown; readonly code?: unknown }
  return typeof code === "string" && /^[A-Z][A-Z_]{2,40}$/.test(code) ? code : codeOf(cause, depth - 1)
}
