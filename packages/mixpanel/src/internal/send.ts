import type * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import * as HttpTransport from "@trackmap/core/HttpTransport"
import type * as Message from "@trackmap/core/Message"
import * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Settings } from "./event.ts"
import * as identity from "./identity.ts"
import { type Options, settingsOf, type Target } from "./options.ts"
import * as requests from "./requests.ts"
import { read, Untouched } from "./response.ts"

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

/** Writes events when they are tracked, unless they need more than the message. */
export const encode = (options: Options): EventSink.Encode => {
  const form = settingsOf(options)
  return (message, now) => requests.encode(message, form, now)
}

/** The records of a message for observers, with a placeholder for the token. */
export const records = (options: Options): EventSink.Records => {
  const settings = { ...settingsOf(options), token: "<token>" }
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
 * Sends a batch once, with requests for each kind of message. If one request fails, the error carries the outcomes of the messages that
 * Mixpanel has accepted, so that no retry repeats an `$add`, which would count twice.
 */
export const send = (target: Target): EventSink.Send<HttpTransport.HttpTransport> =>
  Effect.fnUntraced(function* (batch) {
    const encoded = new Set(batch.encoded)
    const rest =
      encoded.size === batch.length ? [] : [...Array(batch.length).keys()].filter((place) => !encoded.has(place))
    const messages = rest.length === 0 ? [] : batch.at(rest).messages
    const made = yield* requestsOf(messages, rest, target)
    const outcomes = new Array<Receipt.Outcome | undefined>(batch.length).fill(undefined)
    made.outcomes.forEach((outcome, place) => {
      outcomes[place] = outcome
    })
    let failure: SendError.SendError | undefined
    let refused: SendError.Misconfigured | undefined
    let taken = outcomes.some((outcome) => outcome !== undefined)
    for (const request of [...requests.encoded(batch), ...made.requests]) {
      const sent = yield* Effect.result(post(target, request))
      if (Result.isSuccess(sent)) {
        taken = true
        let at = 0
        for (const { count, place } of request.entries) {
          outcomes[place] = count === 1 ? sent.success[at] : combined(sent.success.slice(at, at + count))
          at += count
        }
        continue
      }
      const error = sent.failure
      if (error._tag === "Unavailable") {
        failure = error
        const lost = Receipt.expired(
          `${error.reason}; add and append may have arrived, so the sink does not resend them`
        )
        const sentOnce = error instanceof Untouched ? [] : request.entries.filter(({ once }) => once)
        for (const { place } of sentOnce) outcomes[place] = lost
        // If Mixpanel is unavailable at one path, the others can wait for the retry, too.
        break
      }
      if (error._tag !== "Misconfigured") failure ??= error
      else {
        refused = error
        for (const { place } of request.entries) outcomes[place] = Receipt.rejected(error.reason)
      }
    }
    if (failure !== undefined && outcomes.includes(undefined))
      return yield* Effect.fail(SendError.withOutcomes(failure, outcomes))
    if (refused !== undefined && !taken && failure === undefined) return yield* refused
    return outcomes as ReadonlyArray<Receipt.Outcome>
  })
