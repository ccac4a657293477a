import * as Effect from "effect/Effect"
import * as Message from "../../Message.ts"
import type * as Plan from "../../Plan.ts"
import * as Receipt from "../../Receipt.ts"
import { Misconfigured } from "../../SendError.ts"
import { isTagged, nameOf } from "../base/fault.ts"
import { makeBatch } from "./batch.ts"
import type { Batch, Any, Limits, OpenSink } from "./model.ts"
import { isOutcome } from "./prepare.ts"
import * as retry from "./retry.ts"
import { sinksOf } from "./sink.ts"

/** Opens every sink, each in the scope. */
export const openAll = (self: Any, plan: Plan.Plan | undefined): Effect.Effect<ReadonlyArray<OpenSink>, any, any> =>
  Effect.forEach(sinksOf(self), (sink) =>
    Effect.mapBoth(sink.open(plan), {
      onFailure: (error: unknown) =>
        isTagged<Misconfigured>(error, "Misconfigured")
          ? new Misconfigured({ reason: `${sink.name}: ${error.reason}` })
          : error,
      onSuccess: (open) => ({ sink, open, send: retry.send(open.send, sink.retry) })
    })
  )

/** The bytes of a message in a batch, including its comma; 0 if the sink has no limit of bytes. */
export const sizeOf = (limits: Limits, message: Message.Message): number =>
  limits.bytes === Number.POSITIVE_INFINITY ? 0 : Message.byteLength(message) + 1

/** Batches of a sink's messages, each within the sink's limits. */
export const batchesOf = (limits: Limits, messages: ReadonlyArray<Message.Message>): ReadonlyArray<Batch> => {
  const batches: Array<Array<Message.Message>> = []
  let batch: Array<Message.Message> = []
  let bytes = 0
  for (const message of messages) {
    const more = sizeOf(limits, message)
    if (batch.length === 0 || batch.length === limits.messages || bytes + more > limits.bytes) {
      batches.push((batch = []))
      bytes = 0
    }
    batch.push(message)
    bytes += more
  }
  return batches.map((messages) => makeBatch(messages))
}

/** Prepares a message for a sink, after redaction. Returns its outcome if the sink does not send it. */
export const prepareNow = ({ sink }: OpenSink, message: Message.Message): Message.Message | Receipt.Outcome => {
  const prepared = sink.prepare(message)
  if (isOutcome(prepared)) return prepared
  const { bytes, messageBytes } = sink.limits
  const most = Math.min(bytes - 1, messageBytes)
  try {
    const size = most === Number.POSITIVE_INFINITY ? 0 : Message.byteLength(prepared)
    return size <= most ? prepared : Receipt.rejected(`the message has ${size} bytes, and ${sink.name} accepts ${most}`)
  } catch (thrown) {
    return Receipt.rejected(`the message has no JSON: ${nameOf(thrown)}`)
  }
}

/** Redacts a message, and prepares it for a sink. */
export const prepareFor = (to: OpenSink, message: Message.Message): Effect.Effect<Message.Message | Receipt.Outcome> =>
  to.open.redact === undefined
    ? Effect.sync(() => prepareNow(to, message))
    : to.open.redact(message).pipe(
        Effect.map((redacted) => prepareNow(to, redacted)),
        Effect.catchDefect((defect) =>
          Effect.succeed(Receipt.rejected(`personal data could not be hidden: ${nameOf(defect)}`))
        )
      )
