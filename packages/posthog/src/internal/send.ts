import type * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import * as HttpTransport from "@trackmap/core/HttpTransport"
import * as Message from "@trackmap/core/Message"
import * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as event from "./event.ts"
import { formOf, type Options, paths, type Target } from "./options.ts"
import { read } from "./response.ts"
import * as uuid from "./uuid.ts"

/** Writes events when they are tracked, unless they need a `uuid` that takes time to make. */
export const encode = (options: Options): EventSink.Encode => {
  const form = formOf(options)
  return (message, now) => event.encode(message, form, now)
}

/** The events of messages, each with its `uuid`, or their outcomes. */
const eventsOf = Effect.fnUntraced(function* (messages: ReadonlyArray<Message.Message>, form: event.Form) {
  const uuids = yield* Effect.promise(() => Promise.all(messages.map(({ messageId }) => uuid.of(messageId))))
  const now = yield* Clock.currentTimeMillis
  return messages.map((message, index) => ({ id: uuids[index]!, made: event.of(message, form, uuids[index]!, now) }))
})

/** The event of a message for observers. */
export const records = (options: Options): EventSink.Records => {
  const form = formOf(options)
  return (message) =>
    Effect.map(eventsOf([message], form), ([one]) =>
      typeof one?.made === "string" ? [{ to: `POST ${paths[form.api]}`, record: JSON.parse(one.made) }] : []
    )
}

/** One request: the places of its events in the batch, their JSON, and their ids. */
interface Request {
  readonly places: ReadonlyArray<number>
  readonly array: ReadonlyArray<string | Uint8Array>
  readonly uuids: () => ReadonlyArray<string>
}

/** Posts one request. The error of a failed connection applies to all its events. */
const post = ({ endpoint, form, historicalMigration, key, name }: Target, { array, places, uuids }: Request) =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const at = new Date(now).toISOString()
    const isEvents = form.api === "events"
    const first = isEvents ? `"created_at":"${at}"` : `"api_key":${JSON.stringify(key)},"sent_at":"${at}"`
    const before = `{${first},${historicalMigration ? `"historical_migration":true,` : ""}"batch":`
    // Every request has an id of its own, so each is the first attempt of that id.
    const headers = {
      "posthog-attempt": "1",
      "posthog-request-id": Message.nextId(now),
      "posthog-request-timestamp": at
    }
    const response = yield* Effect.mapError(
      endpoint.post([before, ...array, "}"], isEvents ? headers : undefined),
      HttpTransport.toSendError
    )
    const meaning = read(response, form.api, places.length, uuids, yield* Clock.currentTimeMillis)
    for (const details of meaning.warnings ?? []) {
      yield* Effect.logWarning(`PostHog accepted events, but says: ${details}`)
    }
    const { failure, outcomes } = meaning
    return yield* failure === undefined
      ? Effect.succeed(outcomes)
      : Effect.fail(SendError.withOutcomes(failure, outcomes))
  }).pipe(
    HttpSink.inSpan("PostHog.send", { "trackmap.sink": name, "trackmap.posthog.events": places.length }),
    Effect.result
  )

/**
 * Sends a batch once: events that were written when they were tracked, and then the others. If one request fails, the error has the outcomes
 * that are known, so that nothing that PostHog has accepted is sent again.
 */
export const send = (target: Target): EventSink.Send<HttpTransport.HttpTransport> =>
  Effect.fnUntraced(function* (batch) {
    const { encoded, length } = batch
    const outcomes = new Array<Receipt.Outcome | undefined>(length).fill(undefined)
    const requests: Array<Request> = []
    if (encoded.length > 0) {
      const uuids = () => batch.at(encoded).messages.map(({ messageId }) => messageId)
      requests.push({ places: encoded, array: batch.encodedArray, uuids })
    }
    if (encoded.length < length) {
      const known = new Set(encoded)
      const others = [...outcomes.keys()].filter((place) => !known.has(place))
      const made = yield* eventsOf(batch.at(others).messages, target.form)
      const places: Array<number> = []
      const ids: Array<string> = []
      const texts: Array<string> = []
      for (const [index, { id, made: one }] of made.entries()) {
        if (typeof one !== "string") outcomes[others[index]!] = one
        else {
          places.push(others[index]!)
          ids.push(id)
          texts.push(`${texts.length === 0 ? "[" : ","}${one}`)
        }
      }
      if (places.length > 0) requests.push({ places, array: [...texts, "]"], uuids: () => ids })
    }
    for (const request of requests) {
      const sent = yield* post(target, request)
      const known = Result.isSuccess(sent) ? sent.success : outcomesIn(sent.failure)
      for (const [index, place] of request.places.entries()) outcomes[place] = known[index]
      if (Result.isSuccess(sent)) continue
      const { failure } = sent
      if (failure._tag !== "Misconfigured") return yield* Effect.fail(SendError.withOutcomes(failure, outcomes))
      if (!outcomes.includes(Receipt.delivered)) return yield* failure
      for (const place of request.places) outcomes[place] ??= Receipt.rejected(failure.reason)
    }
    return outcomes as ReadonlyArray<Receipt.Outcome>
  })

const outcomesIn = (failure: SendError.SendError): ReadonlyArray<Receipt.Outcome | undefined> =>
  failure._tag === "Misconfigured" ? [] : (failure.outcomes ?? [])
