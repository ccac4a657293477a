import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Message } from "../../Message.ts"
import * as Receipt from "../../Receipt.ts"
import { optionsOf } from "../base/options.ts"
import { deliverables, type Given, givenNames, ready } from "./deliver.ts"
import { isOutcome } from "./known.ts"
import type { Any, Deliverable, OpenSink, RequestRecord } from "./model.ts"
import { openAll, redacted } from "./open.ts"
import { Previewing } from "./previewing.ts"

/** What a sink would do with a message. */
export interface Preview {
  readonly messageId: string
  readonly sink: string
  /** `Delivered` if the sink would send the message, or why it would not. */
  readonly outcome: Receipt.Outcome
  /** The message as the sink would send it: filtered, redacted, renamed. Absent if it would not. */
  readonly message?: Message
  /** What the sink would write into its requests. */
  readonly records: ReadonlyArray<RequestRecord>
}

const nothing = Receipt.skipped("the sink has no record for it")

const ofMessage = (to: OpenSink, given: Deliverable, now: number): Effect.Effect<Preview> => {
  const { sink } = to
  const { messageId } = given.message
  const is = (outcome: Receipt.Outcome) => ({ messageId, sink: sink.name, outcome, records: [] })
  const going = ready(to, redacted(to, given), now)
  if (isOutcome(going)) return Effect.succeed(is(going))
  const { message } = going
  // Such a sink may refuse the message when it sends it. Of other sinks, no record says nothing: they may know them only once they are open.
  const mayRefuse = sink.encode?.(message, now) === false
  // Records are for people who watch: an error of theirs keeps no message from its destination.
  return Effect.matchCause(sink.records(message), {
    onFailure: () => ({ ...is(Receipt.delivered), message }),
    onSuccess: (records) =>
      mayRefuse && records.length === 0 ? is(nothing) : { ...is(Receipt.delivered), message, records }
  })
}

export const preview = (
  self: Any,
  messages: ReadonlyArray<Message>,
  options: Given = {}
): Effect.Effect<ReadonlyArray<Preview>> => {
  optionsOf("EventSink.preview", options, givenNames)
  const all: Effect.Effect<ReadonlyArray<Preview>, any, any> = Effect.gen(function* () {
    const sinks = yield* openAll(self, options.plan)
    const now = yield* Clock.currentTimeMillis
    const given = deliverables(messages, options)
    const pairs = sinks.flatMap((sink) => given.map((one) => [sink, one] as const))
    return yield* Effect.forEach(pairs, ([sink, one]) => ofMessage(sink, one, now))
  })
  // Without its own part, a sink needs no services, and opens without errors.
  return Effect.provideService(Effect.scoped(all), Previewing, true) as Effect.Effect<ReadonlyArray<Preview>>
}
