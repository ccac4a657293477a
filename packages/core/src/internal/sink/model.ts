import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { Pipeable } from "effect/Pipeable"
import type * as Redacted from "effect/Redacted"
import type * as Schedule from "effect/Schedule"
import type * as Schema from "effect/Schema"
import type * as Types from "effect/Types"
import type { Envelope, Letter } from "../../Envelope.ts"
import type { Message } from "../../Message.ts"
import type * as Plan from "../../Plan.ts"
import type { Outcome, Receipt } from "../../Receipt.ts"
import type { SendError } from "../../SendError.ts"
import type { MessageShape } from "../event/messageShape.ts"
import type { Violation } from "../value/tolerance.ts"
import type { Aside, Pending } from "./backlog.ts"

/** A destination's limits. */
export interface Limits {
  /** Messages in a batch. */
  readonly messages: number
  /** Bytes of the JSON of a batch's messages. */
  readonly bytes: number
  /** Bytes of the JSON of one message. The sink rejects longer messages without sending them. */
  readonly messageBytes: number
}

/** The second argument of `send`. */
export interface SendOptions {
  /** Aborts when the tracker has closed and no longer waits for the response. */
  readonly signal: AbortSignal
}

/**
 * The messages of one request, at least one, as objects or as JSON. A sink that reads only the JSON saves the cost of making objects.
 */
export interface Batch extends Iterable<Message> {
  readonly length: number
  readonly messages: readonly [Message, ...ReadonlyArray<Message>]
  /** The JSON of each message in UTF-8. Do not modify it: a retry sends the same bytes. */
  readonly json: ReadonlyArray<Uint8Array>
  /** The messages with all that is known about each: in a dead-letter sink also why it is a dead letter. Made on first use. */
  readonly envelopes: ReadonlyArray<Envelope>
  /** The indices of the messages for which the sink's `encode` has returned a record. */
  readonly encoded: ReadonlyArray<number>
  /** The JSON array of these records, in chunks. Read it before `send` ends: later it may throw. */
  readonly encodedArray: ReadonlyArray<Uint8Array>
  /** The JSON array of all messages, in chunks, for a request's body. */
  readonly jsonArray: ReadonlyArray<Uint8Array>
  readonly map: <A>(f: (message: Message, index: number) => A) => Array<A>
  /** The messages: `JSON.stringify(batch)` is their JSON array. */
  readonly toJSON: () => ReadonlyArray<Message>
  /** Gives all messages one outcome: `batch.all(Receipt.delivered)`. */
  readonly all: (outcome: Outcome) => ReadonlyArray<Outcome>
  /** A batch of the messages at these indices, at least one. */
  readonly at: (places: ReadonlyArray<number>) => Batch
}

/** Sends a batch and returns one outcome for each message, in the batch's order. */
export type Send<R = never> = (batch: Batch) => Effect.Effect<ReadonlyArray<Outcome>, SendError, R>

/**
 * The same, as an Effect or as a promise. A promise should reject with a `SendError`; any other rejection counts as `Unavailable`, like a
 * failed connection.
 */
export type AnySend<R = never> = (
  batch: Batch,
  options: SendOptions
) => Effect.Effect<ReadonlyArray<Outcome>, SendError, R> | PromiseLike<ReadonlyArray<Outcome>>

/** A message that a sink can accept while it is tracked. */
export interface Acceptance {
  readonly messageId: string
  /** The message with all that is known about it. */
  readonly envelope: Envelope
  /** Gives the message its receipt, now or later. Only the first call counts. */
  readonly settle: (outcome: Outcome) => void
}

/** The functions of a sink that can accept a message before `track` returns. */
export interface Acceptor<R = never> {
  /** Sends the messages that `accept` leaves to the buffer, and those that come without a tracker. */
  readonly send: AnySend<R>
  /**
   * Runs in the fiber that tracks the message, with its services, such as its transaction. `track` waits for it. Returns false to leave the
   * message to the sink's buffer. If it dies or is interrupted, so is the caller, and the message is dropped with a receipt.
   */
  readonly accept: (message: Acceptance) => Effect.Effect<boolean>
  /**
   * Runs before a fiber waits for the receipts of a message that `accept` has accepted. If it dies, so does the fiber: for receipts that cannot
   * come while it waits.
   */
  readonly awaited?: ((messageId: string) => Effect.Effect<void>) | undefined
}

