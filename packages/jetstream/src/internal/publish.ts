import type { JetStreamClient } from "@nats-io/jetstream"
import * as Envelope from "@trackmap/core/Envelope"
import type * as EventSink from "@trackmap/core/EventSink"
import * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import * as Effect from "effect/Effect"
import { code, isApiError, isUnanswered, misconfigured, toSendError, unavailable } from "./failures.ts"
import type { Connected, Link } from "./link.ts"
import type { Target } from "./options.ts"
import * as streams from "./stream.ts"

/** The space that headers and the protocol need in a message (NATS, "Client Protocol"), in bytes. */
const overhead = 256

const encoder = new TextEncoder()

/** What became of one message: its outcome, or why it has none yet. */
type Answer = Receipt.Outcome | { readonly _tag: "Unanswered" } | SendError.SendError

const refusal = (error: unknown, { stream, subject }: Target): Answer => {
  if (isUnanswered(error)) return { _tag: "Unanswered" }
  if (isApiError(error, code.messageTooLong)) return Receipt.rejected(`the stream ${stream}: ${error.message}`)
  return toSendError(error, `the stream ${stream} has not acknowledged a message to ${subject}`)
}

const publish = async (client: JetStreamClient, target: Target, id: string, body: Uint8Array): Promise<Answer> => {
  try {
    const { stream } = await client.publish(target.subject, body, { msgID: id, timeout: target.timeout })
    return stream === target.stream
      ? Receipt.delivered
      : misconfigured(`the subject ${target.subject} belongs to the stream ${stream}, and not to ${target.stream}`)
  } catch (error) {
    return refusal(error, target)
  }
}

/** Why nothing listens to the subject: asks the stream, which alone knows whether it is missing or elects a leader. */
const diagnose = (connected: Connected, target: Target): Effect.Effect<SendError.SendError> =>
  Effect.match(streams.ensure(connected, target), {
    onSuccess: () => unavailable(`the stream ${target.stream} has no leader: it elects one, or has just been created`),
    onFailure: (error) => error
  })

const isOutcome = (answer: Answer): answer is Receipt.Outcome =>
  answer._tag === "Delivered" || answer._tag === "Rejected"

const isError = (answer: Answer): answer is SendError.SendError => !isOutcome(answer) && answer._tag !== "Unanswered"

/** Publishes a batch, and waits until the stream has acknowledged each message. */
export const send = (link: Link, target: Target) =>
  Effect.fnUntraced(function* (batch: EventSink.Batch) {
    const connected = yield* link.get
    const { client, connection } = connected
    const most = connection.info!.max_payload - overhead
    const answers = yield* Effect.promise(() =>
      Promise.all(
        batch.envelopes.map((envelope): Answer | Promise<Answer> => {
          const body = encoder.encode(Envelope.toJson(envelope))
          return body.length > most
            ? Receipt.rejected(`the envelope has ${body.length} bytes, and the server accepts ${most}`)
            : publish(client, target, envelope.message.messageId, body)
        })
      )
    )
    const outcomes = answers.map((answer) => (isOutcome(answer) ? answer : undefined))
    if (outcomes.every((outcome) => outcome !== undefined)) return outcomes
    const error = answers.find(isError) ?? (yield* diagnose(connected, target))
    const isPartial = outcomes.some((outcome) => outcome !== undefined)
    // The next attempt has only the others, and then reports what is wrong.
    const kept = isPartial && error._tag === "Misconfigured" ? unavailable(error.reason) : error
    return yield* Effect.fail(SendError.withOutcomes(kept, outcomes))
  })
