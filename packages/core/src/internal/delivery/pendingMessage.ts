import type { Message } from "../../Message.ts"
import type { Prepared } from "../sink/batch.ts"
import type { Deliverable } from "../sink/model.ts"
import type { TrackedMessage } from "./trackedMessage.ts"

/**
 * A message that has no receipt of one sink yet. It is a class for V8's sake: where many live long, V8 allocates the objects of a literal
 * as old ones from then on, and these keep all that they lead to alive through every minor collection, long after they are dead.
 */
export class PendingMessage implements Prepared {
  readonly tracked: TrackedMessage
  /** The message without the personal data that the sink hides. */
  readonly given: Deliverable
  /** What the sink sends for it. */
  readonly message: Message
  readonly bytes: number
  /** When it was tracked, in milliseconds. */
  readonly at: number
  /** Ascending, so that a flush knows which messages it waits for. */
  readonly seq: number

  constructor(tracked: TrackedMessage, given: Deliverable, message: Message, bytes: number, at: number, seq: number) {
    this.tracked = tracked
    this.given = given
    this.message = message
    this.bytes = bytes
    this.at = at
    this.seq = seq
  }
}