/** The record of a message in a request, and its target: `POST /v1/batch`. It contains no key and no token. */
export interface RequestRecord {
  readonly to: string
  readonly record: Schema.Json
}

/**
 * The records that a sink sends for one message, for observers, made by the code that sends them. A message that the sink does not send has
 * none.
 */
export type Records = (
  message: Message
) =>
  | Effect.Effect<ReadonlyArray<RequestRecord>>
  | PromiseLike<ReadonlyArray<RequestRecord>>
  | ReadonlyArray<RequestRecord>

/**
 * Returns a message's record as JSON. The tracker calls it once, when it accepts the message, with the time in milliseconds since 1970, and keeps
 * the record, and no object, until the message has its receipt. Return an outcome for a message that the sink does not send, and undefined if the
 * sink needs the message when it sends it. If this throws, or returns an empty string or a promise, the sink rejects the message. The sink's limits
 * apply to the message's own JSON.
 */
export type Encode = (message: Message, now: number) => string | Outcome | undefined

/** The case of names: `snake_case`, `camelCase`, or `Title Case`, which the Segment Spec recommends for event names. */
export type Case = "snake_case" | "camelCase" | "Title Case"

/**
 * What to do with personal data: drop the values; hash each one, as an HMAC-SHA-256 with your key, in hexadecimal; or replace each one with a
 * text, for people who read messages during development. A mask shows undeclared values, and the others hide them.
 */
export type Redaction = "drop" | { readonly hash: Redacted.Redacted<string> } | { readonly mask: string }

/**
 * The options of a sink's buffer, which contains all messages without a receipt, including those being sent.
 */
export interface BufferOptions {
  /** The number of messages. Default: 10,000. */
  readonly capacity?: number | undefined
  /**
   * What happens to a message when the buffer is full: `"wait"` makes the caller wait, while other sinks already have the message;
   * `"refuse"` drops the message; `"dropOldest"` drops the one that has waited longest. Default: `"wait"`.
   */
  readonly whenFull?: "wait" | "refuse" | "dropOldest" | undefined
  /**
   * How long a caller waits for room. The sink then drops the message, with a receipt and a log line. As many messages as `capacity` may
   * wait; the sink drops further ones at once, which bounds the memory even if callers do not await. `Infinity` lifts both limits. Once the
   * tracker closes, no caller waits. A number is milliseconds. Default: 1 second.
   */
  readonly waitWithin?: Duration.Input | undefined
  /** The number of batches sent at the same time. 1 keeps messages in order. Default: 1. */
  readonly concurrency?: number | undefined
}

/** When to retry a batch, and for how long. Default: ten minutes. */
export interface RetryOptions {
  /**
   * Default: exponential from half a second to a minute, with full jitter. The sink always honours `Retry-After`; if that is
   * beyond `limit`, it sends the batch once more at the limit.
   */
  readonly schedule?: Schedule.Schedule<unknown, SendError> | undefined
  /** How long a batch is sent again, from its first attempt, whole or in parts. */
  readonly limit?: Duration.Input | undefined
}

/** How dead letters are sent. */
export interface DeadLetterOptions {
  /** The time limit of one attempt to send a batch of them. A number is milliseconds. Default: 10 seconds. */
  readonly within?: Duration.Input | undefined
}

/** The outcome of one message of a batch, and its number of attempts. */
export interface Attempted {
  readonly outcome: Outcome
  readonly attempts: number
}

export type SendBatch = (batch: Batch) => Effect.Effect<ReadonlyArray<Attempted>, SendError, any>

/** When to retry a batch. `limit` is in milliseconds from the first attempt. */
export interface RetryPolicy {
  readonly schedule: Schedule.Schedule<unknown, SendError>
  readonly limit: number
}

