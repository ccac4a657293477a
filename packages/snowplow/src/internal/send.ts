import type * as EventSink from "@trackmap/core/EventSink"
import type * as HttpSink from "@trackmap/core/HttpSink"
import type * as HttpTransport from "@trackmap/core/HttpTransport"
import * as Receipt from "@trackmap/core/Receipt"
import * as Requests from "@trackmap/core/Requests"
import * as SendError from "@trackmap/core/SendError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Encode } from "./payload.ts"

const before = '{"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":['

/** A collector answers "ok", and older ones with no body. A page comes from something else. */
const interpret = (response: HttpTransport.Response, now: number): SendError.SendError | Receipt.Outcome =>
  SendError.fromResponse(response, now) ??
  (response.text.trimStart().startsWith("<") ? SendError.foreignBody(response, "the collector") : Receipt.delivered)

export const send = (
  to: HttpSink.Endpoint,
  name: string,
  encode: Encode
): EventSink.Send<HttpTransport.HttpTransport> =>
  Effect.fnUntraced(function* (batch) {
    const now = yield* Clock.currentTimeMillis
    const made = batch.map((message) => encode(message, now))
    const places = [...made.keys()].filter((place) => typeof made[place] === "string")
    const post = Requests.post(to, [before, places.map((place) => made[place]).join(), "]}"], {
      span: "Snowplow.send",
      attributes: { "trackmap.sink": name, "trackmap.batch.messages": places.length },
      interpret
    })
    const known = made.map((one) => (typeof one === "string" ? undefined : one))
    return yield* Requests.send(places.length > 0 ? [{ places, send: post }] : [], { known })
  })
