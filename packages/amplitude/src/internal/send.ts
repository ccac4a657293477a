import type * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import * as HttpTransport from "@trackmap/core/HttpTransport"
import type * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Target } from "./options.ts"
import { read } from "./response.ts"

/** Posts a batch. A batch whose events are longer than its messages may be too large for Amplitude. */
const post = ({ after, before, bytes, endpoint, name }: Target, batch: EventSink.Batch) =>
  Effect.gen(function* () {
    const events = batch.encodedArray
    if (batch.length > 1 && events.reduce((sum, { length }) => sum + length, 0) > bytes) {
      return new SendError.TooLarge({ reason: `the events have more than ${bytes} bytes` })
    }
    const response = yield* Effect.mapError(endpoint.post([before, ...events, after]), HttpTransport.toSendError)
    return read(response, batch, yield* Clock.currentTimeMillis)
  }).pipe(
    Effect.flatMap((meaning) => ("_tag" in meaning ? Effect.fail(meaning) : Effect.succeed(meaning))),
    HttpSink.inSpan("Amplitude.send", { "trackmap.sink": name, "trackmap.batch.messages": batch.length })
  )

/**
 * Sends a batch. If Amplitude refuses or throttles events, it has taken none of the others: the sink sends those again at once, and the throttled
 * ones after a pause. The error has the outcomes that are known, so that nothing that Amplitude has taken is sent again.
 */
export const send = (target: Target): EventSink.Send<HttpTransport.HttpTransport> =>
  Effect.fnUntraced(function* (batch) {
    const outcomes = new Array<Receipt.Outcome | undefined>(batch.length).fill(undefined)
    let throttled: SendError.Unavailable | undefined
    let places: ReadonlyArray<number> = [...outcomes.keys()]
    while (places.length > 0) {
      const part = places.length === batch.length ? batch : batch.at(places)
      const { outcomes: known, ...wait } = yield* Effect.mapError(post(target, part), (error) =>
        SendError.withOutcomes(error, outcomes)
      )
      for (const [index, outcome] of known) outcomes[places[index]!] = outcome
      if (wait.waiting.size > 0) throttled = wait.throttled
      places = places.filter((_, index) => !known.has(index) && !wait.waiting.has(index))
    }
    if (throttled !== undefined && outcomes.includes(undefined)) {
      return yield* Effect.fail(SendError.withOutcomes(throttled, outcomes))
    }
    return outcomes as ReadonlyArray<Receipt.Outcome>
  })
