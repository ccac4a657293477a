import { EventSink, type Message, Receipt, SendError } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/** What the warehouse answers: how many rows it has taken, and those that it refuses. */
const Taken = Schema.Struct({
  taken: Schema.Int,
  refused: Schema.Array(Schema.Struct({ row: Schema.Int, why: Schema.String }))
})

const row = (message: Message.Message) => ({
  id: message.messageId,
  at: message.timestamp,
  who: message.userId ?? message.anonymousId ?? null,
  what: message.type === "track" ? message.event : message.type,
  data: "properties" in message ? message.properties : "traits" in message ? message.traits : {}
})

const unavailable = (reason: string) => new SendError.Unavailable({ reason })

/** One outcome for each of so many rows, by the answer to them. */
const outcomes = Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse, rows: number) {
  const text = yield* Effect.mapError(response.text, () => unavailable("the answer was cut"))
  const failure = SendError.fromResponse(response)
  if (failure !== undefined) return yield* failure
  const json = yield* Effect.try({
    try: () => JSON.parse(text) as unknown,
    catch: () => unavailable("the answer is not JSON")
  })
  if (!Schema.is(Taken)(json) || json.taken + json.refused.length !== rows) {
    return yield* new SendError.Refused({ reason: "the warehouse did not take the rows" })
  }
  const why = new Map(json.refused.map((one) => [one.row, one.why]))
  return Array.from({ length: rows }, (_, index) =>
    why.has(index) ? Receipt.rejected(why.get(index)!) : Receipt.delivered
  )
})

/** A sink for a warehouse that nobody here knows. */
export const warehouse = (options: { readonly url: string; readonly key: Redacted.Redacted<string> }) =>
  EventSink.make({
    name: "warehouse",
    limits: { messages: 100, bytes: 500_000, messageBytes: 20_000 },
    send: (batch) =>
      HttpClientRequest.post(`${options.url}/rows`).pipe(
        HttpClientRequest.bearerToken(options.key),
        HttpClientRequest.bodyText(JSON.stringify(batch.map(row)), "application/json"),
        HttpClient.execute,
        Effect.mapError(() => unavailable("the warehouse was not reached")),
        Effect.flatMap((response) => outcomes(response, batch.length)),
        Effect.timeoutOrElse({
          duration: "10 seconds",
          orElse: () => Effect.fail(unavailable("the warehouse does not answer"))
        }),
        Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" })
      )
  }).pipe(EventSink.retried())
