import type { Outcome } from "@trackmap/core/Receipt"
import type { Answer } from "../asking/Answer.ts"
import type { Asked } from "../asking/ask.ts"

/** The outbox, as something that is asked. */
export const asked: Asked = { name: "outbox", errors: "OutboxError", refusal: 409 }

/** A sink's progress in the outbox. */
export interface OutboxSink {
  readonly sink: string
  /** An estimate of the messages that no relay has claimed yet. */
  readonly depth: number
  /** The age of the oldest message that is not completed, in milliseconds. */
  readonly oldest: number
  /** The claims that are not completed. */
  readonly claims: number
  /** The messages that are set aside to be sent later. */
  readonly parked: number
  readonly dead: number
}

/** A dead letter of the outbox. */
export interface DeadLetter {
  readonly sink: string
  readonly id: string
  readonly outcome: Outcome
  readonly attempts: number
  /** When the sink lost it, in milliseconds since 1970. */
  readonly at: number
  /** When it was inserted, in milliseconds since 1970. */
  readonly created: number
  /** The name of a tracked event, or the type of another message. */
  readonly event: string
  /** The JSON of its envelope. */
  readonly body: string
}

/** The dead letters of a sink, of an event, or with an id. Every condition that is given must hold. */
export interface LettersOf {
  readonly sink?: string | undefined
  readonly events?: ReadonlyArray<string> | undefined
  readonly ids?: ReadonlyArray<string> | undefined
}

/** A page of dead letters. */
export interface LettersPage extends LettersOf {
  readonly limit?: number | undefined
  /** The last letter of the page before. */
  readonly after?: Pick<DeadLetter, "at" | "sink" | "id"> | undefined
}

/**
 * What the page needs of an outbox. The service `OutboxStore` of `@trackmap/outbox` is one, and so is `relay.outbox` of its `Relay.start`. Operations
 * return Effects or promises.
 */
export interface Outbox {
  readonly stats: Answer<ReadonlyArray<OutboxSink>> | (() => Answer<ReadonlyArray<OutboxSink>>)
  /** Dead letters, the newest first. */
  readonly letters: (options: LettersPage) => Answer<ReadonlyArray<DeadLetter>>
  readonly letter: (sink: string, id: string) => Answer<DeadLetter | undefined>
  /** Makes dead letters due for their sinks, and returns their number. */
  readonly replay: (options: LettersOf & { readonly of: "letters" }) => Answer<number>
}
