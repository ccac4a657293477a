import { EventSink, type Message, Receipt, SendError } from "@trackmap/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"

const event = ({ messageId, timestamp, ...message }: Message.Message) => ({
  event: message.type === "track" ? message.event : message.type,
  properties: {
    ...("properties" in message ? message.properties : {}),
    $insert_id: messageId,
    time: Date.parse(timestamp),
    distinct_id: message.userId ?? ""
  }
})

interface Answer {
  readonly num_records_imported?: number
  readonly failed_records?: ReadonlyArray<{ readonly index: number; readonly message: string }>
}

const parsed = (text: string): Answer | undefined => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A whole sink over HTTP by the platform's own `fetch`, to Mixpanel's `/import`: as little as the suites let pass. */
export const sink = (url: string, token: string): EventSink.EventSink =>
  EventSink.make({
    name: "mine",
    send: (batch) =>
      Effect.gen(function* () {
        const { retryAfter, status, text } = yield* Effect.tryPromise({
          try: async (signal) => {
            const response = await fetch(`${url}/import?strict=1`, {
              method: "POST",
              redirect: "manual",
              signal,
              headers: { "content-type": "application/json", authorization: `Basic ${btoa(`${token}:`)}` },
              body: JSON.stringify(batch.map(event))
            })
            const text = await response.text()
            return { status: response.status, retryAfter: response.headers.get("retry-after"), text }
          },
          catch: () => new SendError.Unavailable({ reason: "the connection failed" })
        })
        const reason = `status ${status}`
        const answer = parsed(text)
        if (answer?.failed_records !== undefined && answer.failed_records.length > 0) {
          const failed = new Map(answer.failed_records.map(({ index, message }) => [index, message]))
          return batch.map((_, index) => (failed.has(index) ? Receipt.rejected(failed.get(index)!) : Receipt.delivered))
        }
        if (status === 200) {
          if (answer === undefined) return yield* new SendError.Unavailable({ reason: "the answer is no JSON" })
          if (answer.num_records_imported !== batch.length) return yield* new SendError.Refused({ reason })
          return batch.map(() => Receipt.delivered)
        }
        if (status === 400) return yield* new SendError.Refused({ reason })
        if (status === 413) return yield* new SendError.TooLarge({ reason })
        if (status < 500 && status !== 429) return yield* new SendError.Misconfigured({ reason })
        const asked = Headers.parseRetryAfter(retryAfter ?? "")
        return yield* new SendError.Unavailable({
          reason,
          retryAfter: Result.isSuccess(asked)
            ? Duration.toMillis(Headers.retryAfterDelay(asked.success, yield* Clock.currentTimeMillis))
            : 0
        })
      }).pipe(
        Effect.timeoutOrElse({
          duration: "10 seconds",
          orElse: () => Effect.fail(new SendError.Unavailable({ reason: "no answer in time" }))
        })
      )
  }).pipe(EventSink.retried())
