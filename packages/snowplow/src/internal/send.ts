import type * as EventSink from "@trackmap/core/EventSink"
import type * as HttpSink from "@trackmap/core/HttpSink"
import type * as HttpTransport from "@trackmap/core/HttpTransport"
import * as Receipt from "@trackmap/core/Receipt"
import * as Requests from "@trackmap/core/Requests"
import * as SendError from "@trackmap/core/SendError"
import type { Encode } from "./payload.ts"

const before = '{"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":['

/** A collector answers "ok", and older ones with no body. A page comes from something else. */
const interpret = (response: HttpTransport.Response, now: number): SendError.SendError | Receipt.Outcome =>
  SendError.fromResponse(response, now) ??
  (response.text.trimStart().startsWith("<") ? SendError.foreignBody(response, "the collector") : Receipt.delivered)

/** Sends a batch once. */
export const send = (
  to: HttpSink.Endpoint,
  name: string,
  encode: Encode
): EventSink.Send<HttpTransport.HttpTransport> =>
  Requests.sender({
    encode,
    requests: (made) => [
      {
        places: made.map(({ place }) => place),
        send: Requests.post(to, [before, made.map(({ record }) => record).join(), "]}"], {
          span: "Snowplow.send",
          attributes: { "trackmap.sink": name, "trackmap.batch.messages": made.length },
          interpret
        })
      }
    ]
  })
