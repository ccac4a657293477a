import type * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import * as HttpTransport from "@trackmap/core/HttpTransport"
import * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { encode, type Form, type Made } from "./event.ts"
import * as limits from "./limits.ts"

/** An address, and how to send to it. */
export interface Target {
  readonly name: string
  readonly form: Form
  readonly atLeastOnce: boolean
  readonly to: HttpSink.Endpoint
}

/** One request, and the places of its events in the batch. */
interface Request {
  readonly envelope: string
  readonly events: Array<string>
  readonly places: Array<number>
  bytes: number
}

const encoder = new TextEncoder()

/** The requests of some events: one for each client and user, within the limits of a request. */
const requestsOf = (made: ReadonlyArray<Made | Receipt.Outcome>, most: number): ReadonlyArray<Request> => {
  const all: Array<Request> = []
  const open = new Map<string, Request>()
  for (const [place, one] of made.entries()) {
    if ("_tag" in one) continue
    const { envelope, event } = one
    const bytes = encoder.encode(event).length + 1
    let request = open.get(envelope)
    if (request === undefined || request.events.length === most || request.bytes + bytes > limits.bytes) {
      request = { envelope, events: [], places: [], bytes: encoder.encode(envelope).length + `,"events":[]}`.length }
      open.set(envelope, request)
      all.push(request)
    }
    request.events.push(event)
    request.places.push(place)
    request.bytes += bytes
  }
  return all
}

/** The validation server's verdict on one event. Its descriptions may repeat values, so the reason has the code and the field alone. */
const verdictOf = (text: string): Receipt.Outcome | SendError.SendError => {
  try {
    const { validationMessages } = JSON.parse(text) as { readonly validationMessages: ReadonlyArray<any> }
    const said = validationMessages.map(({ fieldPath, validationCode }) =>
      [validationCode, fieldPath].filter((part) => /^[\w.[\]]{1,200}$/.test(part)).join(" at ")
    )
    return said.length === 0 ? valid : Receipt.rejected(`Google's validation server refuses it: ${said.join(", ")}`)
  } catch {
    return new SendError.Unavailable({ reason: "the response is not the validation server's" })
  }
}

const valid = Receipt.skipped("Google's validation server accepts it, and stores nothing")

/** The statuses with which Google has turned a request away. After another server error, it may have stored the events. */
const isAway = (status: number): boolean => status < 400 || status === 429 || status === 503

/** The outcome of a request's events, or an error after which none of them can have been stored. */
const post = ({ atLeastOnce, form, name, to }: Target, { envelope, events }: Request) => {
  const isSafe = atLeastOnce || form.validate
  const unsure = (error: SendError.SendError, away: boolean): Effect.Effect<Receipt.Outcome, SendError.SendError> =>
    isSafe || away || error._tag !== "Unavailable"
      ? Effect.fail(error)
      : Effect.succeed(
          Receipt.expired(
            `${error.reason}; it may have arrived, and Google would count it twice, so the sink does not resend it`
          )
        )
  const read = (response: HttpTransport.Response, now: number): Effect.Effect<Receipt.Outcome, SendError.SendError> => {
    const error = SendError.fromResponse(response, now)
    if (error !== undefined) return unsure(error, isAway(response.status))
    if (response.text.trimStart().startsWith("<")) {
      return Effect.fail(
        new SendError.Unavailable({ reason: `status ${response.status} with a page that is not Google's` })
      )
    }
    if (!form.validate) return Effect.succeed(Receipt.delivered)
    const verdict = verdictOf(response.text)
    return verdict._tag === "Unavailable" ? Effect.fail(verdict) : Effect.succeed(verdict as Receipt.Outcome)
  }
  return to.post([envelope, ',"events":[', events.join(), "]}"]).pipe(
    Effect.matchEffect({
      onFailure: (failure) =>
        unsure(HttpTransport.toSendError(failure), failure._tag === "ConnectionFailed" && failure.during === "connect"),
      onSuccess: (response) => Effect.flatMap(Clock.currentTimeMillis, (now) => read(response, now))
    }),
    HttpSink.inSpan("GA4.send", { "trackmap.sink": name, "trackmap.batch.messages": events.length })
  )
}

/** Each client has its own requests, so one at a time would be slow. */
const concurrency = 8

/** Sends a batch once, in a request for each client and user. If Google is not available, the requests that have not begun wait for the retry. */
export const send = (target: Target): EventSink.Send<HttpTransport.HttpTransport> =>
  Effect.fnUntraced(function* (batch) {
    const now = yield* Clock.currentTimeMillis
    const made = batch.map((message) => encode(message, target.form, now))
    const outcomes = made.map((one) => ("_tag" in one ? one : undefined))
    // The validation server does not always say which event it refuses.
    const requests = requestsOf(made, target.form.validate ? 1 : limits.events)
    let away: SendError.SendError | undefined
    const sendOne = (request: Request) =>
      Effect.suspend(() => (away === undefined ? post(target, request) : Effect.fail(away))).pipe(
        Effect.tapError((error) =>
          Effect.sync(() => {
            if (error._tag === "Unavailable") away = error
          })
        ),
        Effect.result
      )
    const sent = yield* Effect.forEach(requests, sendOne, { concurrency })
    const errors: Array<SendError.SendError> = []
    for (const [index, result] of sent.entries()) {
      if (Result.isFailure(result)) errors.push(result.failure)
      for (const place of requests[index]!.places) {
        if (Result.isSuccess(result)) outcomes[place] = result.success
        else if (result.failure._tag === "Misconfigured") outcomes[place] = Receipt.rejected(result.failure.reason)
      }
    }
    const error =
      errors.find(({ _tag }) => _tag === "Unavailable") ?? errors.find(({ _tag }) => _tag !== "Misconfigured")
    if (error !== undefined) return yield* Effect.fail(SendError.withOutcomes(error, outcomes))
    if (errors.length > 0 && errors.length === sent.length) return yield* Effect.fail(errors[0]!)
    return outcomes as ReadonlyArray<Receipt.Outcome>
  })
