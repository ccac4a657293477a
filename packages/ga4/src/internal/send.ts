import type * as EventSink from "@trackmap/core/EventSink"
import type * as HttpSink from "@trackmap/core/HttpSink"
import * as HttpTransport from "@trackmap/core/HttpTransport"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as Receipt from "@trackmap/core/Receipt"
import * as Requests from "@trackmap/core/Requests"
import * as SendError from "@trackmap/core/SendError"
import type { Encode, Made } from "./event.ts"
import * as limits from "./limits.ts"
import type { Resolved } from "./options.ts"

/** A request without its end, and the places of its events in the batch. */
interface Request {
  body: string
  readonly places: Array<number>
}

const end = "]}"

/** The requests of some events: one for each client and user, within the limits of a request. */
const requestsOf = (made: ReadonlyArray<Requests.Encoded<Made>>, most: number): ReadonlyArray<Request> => {
  const all: Array<Request> = []
  const open = new Map<string, Request>()
  for (const { place, record } of made) {
    const request = open.get(record.envelope)
    const body = `${request?.body},${record.event}`
    if (request && request.places.length < most && !PropertyLimits.exceeds(body + end, limits.bytes)) {
      request.body = body
      request.places.push(place)
    } else {
      const next = { body: `${record.envelope},"events":[${record.event}`, places: [place] }
      open.set(record.envelope, next)
      all.push(next)
    }
  }
  return all
}

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

const unsure = ({ reason }: SendError.Unavailable): Receipt.Outcome =>
  Receipt.expired(`${reason}; it may have arrived, and Google would count it twice, so the sink does not resend it`)

/** Sends a batch once, in a request for each client and user. One at a time would be slow. */
export const send = (
  to: HttpSink.Endpoint,
  encode: Encode,
  { delivery, name, validate }: Resolved
): EventSink.Send<HttpTransport.HttpTransport> =>
  Requests.sender({
    encode,
    concurrency: 8,
    requests: (made) =>
      // The validation server does not always say which event it refuses.
      requestsOf(made, validate ? 1 : limits.events).map(({ body, places }) => ({
        places,
        send: Requests.post(to, [body, end], {
          span: "GA4.send",
          attributes: { "trackmap.sink": name, "trackmap.batch.messages": places.length },
          interpret: (response, now) => meaningOf(response, now, validate),
          unsure: validate || delivery === "atLeastOnce" ? undefined : unsure
        })
      }))
  })
