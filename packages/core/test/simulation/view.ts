import * as Message from "../../src/Message.ts"
import type { Outcome, Receipt } from "../../src/Receipt.ts"
import { numberOf } from "./events.ts"
import type { Call, History, Moment, Role, Sent } from "./history.ts"
import { type Combinator, type Consents, type Purpose, purposesOf, type SinkSetup } from "./program.ts"

/** One time that a message was sent, and its place in the batch. */
export interface Attempt {
  readonly sent: Sent
  readonly index: number
}

export type Published = Moment & { readonly receipt: Receipt }

/** A history, arranged by what laws ask for. */
export class View {
  readonly history: History
  readonly names: ReadonlyArray<string>
  /** What has been published, by message and then by sink. */
  readonly published = new Map<string, Map<string, Array<Published>>>()
  readonly #attempts = new Map<string, Array<Attempt>>()
  /** The call that a message comes from, where that is known. */
  readonly calls = new Map<string, Call>()
  readonly #first = new Map<string, Outcome>()
  readonly #last = new Map<string, Outcome>()

  constructor(history: History) {
    this.history = history
    this.names = history.program.sinks.map(({ name }) => name)
    for (const one of history.receipts) {
      const { messageId, sink } = one.receipt
      const bySink = this.published.get(messageId) ?? new Map<string, Array<Published>>()
      this.published.set(messageId, bySink)
      bySink.set(sink, [...(bySink.get(sink) ?? []), one])
    }
    for (const sent of history.sent) {
      for (const [index, { messageId }] of sent.messages.entries()) {
        const key = `${sent.sink} ${sent.role} ${messageId}`
        const attempts = this.#attempts.get(key) ?? []
        this.#attempts.set(key, attempts)
        attempts.push({ sent, index })
      }
    }
    for (const call of history.calls) {
      if (call.messageId !== undefined) this.calls.set(call.messageId, call)
      else if (call.step.named || call.step.what._tag === "send") this.calls.set(`id-${call.number}`, call)
    }
    for (const { messages } of history.sent) {
      for (const message of messages) {
        if (!this.calls.has(message.messageId)) {
          this.calls.set(message.messageId, history.calls[numberOf(message) - 1]!)
        }
      }
    }
    for (const { from, messageId, sink, to } of history.mapped) {
      const key = `${sink} ${messageId}`
      if (!this.#first.has(key)) this.#first.set(key, from)
      this.#last.set(key, to)
    }
  }

  attempts(sink: string, role: Role, messageId: string): ReadonlyArray<Attempt> {
    return this.#attempts.get(`${sink} ${role} ${messageId}`) ?? []
  }

  /** The outcome before any `mapReceipt`. */
  original({ messageId, outcome, sink }: Receipt): Outcome {
    return this.#first.get(`${sink} ${messageId}`) ?? outcome
  }

  /** The outcome after every `mapReceipt`. */
  mapped({ messageId, outcome, sink }: Receipt): Outcome {
    return this.#last.get(`${sink} ${messageId}`) ?? outcome
  }

  receiptOf(messageId: string, sink: string): Published | undefined {
    return this.published.get(messageId)?.get(sink)?.[0]
  }

  capacity({ buffer }: SinkSetup): number {
    return buffer?.capacity ?? this.history.program.tracker.capacity
  }

  whenFull({ buffer }: SinkSetup): string {
    return buffer?.whenFull ?? this.history.program.tracker.whenFull ?? "wait"
  }

  /** How long a caller may wait for room. */
  waitWithin({ buffer }: SinkSetup): number {
    return buffer?.waitWithin ?? this.history.program.tracker.waitWithin ?? 1_000
  }

  /** When the time of closing for delivery is over. */
  get deadline(): number {
    const { close, program } = this.history
    return close.began.at + 0.8 * program.tracker.closeWithin
  }

  concurrency({ buffer }: SinkSetup): number {
    return buffer?.concurrency ?? this.history.program.tracker.concurrency ?? 1
  }

  /** Whether an actor's consent falls short of what a message to a sink asks. */
  lacks({ step }: Call, sink: SinkSetup, consents: Consents = step.consents): boolean {
    return consents !== "all" && needs(step.what, sink).some((purpose) => !consents.includes(purpose))
  }
}

const needs = (what: Call["step"]["what"], sink: SinkSetup): ReadonlyArray<Purpose> => [
  ...purposesOf(what),
  ...(has(sink, "consented") ? (["analytics"] as const) : [])
]

export const has = ({ combinators }: SinkSetup, ...tags: ReadonlyArray<Combinator["_tag"]>): boolean =>
  combinators.some(({ _tag }) => tags.includes(_tag))

/** When a call gave its message, where nothing had it wait for that. A relation is given up when the tracker closes. */
export const givenAt = ({ close }: History, { began, step }: Call): number => {
  const after = "after" in step.what ? (step.what.after ?? 0) : 0
  if (!("relation" in step.what)) return began.at + after
  const answered = step.what.relation === "hangs" ? Number.POSITIVE_INFINITY : began.at + after
  return Math.min(answered, Math.max(began.at, close.began.at))
}

export const hasReturned = ({ messageId }: Call): boolean => messageId !== undefined

export const bytesOf = (messages: ReadonlyArray<Message.Message>): number =>
  messages.reduce((sum, message) => sum + Message.byteLength(message) + 1, 0)

/** What the tracker says of a message that it gave up on when it closed. */
export const unanswered = "the tracker closed before there was an answer"
export const closed = "the tracker is closed"
export const full = "the buffer is full"
export const withdrawn = "the caller was interrupted before the message had a place in the buffer"

export const isNoRoom = (reason: string): boolean => reason === full || reason.startsWith("the buffer was full for")

export const reasonOf = (outcome: Outcome): string => ("reason" in outcome ? outcome.reason : "")
