import type * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import * as HttpTransport from "@trackmap/core/HttpTransport"
import * as Message from "@trackmap/core/Message"
import * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as event from "./event.ts"
import type { Target } from "./options.ts"
import { read } from "./response.ts"

/** Posts the events of a batch. Fails with the outcomes that the response has, so that nothing that PostHog has accepted is sent again. */
const post = Effect.fnUntraced(function* (
  { endpoint, form, historicalMigration, key }: Target,
  batch: EventSink.Batch,
  places: ReadonlyArray<number>
) {
  const now = yield* Clock.currentTimeMillis
  const at = new Date(now).toISOString()
  const isEvents = form.api === "events"
  const first = isEvents ? `"created_at":"${at}"` : `"api_key":${JSON.stringify(key)},"sent_at":"${at}"`
  const before = `{${first},${historicalMigration ? `"historical_migration":true,` : ""}"batch":`
  // Every request has an id of its own, so each is the first attempt of that id.
  const headers = { "posthog-attempt": "1", "posthog-request-id": Message.nextId(now), "posthog-request-timestamp": at }
  const response = yield* Effect.mapError(
    endpoint.post([before, ...batch.encodedArray, "}"], isEvents ? headers : undefined),
    HttpTransport.toSendError
  )
  const uuids = () => batch.at(places).messages.map(event.uuidOf)
  const {
    failure,
    outcomes,
    warnings = []
  } = read(response, form.api, places.length, uuids, yield* Clock.currentTimeMillis)
  for (const details of warnings) yield* Effect.logWarning(`PostHog accepted events, but says: ${details}`)
  return failure === undefined ? outcomes : yield* Effect.fail(SendError.withOutcomes(failure, outcomes))
})

/** Sends a batch once. The events were written when their messages were tracked; a message without one has a reason. */
export const send = (target: Target): EventSink.Send<HttpTransport.HttpTransport> =>
  Effect.fnUntraced(function* (batch) {
    const places = batch.encoded
    const { length } = places
    const all = new Array<Receipt.Outcome | undefined>(batch.length).fill(undefined)
    if (length < batch.length) {
      const sent = new Set(places)
      const now = yield* Clock.currentTimeMillis
      const others = [...all.keys()].filter((place) => !sent.has(place))
      const { messages } = batch.at(others)
      for (const [index, place] of others.entries()) all[place] = event.outcomeOf(messages[index]!, target.form, now)
    }
    const known = (outcomes: ReadonlyArray<Receipt.Outcome | undefined>) => {
      for (const [index, place] of places.entries()) all[place] = outcomes[index]
      return all
    }
    if (length === 0) return all as ReadonlyArray<Receipt.Outcome>
    return yield* post(target, batch, places).pipe(
      HttpSink.inSpan("PostHog.send", { "trackmap.sink": target.name, "trackmap.posthog.events": length }),
      Effect.mapBoth({
        onSuccess: (outcomes) => known(outcomes) as ReadonlyArray<Receipt.Outcome>,
        onFailure: (error) =>
          error._tag === "Misconfigured" ? error : SendError.withOutcomes(error, known(error.outcomes ?? []))
      })
    )
  })
