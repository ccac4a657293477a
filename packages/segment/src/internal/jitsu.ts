import type * as EventSink from "@trackmap/core/EventSink"
import type * as Message from "@trackmap/core/Message"
import * as Receipt from "@trackmap/core/Receipt"

/** An id as Jitsu writes it (jitsucom/bulker, "ingest", `BatchHandler`). */
const written = (messageId: string): string => messageId.replaceAll(/[^a-zA-Z0-9._-]/g, "_").slice(0, 64)

/** Jitsu's known reasons. The receipt does not repeat a reason that Jitsu derived from the message itself. */
const known = ["no destinations found for stream", "quota exceeded"]

const reasonOf = (error: string): string => {
  const said = known.find((words) => error.includes(words))
  return said === undefined ? "Jitsu refused it" : `Jitsu refused it: ${said}`
}

const unnamed = Receipt.rejected(
  "Jitsu refused messages that it did not name, and may have taken this one, so it is not sent again"
)

/**
 * The outcomes of a batch of which Jitsu refuses some messages. It has accepted the others, and says so with a 200:
 * `{ "ok": false, "okEvents": 2, "errors": ["Message ID: <id>: <reason>"] }`. Undefined if it has accepted none and names none.
 */
export const refusedByJitsu = (
  { errors, okEvents }: Readonly<Record<string, unknown>>,
  batch: EventSink.Batch
): ReadonlyArray<Receipt.Outcome> | undefined => {
  if (!Array.isArray(errors) || typeof okEvents !== "number") return undefined
  const ids = batch.map(({ messageId }) => written(messageId))
  const reasons = new Map<string, string>()
  let named = 0
  for (const error of errors) {
    const id = /^Message ID: ([\w.-]+): /.exec(String(error))?.[1]
    if (id === undefined || !ids.includes(id)) continue
    reasons.set(id, reasonOf(String(error)))
    named++
  }
  if (okEvents === 0 && named === 0) return undefined
  const namesAll = named === errors.length && errors.length + okEvents === batch.length
  return ids.map((id) => {
    const reason = reasons.get(id)
    return reason === undefined ? (namesAll ? Receipt.delivered : unnamed) : Receipt.rejected(reason)
  })
}

/** The parts of a key of Jitsu's, or why it is none. */
export const idAndSecret = (key: string): readonly [id: string, secret: string] | string => {
  const colon = key.indexOf(":")
  return colon > 0 && colon < key.length - 1
    ? [key.slice(0, colon), key.slice(colon + 1)]
    : "the write key of Jitsu is an id and a secret with a colon between them"
}

/** Why Jitsu would not accept the name of an event (jitsucom/bulker, "ingest"). */
export const reasonAgainstName = (message: Message.Message): string | undefined => {
  if (message.type !== "track") return undefined
  if (message.event.length > 64) return "the event's name is longer than the 64 characters that Jitsu accepts"
  return /--|;|=|\/\*/.test(message.event)
    ? "the event's name has --, ;, = or /*, which Jitsu does not accept"
    : undefined
}
