import type * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import * as HttpTransport from "@trackmap/core/HttpTransport"
import * as Message from "@trackmap/core/Message"
import type * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { uuidOf } from "./event.ts"
import type { Target } from "./options.ts"
import { read } from "./response.ts"

/** Posts a batch once. An error has the outcomes that the response names, so that nothing that PostHog has accepted is sent again. */
export const send = ({ endpoint, form, historicalMigration, key, name }: Target) => {
  const isEvents = form.api === "events"
  const secret = isEvents ? "" : `"api_key":${JSON.stringify(key)},`
  const migration = historicalMigration ? `"historical_migration":true,` : ""
  const post = Effect.fnUntraced(function* (batch: EventSink.Batch) {
    const now = yield* Clock.currentTimeMillis
    const at = new Date(now).toISOString()
    // Every request has an id of its own, so each is the first attempt of that id.
    const headers = {
      "posthog-attempt": "1",
      "posthog-request-id": Message.nextId(now),
      "posthog-request-timestamp": at
    }
    const before = `{${secret}${migration}"${isEvents ? "created_at" : "sent_at"}":"${at}","batch":`
    const response = yield* Effect.mapError(
      endpoint.post([before, ...batch.encodedArray, "}"], isEvents ? headers : undefined),
      HttpTransport.toSendError
    )
    const uuids = () => batch.map(uuidOf)
    const meaning = read(response, form.api, batch.length, uuids, yield* Clock.currentTimeMillis)
    for (const details of meaning.warnings ?? []) {
      yield* Effect.logWarning(`PostHog accepted events, but says: ${details}`)
    }
    const { failure, outcomes } = meaning
    if (failure !== undefined) return yield* Effect.fail(SendError.withOutcomes(failure, outcomes))
    return outcomes as ReadonlyArray<Receipt.Outcome>
  })
  return (batch: EventSink.Batch) => {
    const attributes = { "trackmap.sink": name, "trackmap.batch.messages": batch.length }
    return HttpSink.inSpan("PostHog.send", attributes)(post(batch))
  }
}
