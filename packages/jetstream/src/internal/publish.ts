import * as Envelope from "@trackmap/core/Envelope"
import type * as EventSink from "@trackmap/core/EventSink"
import * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import * as Effect from "effect/Effect"
import { code, misconfigured, unavailable } from "./failures.ts"
import type { Connected, Link } from "./link.ts"
import type { Target } from "./options.ts"
import type { Answer, Outgoing } from "./publisher.ts"
import * as streams from "./stream.ts"

/** The space for a message's headers and for what its dead letter adds: the reason, cut after 500 characters, in a header and in the envelope. In bytes. */
const overhead = 4_096

const encoder = new TextEncoder()

/** A message's outcome, or the error that leaves it without one. Undefined if nobody listens to the subject. */
const read = (answer: Answer, { stream, subject }: Target): Receipt.Outcome | SendError.SendError | undefined => {
  switch (answer._tag) {
    case "Stored":
      return answer.stream === stream
        ? Receipt.delivered
        : misconfigured(`the subject ${subject} belongs to the stream ${answer.stream}, and not to ${stream}`)
    case "Refusal":
      return answer.code === code.messageTooLong
        ? Receipt.rejected(`the stream ${stream}: ${answer.description}`)
        : unavailable(`the stream ${stream} has not stored a message: ${answer.description}`)
    case "Failed": {
      const reason = `the stream ${stream} has not acknowledged a message to ${subject}: ${answer.reason}`
      return answer.isPermission ? misconfigured(reason) : unavailable(reason)
    }
    case "Unsendable":
      return Receipt.rejected(`NATS takes no such message: ${answer.reason}`)
    case "Unanswered":
      return undefined
  }
}

/** Why nothing listens to the subject: asks the stream, which alone knows whether it is missing or elects a leader. */
const diagnose = (connected: Connected, target: Target): Effect.Effect<SendError.SendError> =>
  Effect.match(streams.ensure(connected, target), {
    onSuccess: () => unavailable(`the stream ${target.stream} has no leader: it elects one, or has just been created`),
    onFailure: (error) => error
  })

const isOutcome = (known: Receipt.Outcome | SendError.SendError | undefined): known is Receipt.Outcome =>
  known?._tag === "Delivered" || known?._tag === "Rejected"

/** Publishes a batch, and waits until the stream has acknowledged each message. */
export const send = (link: Link, target: Target) =>
  Effect.fnUntraced(function* (batch: EventSink.Batch) {
    const connected = yield* link.get
    const { connection, publisher } = connected
    const most = connection.info!.max_payload - overhead
    const known: Array<Receipt.Outcome | SendError.SendError | undefined> = []
    const going: Array<Outgoing> = []
    for (const [index, envelope] of batch.envelopes.entries()) {
      const body = encoder.encode(Envelope.toJson(envelope))
      if (body.length > most) {
        known[index] = Receipt.rejected(
          `the envelope has ${body.length} bytes, and the server's max_payload leaves room for ${most}`
        )
      } else going.push({ id: envelope.message.messageId, body })
    }
    const answers = (yield* Effect.promise(() => publisher.publish(target.subject, going, target.timeout))).values()
    for (let index = 0; index < batch.length; index++) known[index] ??= read(answers.next().value!, target)
    const outcomes = known.map((one) => (isOutcome(one) ? one : undefined))
    if (outcomes.every((outcome) => outcome !== undefined)) return outcomes
    const error = known.find((one) => one !== undefined && !isOutcome(one)) ?? (yield* diagnose(connected, target))
    const isPartial = outcomes.some((outcome) => outcome !== undefined)
    // The next attempt has only the others, and then reports what is wrong.
    const kept = isPartial && error._tag === "Misconfigured" ? unavailable(error.reason) : error
    return yield* Effect.fail(SendError.withOutcomes(kept, outcomes))
  })
