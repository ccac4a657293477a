import { type EventSink, type Message, Receipt, SendError } from "@trackmap/core"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import * as answer from "./answer.ts"
import * as batch from "./batch.ts"

export interface Settings {
  readonly writeKey: Redacted.Redacted<string>
  readonly endpoint: string
  readonly gzip: boolean
  readonly timeout: Duration.Input
}

const misconfigured = (reason: string) => Effect.fail(new SendError.Misconfigured({ reason }))

/** The address of batches, or undefined where the endpoint is none. */
const batchUrl = (endpoint: string): string | undefined => {
  if (!URL.canParse(endpoint)) return undefined
  const url = new URL(endpoint)
  const plain = url.username + url.password + url.search + url.hash === ""
  if (!plain || (url.protocol !== "https:" && url.protocol !== "http:")) return undefined
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/batch`
  return url.href
}

type SendMessages = (
  messages: ReadonlyArray<Message.Message>
) => Effect.Effect<ReadonlyArray<Receipt.Outcome>, SendError.SendError, HttpClient.HttpClient>

/** Checks the settings, and gives what sends a batch. */
export const open = (settings: Settings): Effect.Effect<SendMessages, SendError.Misconfigured> => {
  const url = batchUrl(settings.endpoint)
  // The endpoint is not repeated: somebody may have put a secret into it.
  if (url === undefined) {
    return misconfigured("the endpoint is no http or https address, or has a user, a query or a hash")
  }
  if (!Redacted.isRedacted(settings.writeKey)) {
    return misconfigured("the write key is no Redacted, which keeps it out of logs: give Redacted.make(key)")
  }
  const key = Redacted.value(settings.writeKey)
  if (key === "" || key.includes(":")) {
    return misconfigured(`the write key ${key === "" ? "is empty" : "has a colon, where Basic authentication ends it"}`)
  }
  return Effect.succeed((messages) => send(settings, url, messages))
}

const send = (
  settings: Settings,
  url: string,
  messages: ReadonlyArray<Message.Message>
): Effect.Effect<ReadonlyArray<Receipt.Outcome>, SendError.SendError, HttpClient.HttpClient> => {
  const reasons = messages.map(batch.reasonAgainst)
  const outcomes = reasons.map((reason) => (reason === undefined ? Receipt.delivered : Receipt.rejected(reason)))
  const going = messages.filter((_, index) => reasons[index] === undefined)
  return going.length === 0 ? Effect.succeed(outcomes) : Effect.as(post(settings, url, going), outcomes)
}

/** What stands for a message in a batch. */
export const records: EventSink.Records = (message) =>
  Effect.succeed(
    batch.reasonAgainst(message) === undefined ? [{ to: "POST /v1/batch", record: message as Schema.JsonObject }] : []
  )

const requestOf = (settings: Settings, url: string, messages: ReadonlyArray<Message.Message>, now: number) => {
  const plain = HttpClientRequest.post(url).pipe(
    HttpClientRequest.basicAuth(settings.writeKey, ""),
    HttpClientRequest.acceptJson,
    HttpClientRequest.bodyText(batch.body(messages, now), "application/json")
  )
  return settings.gzip ? HttpClientRequest.compressBody(plain, "gzip") : Effect.succeed(plain)
}

const post = (settings: Settings, url: string, messages: ReadonlyArray<Message.Message>) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => requestOf(settings, url, messages, now)).pipe(
    Effect.flatMap((request) =>
      Effect.flatMap(HttpClient.HttpClient, (client) => HttpClient.withScope(client).execute(request))
    ),
    Effect.flatMap((response) => answer.read(response, url)),
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
      duration: settings.timeout,
      orElse: () =>
        Effect.fail(
          new SendError.Unavailable({
            reason: `no answer within ${Duration.format(Duration.fromInputUnsafe(settings.timeout))}`
          })
        )
    }),
    Effect.withSpan("Segment.send", { kind: "client", attributes: { "trackmap.messages": messages.length } })
  )

/** A connection that failed, before the answer or within it. The error itself stays here: it holds the request, with its key. */
const unreachable = (error: HttpClientError.HttpClientError): SendError.Unavailable => {
  const code = codeOf(error, 5)
  const what = error.response === undefined ? "the endpoint was not reached" : "the answer was cut"
  return new SendError.Unavailable({ reason: code === undefined ? what : `${what} (${code})` })
}

/** The code of the system or of the HTTP client, such as ECONNREFUSED, from an error or what caused it. */
const codeOf = (error: unknown, depth: number): string | undefined => {
  if (typeof error !== "object" || error === null || depth === 0) return undefined
  const { cause, code } = error as { readonly cause?: unknown; readonly code?: unknown }
  return typeof code === "string" && /^[A-Z][A-Z_]{2,40}$/.test(code) ? code : codeOf(cause, depth - 1)
}
