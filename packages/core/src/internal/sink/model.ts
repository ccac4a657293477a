import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { Pipeable } from "effect/Pipeable"
import type * as Redacted from "effect/Redacted"
import type * as Schedule from "effect/Schedule"
import type * as Schema from "effect/Schema"
import type * as Types from "effect/Types"
import type { Message } from "../../Message.ts"
import type * as Plan from "../../Plan.ts"
import type { Outcome, Receipt } from "../../Receipt.ts"
import type { SendError } from "../../SendError.ts"

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
  /** Aborts when nobody waits for the response any more, because the tracker has closed. */
  readonly signal: AbortSignal
}

/**
 * The messages that go to a destination together, at least one: as objects, or as the JSON that each of them has already. A sink that
 * needs only the JSON has no object made.
 */
export interface Batch extends Iterable<Message> {
  readonly length: number
  readonly messages: readonly [Message, ...ReadonlyArray<Message>]
  /** The JSON of each message in UTF-8. A retry has the same bytes. They are not to be written to. */
  readonly json: ReadonlyArray<Uint8Array>
  /** The JSON array of all messages, in chunks: a body, or a part of one. */
  readonly jsonArray: ReadonlyArray<Uint8Array>
  readonly map: <A>(f: (message: Message, index: number) => A) => Array<A>
  /** The messages: `JSON.stringify(batch)` is their JSON array. */
  readonly toJSON: () => ReadonlyArray<Message>
  /** One outcome for all messages: `batch.all(Receipt.delivered)`. */
  readonly all: (outcome: Outcome) => ReadonlyArray<Outcome>
  /** A batch of those messages that stand at these places, at least one, with their bytes. */
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

/** The case of names: `snake_case`, `camelCase`, or `Title Case`, which the Segment Spec recommends for event names. */
export type Case = "snake_case" | "camelCase" | "Title Case"

/** What to do with values marked as personal data (`Pii`). A hash is an HMAC-SHA-256 with your key, in hexadecimal. */
export type Redaction = "drop" | { readonly hash: Redacted.Redacted<string> }

/**
 * How a sink's buffer works. Its room is for all messages that have no receipt yet, those that are being sent included.
 */
export interface BufferOptions {
  /** Messages. The default is 10,000. */
  readonly capacity?: number | undefined
  /**
   * What happens to a message when there is no room. With `"wait"`, the default, the caller waits for some, while other sinks have the message
   * already. `"refuse"` drops the message; `"dropOldest"` drops the one that has waited longest instead.
   */
  readonly whenFull?: "wait" | "refuse" | "dropOldest" | undefined
  /** Batches that are sent at the same time. The default is 1, which keeps messages in their order. */
  readonly concurrency?: number | undefined
}

/** When a batch is retried, and for how long. The default is ten minutes. */
export interface RetryOptions {
  /** The default is exponential from half a second to a minute, with full jitter. The sink waits for a destination's Retry-After in full. */
  readonly schedule?: Schedule.Schedule<unknown, SendError> | undefined
  readonly limit?: Duration.Input | undefined
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

/** What is known of a message beside what is sent. */
export interface Circumstances {
  /** The purposes that its actor has consented to. */
  readonly consent: ReadonlySet<string> | "all"
}

/** What a message becomes on its way through one sink, or why it does not go there. */
export type Prepare = (message: Message) => Message | Outcome

/** Told of messages and their receipts; gives the receipts that hold. */
export type Settle = (
  messages: ReadonlyArray<Message>,
  receipts: ReadonlyArray<Receipt>
) => Effect.Effect<ReadonlyArray<Receipt>, never, any>

/** What a sink does once its tracker has started. */
export interface Opened {
  /** Hides personal data, before anything else: the keys are still those of the plan. */
  readonly redact: ((message: Message) => Effect.Effect<Message>) | undefined
  readonly send: SendBatch
  /** What is done when messages have their receipts, in the order of the combinators. */
  readonly settle: Settle | undefined
}

/** One sink, with all that the combinators have put around it. */
export interface Sink {
  readonly name: string
  readonly limits: Limits
  /** Milliseconds that the oldest message of a batch waits for others. */
  readonly age: number
  /** The purposes that an actor must have consented to. */
  readonly purposes: ReadonlyArray<string>
  /** Of its buffer, where that is its own. */
  readonly buffer: BufferOptions
  /** The retry policy, applied last, around everything else that sends. */
  readonly retry: RetryPolicy
  readonly prepare: Prepare
  /** What it makes of a message, for somebody who looks. */
  readonly records: (message: Message) => Effect.Effect<ReadonlyArray<RequestRecord>>
  readonly open: (plan: Plan.Plan | undefined) => Effect.Effect<Opened, any, any>
}

export const TypeId = "~@trackmap/core/EventSink" as const

/**
 * One sink, or several side by side, each with its own buffer. `E` is the error of opening it, `R` the services that it needs.
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
/** What opening a sink can fail with. */
export type ErrorOf<S extends Any> = S extends EventSink<infer E, any> ? E : never
/** The services that a sink needs. */
export type ServicesOf<S extends Any> = S extends EventSink<any, infer R> ? R : never

/** A sink that has been opened. */
export interface OpenSink {
  readonly sink: Sink
  readonly open: Opened
  /** Sends a batch and fails no more. */
  readonly send: (batch: Batch) => Effect.Effect<ReadonlyArray<Attempted>, never, any>
}
