import type * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import * as HttpTransport from "@trackmap/core/HttpTransport"
import type * as Message from "@trackmap/core/Message"
import * as Receipt from "@trackmap/core/Receipt"
import * as Requests from "@trackmap/core/Requests"
import * as SendError from "@trackmap/core/SendError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Settings } from "./event.ts"
import * as identity from "./identity.ts"
import type { Resolved } from "./options.ts"
import * as requests from "./requests.ts"
import { read, Untouched } from "./response.ts"
import type { Target } from "./target.ts"

const requestsOf = Effect.fnUntraced(function* (
  messages: ReadonlyArray<Message.Message>,
  places: ReadonlyArray<number>,
  settings: Settings
) {
  const unfit = identity.unfit(messages)
  const insertIds =
    unfit.length === 0 ? new Map<string, string>() : yield* Effect.promise(() => identity.insertIds(unfit))
  return requests.make(messages, places, settings, insertIds, yield* Clock.currentTimeMillis)
})

/** The records of a message for observers, with a placeholder for the token. */
export const records = (options: Resolved): EventSink.Records => {
  const settings = { ...options, token: "<token>" }
  return (message) =>
    Effect.map(requestsOf([message], [0], settings), (made) =>
      made.requests.flatMap(({ path, records }) => records().map((record) => ({ to: `POST ${path}`, record })))
    )
}

/** Posts one request. Returns the outcome of each record. */
const post = ({ endpoints, name, secrets }: Target, request: requests.Request) =>
  endpoints[request.path].post(request.body).pipe(
    Effect.mapError((failure) =>
      failure._tag === "ConnectionFailed" && failure.during === "connect"
        ? new Untouched({ reason: failure.message })
        : HttpTransport.toSendError(failure)
    ),
    Effect.flatMap((response) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => read(response, request, secrets, now))
    ),
    HttpSink.inSpan("Mixpanel.send", {
      "trackmap.sink": name,
      "trackmap.mixpanel.path": request.path,
      "trackmap.mixpanel.records": request.count
    })
  )

/** The outcome of a message: that of its first lost record, or delivered. */
const combined = (outcomes: ReadonlyArray<Receipt.Outcome>): Receipt.Outcome =>
  outcomes.find(({ _tag }) => _tag !== "Delivered") ?? Receipt.delivered

/**
 * A request with the outcomes of its messages. The error has those of the messages that Mixpanel may have counted, so that no retry repeats an `$add`,
 * which would count twice.
 */
const requestOf = (target: Target, request: requests.Request): Requests.Request<HttpTransport.HttpTransport> => ({
  places: request.entries.map(({ place }) => place),
  send: Effect.mapBoth(post(target, request), {
    onSuccess: (outcomes) => {
      let at = 0
      return request.entries.map(({ count }) => {
        const first = outcomes[at]!
        at += count
        return count === 1 ? first : combined(outcomes.slice(at - count, at))
      })
    },
    onFailure: (error) => {
      if (error._tag !== "Unavailable" || error instanceof Untouched) return error
      const lost = Receipt.expired(`${error.reason}; add and append may have arrived, so the sink does not resend them`)
      const known = request.entries.map(({ once }) => (once ? lost : undefined))
      return SendError.withOutcomes(error, known)
    }
  })
})

/** Sends a batch once, with requests for each kind of message. */
export const send = (target: Target): EventSink.Send<HttpTransport.HttpTransport> =>
  Effect.fnUntraced(function* (batch) {
    const encoded = new Set(batch.encoded)
    const rest =
      encoded.size === batch.length ? [] : [...Array(batch.length).keys()].filter((place) => !encoded.has(place))
    const messages = rest.length === 0 ? [] : batch.at(rest).messages
    const made = yield* requestsOf(messages, rest, target)
    const known = Array.from({ length: batch.length }, (_, place) => made.outcomes[place])
    const all = [...requests.encoded(batch), ...made.requests]
    return yield* Requests.send(
      all.map((request) => requestOf(target, request)),
      { known }
    )
  })
