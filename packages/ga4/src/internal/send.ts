import type * as EventSink from "@trackmap/core/EventSink"
import type * as HttpSink from "@trackmap/core/HttpSink"
import * as HttpTransport from "@trackmap/core/HttpTransport"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as Receipt from "@trackmap/core/Receipt"
import * as Requests from "@trackmap/core/Requests"
import * as SendError from "@trackmap/core/SendError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { Encode, Made } from "./event.ts"
import * as limits from "./limits.ts"
import type { Resolved } from "./options.ts"

/** The requests of some events: at most this many of one client and user in each. */
const requestsOf = (made: ReadonlyArray<Requests.Encoded<Made>>, most: number) =>
  [...Map.groupBy(made, ({ record }) => record.envelope)].flatMap(([envelope, all]) =>
    Arr.chunksOf(all, most).map((some) => ({
      places: some.map(({ place }) => place),
      body: `${envelope},"events":[${some.map(({ record }) => record.event).join()}]}`
    }))
  )

/** The validation server's verdict on one event. Its descriptions may repeat values, so the reason has the code and the field alone. */
const verdictOf = (response: HttpTransport.Response): Receipt.Outcome | SendError.SendError => {
  const said = HttpTransport.jsonObject(response)?.["validationMessages"]
  if (!Array.isArray(said)) return SendError.foreignBody(response, "the validation server")
  if (said.length === 0) return Receipt.skipped("Google's validation server accepts it, and stores nothing")
  const reasons = said.map((one) =>
    [one?.validationCode, one?.fieldPath].filter((part) => /^[\w.[\]]{1,200}$/.test(part)).join(" at ")
  )
  return Receipt.rejected(`Google's validation server refuses it: ${reasons.join(", ")}`)
}

/** What a response says of a request's events. */
const meaningOf = (response: HttpTransport.Response, now: number, validate: boolean) => {
  const error = SendError.fromResponse(response, now)
  if (error !== undefined) return error
  if (response.text.trimStart().startsWith("<")) return SendError.foreignBody(response, "Google")
  return validate ? verdictOf(response) : Receipt.delivered
}

const tooLarge = new SendError.TooLarge({ reason: `the events have more than ${limits.bytes} bytes` })

const unsure = ({ reason }: SendError.Unavailable): Receipt.Outcome =>
  Receipt.expired(`${reason}; it may have arrived, and Google would count it twice, so the sink does not resend it`)

/** Sends a batch once, in a request for each client and user. One at a time would be slow. */
export const send = (
  to: HttpSink.Endpoint,
  encode: Encode,
  { delivery, name, validate }: Resolved
): EventSink.Send<HttpTransport.HttpTransport> => {
  const post = (body: string, places: ReadonlyArray<number>) =>
    Requests.post(to, body, {
      span: "GA4.send",
      attributes: { "trackmap.sink": name, "trackmap.batch.messages": places.length },
      interpret: (response, now) => meaningOf(response, now, validate),
      unsure: validate || delivery === "atLeastOnce" ? undefined : unsure
    })
  return Requests.sender({
    encode,
    concurrency: 8,
    requests: (made) =>
      // The validation server does not always say which event it refuses.
      requestsOf(made, validate ? 1 : limits.events).map(({ body, places }) => ({
        places,
        // The sink splits the batch then.
        send: PropertyLimits.exceeds(body, limits.bytes) ? Effect.fail(tooLarge) : post(body, places)
      }))
  })
}
