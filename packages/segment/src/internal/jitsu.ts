import type * as EventSink from "@trackmap/core/EventSink"
import * as Receipt from "@trackmap/core/Receipt"

/** An id as Jitsu writes it (jitsucom/bulker, "ingest", `BatchHandler`). */
const written = (messageId: string): string => messageId.replaceAll(/[^a-zA-Z0-9._-]/g, "_").slice(0, 64)

/** Jitsu's known reasons. The receipt does not repeat a reason that Jitsu derived from the message itself. */
const known = ["no destinations found for stream", "quota exceeded"]

const reasonOf = (error: string): string => {
  const said = known.find((words) => error.includes(words))
  return said === undefined ? "Jitsu refused it" : `Jitsu refused it: ${said}`
}

/**
 * The outcomes of a batch of which Jitsu refuses some messages. It has accepted the others, and says so with a 200:
 * `{ "ok": false, "okEvents": 2, "errors": ["Message ID: <id>: <reason>"] }`. Undefined if the answer does not name every message that it
 * refuses.
 */
export const refusedByJitsu = (
  { errors, okEvents }: Readonly<Record<string, unknown>>,
  batch: EventSink.Batch
): ReadonlyArray<Receipt.Outcome> | undefined => {
  if (!Array.isArray(errors) || errors.length + Number(okEvents) !== batch.length) return undefined
  const ids = batch.map(({ messageId }) => written(messageId))
  const reasons = new Map<string, string>()
  for (const error of errors) {
    const id = /^Message ID: ([\w.-]+): /.exec(String(error))?.[1]
    if (id === undefined || !ids.includes(id)) return undefined
    reasons.set(id, reasonOf(String(error)))
  }
  return ids.map((id) => {
    const reason = reasons.get(id)
    return reason === undefined ? Receipt.delivered : Receipt.rejected(reason)
  })
}
