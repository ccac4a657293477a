import * as Effect from "effect/Effect"
import * as Message from "../../Message.ts"
import type * as Plan from "../../Plan.ts"
import * as Receipt from "../../Receipt.ts"
import { Misconfigured } from "../../SendError.ts"
import { isTagged, nameOf } from "../base/fault.ts"
import { Json } from "../base/jsonText.ts"
import { makeBatch, type Prepared } from "./batch.ts"
import type { Any, Batch, Deliverable, Limits, OpenSink, RedactedMessage, Sink } from "./model.ts"
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

/** Batches of a sink's prepared messages, each within the sink's limits. */
export const batchesOf = ({ limits, reshape }: Sink, going: ReadonlyArray<Prepared>): ReadonlyArray<Batch> => {
  const batches: Array<Array<Prepared>> = []
  let batch: Array<Prepared> = []
  let bytes = 0
  for (const one of going) {
    const more = sizeOf(limits, one.message)
    if (batch.length === 0 || batch.length === limits.messages || bytes + more > limits.bytes) {
      batches.push((batch = []))
      bytes = 0
    }
    batch.push(one)
    bytes += more
  }
  return batches.map((prepared) => makeBatch(prepared, reshape))
}

/** A message as a sink may see it: without the personal data that the sink hides. */
export const redacted = ({ open: { redact } }: OpenSink, given: Deliverable): RedactedMessage =>
  redact === undefined ? given : redact(given)

/** Prepares a redacted message for a sink. Returns its outcome if the sink does not send it. */
export const prepared = ({ sink }: OpenSink, given: RedactedMessage): Message.Message | Receipt.Outcome => {
  if (given.refused !== undefined) return given.refused
  const prepared = sink.prepare(given.message, given)
  if (isOutcome(prepared)) return prepared
  const { bytes, messageBytes } = sink.limits
  const most = Math.min(bytes - 1, messageBytes)
  try {
    const size = most === Number.POSITIVE_INFINITY ? 0 : Json.bytesOf(prepared)
    return size <= most ? prepared : Receipt.rejected(`the message has ${size} bytes, and ${sink.name} accepts ${most}`)
  } catch (thrown) {
    return Receipt.rejected(`the message has no JSON: ${nameOf(thrown)}`)
  }
}