/** A message, and knowledge about it in addition to its content. */
export interface Deliverable {
  readonly message: Message
  /** The purposes that its event requires. */
  readonly purposes: ReadonlyArray<string>
  /** The purposes to which its actor has consented. */
  readonly consent: ReadonlySet<string> | "all"
  /** Its definition's knowledge of its values: which are personal, and which keys Trackmap has made. */
  readonly shape: MessageShape
  readonly violations: ReadonlyArray<Violation>
  /** Why it is a dead letter. Undefined if it is none. */
  readonly letter?: Letter | undefined
}

/** A message whose personal data a sink has hidden. */
export interface RedactedMessage extends Deliverable {
  /** Why the sink does not send it. */
  readonly refused?: Outcome | undefined
}

/** Prepares a message for one sink, or returns why the sink does not send it. `given` is the message before all preparation. */
export type Prepare = (message: Message, given: Deliverable) => Message | Outcome

/**
 * Receives messages with their receipts, and returns the final receipts. The messages are redacted, and not prepared. It never throws, and
 * leaves aside what takes time.
 */
export type Settle = (
  given: ReadonlyArray<Deliverable>,
  receipts: ReadonlyArray<Receipt>,
  aside: Aside
) => ReadonlyArray<Receipt>

/** An opened sink, before retries. */
export interface Opened {
  /**
   * Hides personal data before anything else sees the message, while its keys are still those of its definition. It never throws, and does
   * not wait, so that messages keep their order.
   */
  readonly redact: ((given: Deliverable) => RedactedMessage) | undefined
  readonly send: SendBatch
  /** Undefined if all messages go through the buffer. */
  readonly acceptor?: Acceptor<any> | undefined
  /** Runs when messages have their receipts, in the order of the combinators. */
  readonly settle: Settle | undefined
  /** What `settle` has left aside. */
  readonly pending: ReadonlyArray<Pending>
}

/** One sink, with its combinators. */
export interface Sink {
  readonly name: string
  readonly limits: Limits
  /** How long the oldest message of a batch waits for others, in milliseconds. */
  readonly age: number
  /** The purposes to which an actor must have consented. */
  readonly purposes: ReadonlyArray<string>
  /** The options of the sink's own buffer. */
  readonly buffer: BufferOptions
  /** The retry policy, applied last, around everything else that sends. */
  readonly retry: RetryPolicy
  readonly prepare: Prepare
  /** Whether it stores envelopes as they are, for a relay that looks up relations. No combinator changes or sends its messages. */
  readonly defers?: boolean | undefined
  /**
   * Returns the record of a prepared message; or, without one, whether the message's JSON is all that the sink needs; or why it does not send
   * the message. Default: the JSON is all. It never throws.
   */
  readonly encode?: ((message: Message, now: number) => string | boolean | Outcome) | undefined
  /** The shape of a prepared message, from its own shape. */
  readonly reshape: (shape: MessageShape) => MessageShape
  /** The records that it sends for a message, for observers. */
  readonly records: (message: Message) => Effect.Effect<ReadonlyArray<RequestRecord>>
  readonly open: (plan: Plan.Plan | undefined) => Effect.Effect<Opened, any, any>
}

export const TypeId = "~@trackmap/core/EventSink" as const

/**
 * One sink or several, each with its own buffer. `E` is the error of opening it, `R` the services that it needs.
 */
export interface EventSink<out E = never, out R = never> extends Pipeable {
  readonly [TypeId]: {
    readonly _E: Types.Covariant<E>
    readonly _R: Types.Covariant<R>
  }
  /** The names of its sinks. */
  readonly names: ReadonlyArray<string>
}

/** Any sink. */
export type Any = EventSink<any, any>
/** The error of opening a sink. */
export type ErrorOf<S extends Any> = S extends EventSink<infer E, any> ? E : never
/** The services that a sink needs. */
export type ServicesOf<S extends Any> = S extends EventSink<any, infer R> ? R : never

/** A sink that has been opened. */
export interface OpenSink {
  readonly sink: Sink
  readonly open: Opened
  /** Sends a batch, and never fails. */
  readonly send: (batch: Batch) => Effect.Effect<ReadonlyArray<Attempted>, never, any>
}
