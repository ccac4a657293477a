/**
 * Where messages go. A sink is small: a name, its limits, and one function from a batch of messages to one outcome for each,
 * in their order. Batching, retries, rates, fan-out and dead letters are combinators around it, the same for every sink.
 *
 * @module
 */
import type * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type { Pipeable } from "effect/Pipeable"
import type * as Redacted from "effect/Redacted"
import type * as Schedule from "effect/Schedule"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Types from "effect/Types"
import type * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import * as internal from "./internal/eventSink.ts"
import type { Message } from "./Message.ts"
import type * as Plan from "./Plan.ts"
import type { Outcome, Receipt } from "./Receipt.ts"
import type { SendError } from "./SendError.ts"

/** The type identifier of sinks. */
export const TypeId: "~@trackmap/core/EventSink" = internal.TypeId

/**
 * One destination, or several side by side, each with its own buffer. `E` is what opening it can fail with, `R` what it needs.
 */
export interface EventSink<out E = never, out R = never> extends Pipeable {
  readonly [TypeId]: {
    readonly _E: Types.Covariant<E>
    readonly _R: Types.Covariant<R>
  }
  /** The names of its destinations. */
  readonly names: ReadonlyArray<string>
}

/** Any sink. */
export type Any = EventSink<any, any>

/** What a destination takes at once. */
export interface Limits {
  /** Messages in a batch. */
  readonly messages: number
  /** Bytes of the JSON of a batch's messages. */
  readonly bytes: number
  /** Bytes of the JSON of one message. What is longer is rejected before it is sent. */
  readonly messageBytes: number
}

/** Sends a batch and tells one outcome for each message, in the batch's order. */
export type Send<R = never> = (
  batch: readonly [Message, ...ReadonlyArray<Message>]
) => Effect.Effect<ReadonlyArray<Outcome>, SendError, R>

/**
 * The same, as an Effect or as a promise. What a promise rejects with is a `SendError`; anything else is taken for a connection that failed,
 * and so for `Unavailable`.
 */
export type AnySend<R = never> = (
  batch: readonly [Message, ...ReadonlyArray<Message>],
  options: SendOptions
) => Effect.Effect<ReadonlyArray<Outcome>, SendError, R> | PromiseLike<ReadonlyArray<Outcome>>

/** What `send` is told beside its batch. */
export interface SendOptions {
  /** Aborts when nobody waits for the answer any more: the tracker has closed. */
  readonly signal: AbortSignal
}

/** What stands for a message in a request, and where that goes: `POST /v1/batch`. It holds no key and no token. */
export interface RequestRecord {
  readonly to: string
  readonly record: Schema.Json
}

/**
 * What a sink makes of one message, for somebody who looks (`Observer`): what it sends, by the code that sends it. A message that it
 * does not send has none.
 */
export type Records = (
  message: Message
) =>
  | Effect.Effect<ReadonlyArray<RequestRecord>>
  | PromiseLike<ReadonlyArray<RequestRecord>>
  | ReadonlyArray<RequestRecord>

/**
 * A sink of one destination. `open` is run when the tracker starts, with the plan where it has one, and its scope is the
 * tracker's; give `send` instead where there is nothing to open.
 *
 * @example
 * ```ts
 * import { EventSink, Message, Receipt } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * export const stdout = EventSink.make({
 *   name: "stdout",
 *   send: (batch) =>
 *     Effect.sync(() => {
 *       for (const message of batch) console.log(Message.toJson(message))
 *       return batch.map(() => Receipt.delivered)
 *     })
 * })
 * ```
 */
export const make: {
  <E = never, R = never>(options: {
    readonly name: string
    readonly limits?: Partial<Limits> | undefined
    readonly records?: Records | undefined
    readonly open: (plan: Plan.Plan | undefined) => Effect.Effect<AnySend<R>, E, R> | PromiseLike<AnySend<R>>
  }): EventSink<E, Exclude<R, Scope.Scope>>
  <R = never>(options: {
    readonly name: string
    readonly limits?: Partial<Limits> | undefined
    readonly records?: Records | undefined
    readonly send: AnySend<R>
  }): EventSink<never, R>
} = internal.make as any

/** Several sinks side by side. Each has its own buffer: one that is down, slow or wrong holds up no other. */
export const fanOut: <Sinks extends ReadonlyArray<Any>>(
  ...sinks: Sinks
) => EventSink<ErrorOf<Sinks[number]>, ServicesOf<Sinks[number]>> = internal.fanOut as any
/** What opening a sink can fail with. */
export type ErrorOf<S extends Any> = S extends EventSink<infer E, any> ? E : never
/** The services that a sink needs. */
export type ServicesOf<S extends Any> = S extends EventSink<any, infer R> ? R : never

