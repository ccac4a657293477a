import type * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import * as HttpTransport from "@trackmap/core/HttpTransport"
import * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { encode, type Form } from "./payload.ts"

const before = '{"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":['

/** A collector answers "ok", and older ones with no body. A page comes from something else. */
const read = (response: HttpTransport.Response, now: number): SendError.SendError | undefined =>
  SendError.fromResponse(response, now) ??
  (response.text.trimStart().startsWith("<")
    ? new SendError.Unavailable({ reason: `status ${response.status} with a page that is not the collector's` })
    : undefined)

/** Posts records in one request. */
const post = (to: HttpSink.Endpoint, name: string, records: ReadonlyArray<string>) =>
  to.post([before, records.join(), "]}"]).pipe(
    Effect.mapError(HttpTransport.toSendError),
    Effect.flatMap((response) => Effect.map(Clock.currentTimeMillis, (now) => read(response, now))),
    Effect.flatMap((failure) => (failure === undefined ? Effect.void : Effect.fail(failure))),
    HttpSink.inSpan("Snowplow.send", { "trackmap.sink": name, "trackmap.batch.messages": records.length })
  )

export const send = (to: HttpSink.Endpoint, name: string, form: Form): EventSink.Send<HttpTransport.HttpTransport> =>
  Effect.fnUntraced(function* (batch) {
    const now = yield* Clock.currentTimeMillis
    const made = batch.map((message) => encode(message, form, now))
    const records = made.filter((one) => typeof one === "string")
    const outcomes = made.map((one) => (typeof one === "string" ? undefined : one))
    if (records.length > 0) {
      yield* Effect.mapError(post(to, name, records), (error) => SendError.withOutcomes(error, outcomes))
    }
    return outcomes.map((outcome) => outcome ?? Receipt.delivered)
  })
