/**
 * Publishes messages and waits for their acknowledgements. The client's own `publish` makes a timer, three promises and an error for each message;
 * this makes one timer and one promise for a batch.
 */
import { createInbox, headers, InvalidArgumentError, type Msg, type NatsConnection } from "@nats-io/transport-node"

/** A message to publish. */
export interface Outgoing {
  readonly id: string
  readonly body: Uint8Array
}

/** The stream's error (nats-server, "errors.json"). */
export interface Refusal {
  readonly _tag: "Refusal"
  readonly code: number
  readonly description: string
}

/** What became of a message: its stream, an error, nobody who listens, nothing in time, or the client refuses to send it. */
export type Answer =
  | { readonly _tag: "Stored"; readonly stream: string }
  | Refusal
  | { readonly _tag: "Unanswered" }
  | { readonly _tag: "Failed"; readonly reason: string; readonly isPermission: boolean }
  | { readonly _tag: "Unsendable"; readonly reason: string }

interface Batch {
  readonly answers: Array<Answer | undefined>
  left: number
  readonly end: (answer?: Answer) => void
}

interface Api {
  readonly stream?: string
  readonly error?: { readonly err_code?: number; readonly description: string }
}

const unanswered: Answer = { _tag: "Unanswered" }

const answerOf = (message: Msg): Answer => {
  if (message.data.length === 0 && message.headers?.code === 503) return unanswered
  const { error, stream = "" } = message.json<Api>()
  return error === undefined
    ? { _tag: "Stored", stream }
    : { _tag: "Refusal", code: error.err_code ?? 0, description: error.description }
}

/** Why the client has not sent a message: its id cannot be in a header, it is too long, or the connection is closed. */
const unsent = (error: unknown): Answer => {
  const reason = (error as Error).message
  return error instanceof InvalidArgumentError
    ? { _tag: "Unsendable", reason }
    : { _tag: "Failed", reason, isPermission: false }
}

export class Publisher {
  readonly #connection: NatsConnection
  readonly #inbox = createInbox()
  readonly #pending = new Map<string, readonly [Batch, number]>()
  readonly #batches = new Set<Batch>()
  #token = 0

  constructor(connection: NatsConnection) {
    this.#connection = connection
    connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#answer(message.subject.slice(this.#inbox.length + 1), answerOf(message))
      }
    })
  }

  /** Publishes messages to a subject, and returns an answer to each. `timeout` is in milliseconds. */
  publish(subject: string, messages: ReadonlyArray<Outgoing>, timeout: number): Promise<ReadonlyArray<Answer>> {
    return new Promise((resolve) => {
      const answers: Array<Answer | undefined> = Array.from({ length: messages.length })
      const tokens: Array<string> = []
      const end = (answer?: Answer): void => {
        clearTimeout(timer)
        this.#batches.delete(batch)
        for (const token of tokens) this.#pending.delete(token)
        resolve(answers.map((known) => known ?? answer!))
      }
      const reason = "no answer in time"
      const timer = setTimeout(() => end({ _tag: "Failed", reason, isPermission: false }), timeout)
      const batch: Batch = { answers, left: messages.length, end }
      this.#batches.add(batch)
      if (batch.left === 0) end()
      for (const [index, { body, id }] of messages.entries()) {
        const token = (this.#token++).toString(36)
        tokens.push(token)
        this.#pending.set(token, [batch, index])
        try {
          const head = headers()
          head.set("Nats-Msg-Id", id)
          this.#connection.publish(subject, body, { headers: head, reply: `${this.#inbox}.${token}` })
        } catch (error) {
          this.#answer(token, unsent(error))
        }
      }
    })
  }

  #answer(token: string, answer: Answer): void {
    const waiting = this.#pending.get(token)
    // The answer comes too late.
    if (waiting === undefined) return
    const [batch, index] = waiting
    batch.answers[index] = answer
    if (--batch.left === 0) batch.end()
  }

  /** Ends all waits: the connection is lost, or a permission is missing. */
  fail(reason: string, isPermission: boolean): void {
    for (const batch of this.#batches) batch.end({ _tag: "Failed", reason, isPermission })
  }
}