/**
 * The sinks that the configuration names, side by side: `TRACKING_SINKS=console,segment`, each with its own configuration. What
 * is not named is not configured, and needs no keys. Fails with what is missing, and for a name that is not known.
 *
 * @example
 * ```ts
 * import { EventSink, Receipt } from "@trackmap/core"
 * import * as Config from "effect/Config"
 * import * as ConfigProvider from "effect/ConfigProvider"
 * import * as Effect from "effect/Effect"
 *
 * const memory = EventSink.make({ name: "memory", send: (batch) => Effect.succeed(batch.map(() => Receipt.delivered)) })
 * const sinks = EventSink.config({ memory: Config.succeed(memory) })
 * const provider = ConfigProvider.fromEnv({ env: { TRACKING_SINKS: "memory" } })
 * console.log((await Effect.runPromise(sinks.parse(provider))).names) // [ "memory" ]
 * ```
 */
export const config: <Sinks extends { readonly [name: string]: Config.Config<Any> }>(
  sinks: Sinks,
  name?: string
) => Config.Config<EventSink<ErrorOf<ConfiguredOf<Sinks>>, ServicesOf<ConfiguredOf<Sinks>>>> = internal.config as any
type ConfiguredOf<Sinks> = {
  [K in keyof Sinks]: Sinks[K] extends Config.Config<infer S extends Any> ? S : never
}[keyof Sinks]

/** Lets some messages through. The others get a receipt that says they were skipped. */
export const filter: {
  (predicate: (message: Message) => boolean): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, predicate: (message: Message) => boolean): EventSink<E, R>
} = dual(2, internal.filter) as any

/** Changes every message. It keeps its id. A message for which the function throws is rejected. */
export const map: {
  (f: (message: Message) => Message): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, f: (message: Message) => Message): EventSink<E, R>
} = dual(2, internal.map) as any

/** Renames events, and pages and screens with names: by a table, where a name that is not in it stays, or by a function. */
export const rename: {
  (
    names: Readonly<Record<string, string>> | ((name: string) => string)
  ): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, names: Readonly<Record<string, string>> | ((name: string) => string)): EventSink<E, R>
} = dual(2, internal.rename) as any

/** How names are written: `snake_case`, `camelCase`, or `Title Case` as the Segment Spec asks of event names. */
export type Case = "snake_case" | "camelCase" | "Title Case"

/**
 * Writes event names and the keys of properties and traits in another case, or only those that are named.
 * A message two of whose keys become one is rejected.
 */
export const recase: {
  (to: Case | { readonly names?: Case; readonly keys?: Case }): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, to: Case | { readonly names?: Case; readonly keys?: Case }): EventSink<E, R>
} = dual(2, internal.recase) as any

/** Lets through all messages of a share of the users, from 0 to 1: always the same ones. Who has no id is taken by message. */
export const sample: {
  (share: number): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, share: number): EventSink<E, R>
} = dual(2, internal.sample) as any

/** What becomes of the values that are marked as personal data (`Pii`). A hash is an HMAC-SHA-256 with a key of yours, in hexadecimal. */
export type Redaction = "drop" | { readonly hash: Redacted.Redacted<string> }

/** Drops or hashes what is marked as personal data in the plan. */
export const redact: {
  (redaction: Redaction): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, redaction: Redaction): EventSink<E, R>
} = dual(2, internal.redact) as any

/** Takes messages only of actors who have consented to these purposes. */
export const consented: {
  (...purposes: ReadonlyArray<string>): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, ...purposes: ReadonlyArray<string>): EventSink<E, R>
} = dual((args) => internal.isEventSink(args[0]), internal.consented) as any

/** Closes a batch sooner: on messages, on bytes, or on the age of its oldest message. Never beyond the destination's own limits. */
export const batched: {
  (options: {
    readonly messages?: number | undefined
    readonly bytes?: number | undefined
    readonly age?: Duration.Input | undefined
  }): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(
    self: EventSink<E, R>,
    options: {
      readonly messages?: number | undefined
      readonly bytes?: number | undefined
      readonly age?: Duration.Input | undefined
    }
  ): EventSink<E, R>
} = dual(2, internal.batched) as any

/**
 * What holds of a destination's buffer. Its room is for all messages that have no receipt yet, those that are being sent included.
 */
export interface BufferOptions {
  /** Messages. 10,000 unless told. */
  readonly capacity?: number | undefined
  /**
   * What becomes of a message for which there is no room: `"wait"` has the caller wait for some, while other destinations have the
   * message already; `"refuse"` drops it; `"dropOldest"` drops the one that has waited longest in its stead. `"wait"` unless told.
   */
  readonly whenFull?: "wait" | "refuse" | "dropOldest" | undefined
  /** Batches that are sent at a time. 1 unless told, which keeps messages in their order. */
  readonly concurrency?: number | undefined
}

/** Gives a destination a buffer other than its tracker's. */
export const buffered: {
  (options: BufferOptions): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, options: BufferOptions): EventSink<E, R>
} = dual(2, internal.buffered) as any

