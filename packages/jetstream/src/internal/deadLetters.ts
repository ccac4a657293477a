/** The stream of messages that a destination refuses for their own sake, and of those that nobody can read. */
import { headers } from "@nats-io/transport-node"
import * as Envelope from "@trackmap/core/Envelope"
import type * as Receipt from "@trackmap/core/Receipt"
import type { Connected } from "./link.ts"

/** A message, and why it is dead. */
export interface Letter {
  readonly sink: string
  /** Its sequence number in the stream of the messages. */
  readonly seq: number
  readonly body: Uint8Array
  /** Undefined if it cannot be read. */
  readonly envelope: Envelope.Envelope | undefined
  readonly outcome: Receipt.Outcome & { readonly reason: string }
  readonly attempts: number
  /** In milliseconds since 1970. */
  readonly at: number
}

/** Where dead letters go. */
export interface DeadLetterTarget {
  readonly stream: string
  /** Their subject is this, a dot, and the name of the sink. */
  readonly subject: string
}

/** Where the dead letters of a stream go. */
export const targetOf = (
  { stream }: { readonly stream: string },
  given: { readonly stream?: string | undefined; readonly subject?: string | undefined } = {}
): DeadLetterTarget => ({
  stream: given.stream ?? `${stream}_DEAD_LETTERS`,
  subject: given.subject ?? `dead-letters.${stream}`
})

const encoder = new TextEncoder()

const bodyOf = ({ at, attempts, body, envelope, outcome, sink }: Letter): Uint8Array =>
  envelope === undefined
    ? body
    : encoder.encode(Envelope.toJson({ ...envelope, letter: { sink, outcome, attempts, at } }))

/** Stores a letter. Rejects if the stream has not acknowledged it. */
export const store = async (
  { client }: Connected,
  { stream, subject }: DeadLetterTarget,
  from: string,
  letter: Letter
): Promise<void> => {
  const { outcome, seq, sink } = letter
  const head = headers()
  head.set("Trackmap-Sink", sink)
  head.set("Trackmap-Reason", outcome.reason)
  // A letter that is stored again, since its message came again, is the same letter.
  const msgID = `${from}.${seq}.${sink}`
  const ack = await client.publish(`${subject}.${sink}`, bodyOf(letter), { msgID, headers: head })
  if (ack.stream !== stream) throw new Error(`the subject ${subject}.${sink} belongs to the stream ${ack.stream}`)
}
