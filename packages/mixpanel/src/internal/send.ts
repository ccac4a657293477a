import { type EventSink, HttpSink, HttpTransport, type Message, Receipt, SendError } from "@trackmap/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import type { Settings } from "./event.ts"
import * as identity from "./identity.ts"
import { type Options, settingsOf, type Target } from "./options.ts"
import * as requests from "./requests.ts"
import { read, Untouched } from "./response.ts"

const requestsOf = Effect.fnUntraced(function* (messages: ReadonlyArray<Message.Message>, settings: Settings) {
  const unfit = identity.unfit(messages)
  const insertIds =
    unfit.length === 0 ? new Map<string, string>() : yield* Effect.promise(() => identity.insertIds(unfit))
  return requests.make(messages, settings, insertIds, yield* Clock.currentTimeMillis)
})

/** The records of a message as an observer sees them, with a placeholder for the token. */
export const records = (options: Options): EventSink.Records => {
  const settings = { ...settingsOf(options), token: "<token>" }
  return (message) =>
    Effect.map(requestsOf([message], settings), (made) =>
      made.requests.flatMap(({ path, records }) =>
        records.map((json) => ({ to: `POST ${path}`, record: JSON.parse(json) as Schema.Json }))
      )
    )
}

/** Posts one request, and returns the outcome of each of its records. */
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
      "trackmap.mixpanel.records": request.records.length
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
    const { outcomes, requests } = yield* requestsOf(batch.messages, target)
    let failure: SendError.SendError | undefined
    let refused: SendError.Misconfigured | undefined
    let taken = outcomes.some((outcome) => outcome !== undefined)
    for (const request of requests) {
      const sent = yield* Effect.result(post(target, request))
      if (Result.isSuccess(sent)) {
        taken = true
        let at = 0
        for (const { place, records } of request.entries) {
          outcomes[place] = combined(sent.success.slice(at, (at += records.length)))
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