/** When a batch is tried again, and for how long (ten minutes unless told). */
export interface RetryOptions {
  /** Exponential from half a second to a minute, with full jitter, unless told. A destination's own Retry-After is waited for in full. */
  readonly schedule?: Schedule.Schedule<unknown, SendError> | undefined
  readonly limit?: Duration.Input | undefined
}

/**
 * Tries again what is not known to have arrived, splits a batch that is too large, and halves one that is refused as a whole
 * until the bad message stands alone. What is left after the limit has expired. A sink that is retried already is then retried so,
 * and rates and circuit breakers hold for every attempt, wherever they stand.
 */
export const retried: {
  (options?: RetryOptions): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, options?: RetryOptions): EventSink<E, R>
} = dual((args) => internal.isEventSink(args[0]), internal.retried) as any

/** Sends at most `limit` batches in a window of time; a further one waits. Effect's RateLimiter, as a token bucket. */
export const rateLimited: {
  (options: {
    readonly limit: number
    readonly window: Duration.Input
  }): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, options: { readonly limit: number; readonly window: Duration.Input }): EventSink<E, R>
} = dual(2, internal.rateLimited) as any

/** Does not ask a destination that has failed again and again, until some time has passed. Effect's CircuitBreaker. */
export const circuitBroken: {
  (options: {
    readonly tripPolicy: CircuitBreaker.TripPolicy
    readonly openDuration: Duration.Input
  }): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(
    self: EventSink<E, R>,
    options: { readonly tripPolicy: CircuitBreaker.TripPolicy; readonly openDuration: Duration.Input }
  ): EventSink<E, R>
} = dual(2, internal.circuitBroken) as any

/** Gives another sink what the first could not deliver. The receipt is of what became of it there. */
export const orElse: {
  <E2, R2>(that: EventSink<E2, R2>): <E, R>(self: EventSink<E, R>) => EventSink<E | E2, R | R2>
  <E, R, E2, R2>(self: EventSink<E, R>, that: EventSink<E2, R2>): EventSink<E | E2, R | R2>
} = dual(2, internal.orElse) as any

/** Gives another sink every message that is lost: rejected, expired, or dropped from the buffer. The receipt stays the first sink's. */
export const deadLetter: {
  <E2, R2>(letters: EventSink<E2, R2>): <E, R>(self: EventSink<E, R>) => EventSink<E | E2, R | R2>
  <E, R, E2, R2>(self: EventSink<E, R>, letters: EventSink<E2, R2>): EventSink<E | E2, R | R2>
} = dual(2, internal.deadLetter) as any

/** Looks at every message and its receipt. What the look fails with or throws is logged and changes nothing. */
export const tap: {
  <R2 = never>(
    f: (message: Message, receipt: Receipt) => Effect.Effect<unknown, never, R2> | PromiseLike<unknown> | void
  ): <E, R>(self: EventSink<E, R>) => EventSink<E, R | R2>
  <E, R, R2 = never>(
    self: EventSink<E, R>,
    f: (message: Message, receipt: Receipt) => Effect.Effect<unknown, never, R2> | PromiseLike<unknown> | void
  ): EventSink<E, R | R2>
} = dual(2, internal.tap) as any

/** Changes the outcome that a receipt tells: a rejection that is expected, an answer that only the service can judge. */
export const mapReceipt: {
  (f: (receipt: Receipt, message: Message) => Receipt): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, f: (receipt: Receipt, message: Message) => Receipt): EventSink<E, R>
} = dual(2, internal.mapReceipt) as any

/** Whether a value is a sink. */
export const isEventSink: (u: unknown) => u is EventSink = internal.isEventSink as any

/**
 * Gives messages to a sink at once, without a tracker and so without a buffer: for scripts, and for tests of a sink. Every
 * message gets one receipt from every destination, in the order of the messages, destination by destination.
 * With a plan it is known which keys hold personal data.
 *
 * @example
 * ```ts
 * import { EventSink, Message, Receipt } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * const sink = EventSink.make({ name: "memory", send: (batch) => Effect.succeed(batch.map(() => Receipt.delivered)) })
 * const message: Message.Message = {
 *   type: "track",
 *   event: "orderPlaced",
 *   properties: { Order_id: 357 },
 *   messageId: Message.nextId(Date.now()),
 *   timestamp: new Date().toISOString()
 * }
 * const receipts = await Effect.runPromise(Effect.scoped(EventSink.deliver(sink, [message])))
 * console.log(receipts.map((receipt) => [receipt.sink, receipt.outcome._tag])) // [ [ "memory", "Delivered" ] ]
 * ```
 */
export const deliver: <E, R>(
  self: EventSink<E, R>,
  messages: ReadonlyArray<Message>,
  options?: { readonly plan?: Plan.Plan | undefined; readonly consent?: ReadonlySet<string> | "all" | undefined }
) => Effect.Effect<ReadonlyArray<Receipt>, E, R | Scope.Scope> = internal.deliver as any
