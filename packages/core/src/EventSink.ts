/**
 * Sinks for messages. A sink has a name, its limits, and one function from a batch of messages to one outcome for each, in order. Combinators
 * add batching, retries, rate limits, fan-out and dead letters to any sink.
 *
 * @module
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type * as Scope from "effect/Scope"
import type * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import * as acceptors from "./internal/sink/accepting.ts"
import * as batching from "./internal/sink/batching.ts"
import * as circuitBreakers from "./internal/sink/circuitBroken.ts"
import * as configured from "./internal/sink/config.ts"
import * as consents from "./internal/sink/consent.ts"
import * as delivery from "./internal/sink/deliver.ts"
import * as fallback from "./internal/sink/fallback.ts"
import * as side from "./internal/sink/fanOut.ts"
import * as making from "./internal/sink/make.ts"
import * as preparing from "./internal/sink/prepare.ts"
import * as previewing from "./internal/sink/preview.ts"
import type { Preview } from "./internal/sink/preview.ts"
import * as rates from "./internal/sink/rateLimited.ts"
import * as receipts from "./internal/sink/receipts.ts"
import * as redaction from "./internal/sink/redact.ts"
import * as renaming from "./internal/sink/rename.ts"
import * as retries from "./internal/sink/retry.ts"
import * as model from "./internal/sink/model.ts"
import * as sinks from "./internal/sink/sink.ts"
import type {
  Acceptance,
  Acceptor,
  Any,
  AnySend,
  Batch,
  BufferOptions,
  Case,
  DeadLetterOptions,
  Encode,
  ErrorOf,
  EventSink,
  Limits,
  Records,
  Redaction,
  RequestRecord,
  RetryOptions,
  Send,
  SendOptions,
  ServicesOf
} from "./internal/sink/model.ts"
import type { Message } from "./Message.ts"
import type * as Plan from "./Plan.ts"
import type { Receipt } from "./Receipt.ts"

/** The type identifier of sinks. */
export const TypeId: "~@trackmap/core/EventSink" = model.TypeId

export type {
  Acceptance,
  Acceptor,
  Any,
  AnySend,
  Batch,
  BufferOptions,
  Case,
  DeadLetterOptions,
  Encode,
  ErrorOf,
  EventSink,
  Limits,
  Preview,
  Records,
  Redaction,
  RequestRecord,
  RetryOptions,
  Send,
  SendOptions,
  ServicesOf
}

/**
 * A sink. `open` runs when the tracker starts, with the tracker's plan, if any, and in the tracker's scope. Pass `send` instead if the sink has
 * nothing to open. `encode` makes a message's record when the tracker accepts the message; send the records with `Batch.encodedArray`.
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
    readonly encode?: Encode | undefined
    readonly open: (plan: Plan.Plan | undefined) => Effect.Effect<AnySend<R>, E, R> | PromiseLike<AnySend<R>>
  }): EventSink<E, Exclude<R, Scope.Scope>>
  <R = never>(options: {
    readonly name: string
    readonly limits?: Partial<Limits> | undefined
    readonly records?: Records | undefined
    readonly encode?: Encode | undefined
    readonly send: AnySend<R>
  }): EventSink<never, R>
} = making.make

/**
 * A sink that can accept a message in the fiber that tracks it, with its services, before `track` returns: for a sink that writes in the caller's
 * transaction. Messages that it does not accept go through the buffer, as always. Combinators that send, such as `EventSink.retried`, apply to
 * these alone; all others apply to both.
 *
 * @example
 * ```ts
 * import { EventSink, Message, Receipt, Tracker } from "@trackmap/core"
 * import * as Context from "effect/Context"
 * import * as Effect from "effect/Effect"
 *
 * const Lines = Context.Reference<Array<string> | undefined>("example/Lines", { defaultValue: () => undefined })
 *
 * const inLines = EventSink.accepting({
 *   name: "lines",
 *   open: () =>
 *     Effect.succeed({
 *       accept: ({ envelope, settle }) =>
 *         Effect.map(Lines, (lines) => {
 *           if (lines === undefined) return false
 *           lines.push(Message.toJson(envelope.message))
 *           settle(Receipt.delivered)
 *           return true
 *         }),
 *       send: (batch) => Effect.succeed(batch.all(Receipt.skipped("nobody collects lines")))
 *     })
 * })
 * const identified = Effect.flatMap(Tracker.identify({ userId: "user-1" }), ({ receipts }) => receipts)
 * const program = Effect.gen(function* () {
 *   const lines: Array<string> = []
 *   const [collected] = yield* Effect.provideService(identified, Lines, lines)
 *   console.log(lines.length, collected?.outcome._tag) // 1 Delivered
 *   const [other] = yield* identified
 *   console.log(lines.length, other?.outcome._tag) // 1 Skipped
 * })
 * await Effect.runPromise(Effect.provide(program, Tracker.layer(inLines)))
 * ```
 */
export const accepting: <E = never, R = never>(options: {
  readonly name: string
  readonly limits?: Partial<Limits> | undefined
  /**
   * Whether it stores envelopes as they are, for a relay that looks up what events with `relations: "later"` leave (`Delivery.complete`). With a
   * combinator that changes, skips or sends messages, it no longer does. Default: false.
   */
  readonly defers?: boolean | undefined
  readonly open: (plan: Plan.Plan | undefined) => Effect.Effect<Acceptor<R>, E, R>
}) => EventSink<E, Exclude<R, Scope.Scope>> = acceptors.accepting

/** Combines sinks. Each has its own buffer: one that is down, slow or wrong does not delay the others. */
export const fanOut = side.fanOut

/**
 * The sinks that the configuration names, combined: `TRACKING_SINKS=console,segment`. Each has its own configuration: a `Config`, or any other
 * Effect. Sinks that are not named need no keys. Fails if a setting is missing, or a name is unknown. Effect's module `Config` is loaded when this
 * runs, so `Effect.runSync` cannot run it.
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
 * const chosen = Effect.provideService(sinks, ConfigProvider.ConfigProvider, provider)
 * console.log((await Effect.runPromise(chosen)).names) // [ "memory" ]
 * ```
 */
export const config = configured.config

/** Passes only some messages. The others get a `Skipped` receipt. */
export const filter: {
  (predicate: (message: Message) => boolean): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, predicate: (message: Message) => boolean): EventSink<E, R>
} = dual(2, preparing.filter)

/** Changes every message, but not its id. If the function throws, the message is rejected. */
export const map: {
  (f: (message: Message) => Message): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, f: (message: Message) => Message): EventSink<E, R>
} = dual(2, preparing.map)

/** Renames events, and named pages and screens: with a table, which leaves other names unchanged, or with a function. */
export const rename: {
  (
    names: Readonly<Record<string, string>> | ((name: string) => string)
  ): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, names: Readonly<Record<string, string>> | ((name: string) => string)): EventSink<E, R>
} = dual(2, renaming.rename)

/**
 * Changes the case of event names, and of the keys of properties and traits, or of only one of the two. If two keys of a message become the
 * same, the message is rejected.
 */
export const recase: {
  (to: Case | { readonly names?: Case; readonly keys?: Case }): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, to: Case | { readonly names?: Case; readonly keys?: Case }): EventSink<E, R>
} = dual(2, renaming.recase)

/**
 * Passes all messages of a share of the users, from 0 to 1, and always of the same users. Messages without a user are sampled by message.
 */
export const sample: {
  (share: number): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, share: number): EventSink<E, R>
} = dual(2, preparing.sample)

/**
 * Hides personal data: drops, hashes or masks the values that the definition of the event marks (`Pii`), with or without a plan, key by key
 * inside lists, and the values that `Plan.calls` and `Plan.context` mark. It does so before anything else sees the message, including taps, dead
 * letters and fallbacks, whatever the order of the combinators. Except with a mask, it rejects a message without any definition of its personal
 * data.
 *
 * Throws `DefinitionError` if the hash key is not a `Redacted` string, or is empty.
 */
export const redact: {
  (redaction: Redaction): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, redaction: Redaction): EventSink<E, R>
} = dual(2, redaction.redact)

/** Accepts only messages of actors who have consented to these purposes. */
export const consented: {
  (...purposes: ReadonlyArray<string>): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, ...purposes: ReadonlyArray<string>): EventSink<E, R>
} = dual((args) => sinks.isEventSink(args[0]), consents.consented)

/** Closes a batch sooner: on messages, on bytes, or on the age of its oldest message. Never beyond the sink's own limits. */
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
} = dual(2, batching.batched)

/** Sets the options of the sink's buffer, in place of its tracker's. */
export const buffered: {
  (options: BufferOptions): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, options: BufferOptions): EventSink<E, R>
} = dual(2, batching.buffered)

/**
 * Retries transient failures with the same message ids, splits a batch that is too large, and halves one that is refused as a whole until the
 * bad message stands alone. Messages without an outcome at the limit expire. On a sink that already retries, it replaces the policy. Rate
 * limits and circuit breakers apply to every attempt, in any order of the combinators.
 */
export const retried: {
  (options?: RetryOptions): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, options?: RetryOptions): EventSink<E, R>
} = dual((args) => sinks.isEventSink(args[0]), retries.retried)

/** Sends at most `limit` batches per window; further batches wait. It uses Effect's RateLimiter, as a token bucket. */
export const rateLimited: {
  (options: {
    readonly limit: number
    readonly window: Duration.Input
  }): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, options: { readonly limit: number; readonly window: Duration.Input }): EventSink<E, R>
} = dual(2, rates.rateLimited)

/** Stops sending to a destination that has failed again and again, until some time has passed. Effect's CircuitBreaker. */
export const circuitBroken: {
  (options: {
    readonly tripPolicy: CircuitBreaker.TripPolicy
    readonly openDuration: Duration.Input
  }): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(
    self: EventSink<E, R>,
    options: { readonly tripPolicy: CircuitBreaker.TripPolicy; readonly openDuration: Duration.Input }
  ): EventSink<E, R>
} = dual(2, circuitBreakers.circuitBroken)

/** Passes messages that the first sink could not deliver to another, whose outcome becomes the receipt. */
export const orElse: {
  <E2, R2>(that: EventSink<E2, R2>): <E, R>(self: EventSink<E, R>) => EventSink<E | E2, R | R2>
  <E, R, E2, R2>(self: EventSink<E, R>, that: EventSink<E2, R2>): EventSink<E | E2, R | R2>
} = dual(2, fallback.orElse)

/**
 * Passes every lost message (rejected, expired, or dropped from the buffer) to another sink. The receipt remains the first sink's.
 *
 * The dead letters have their own buffer, and only flushing and closing wait for them. They go in batches, by the limits and the age of their
 * sink (`EventSink.batched`). The buffer's capacity is 10,000, or the `capacity` of their sink (`EventSink.buffered`). The log counts letters
 * that do not fit, or that their sink does not accept.
 */
export const deadLetter: {
  <E2, R2>(
    letters: EventSink<E2, R2>,
    options?: DeadLetterOptions
  ): <E, R>(self: EventSink<E, R>) => EventSink<E | E2, R | R2>
  <E, R, E2, R2>(
    self: EventSink<E, R>,
    letters: EventSink<E2, R2>,
    options?: DeadLetterOptions
  ): EventSink<E | E2, R | R2>
} = dual((args) => sinks.isEventSink(args[1]), fallback.deadLetter)

/**
 * Runs a function for every message and its receipt, in their order. If it fails or throws, the error is logged and changes nothing. Only
 * flushing and closing wait for it. A call has ten seconds at most. While 10,000 messages wait for their calls, the tap skips further ones, and
 * logs it.
 */
export const tap: {
  <R2 = never>(
    f: (message: Message, receipt: Receipt) => Effect.Effect<unknown, never, R2> | PromiseLike<unknown> | void
  ): <E, R>(self: EventSink<E, R>) => EventSink<E, R | R2>
  <E, R, R2 = never>(
    self: EventSink<E, R>,
    f: (message: Message, receipt: Receipt) => Effect.Effect<unknown, never, R2> | PromiseLike<unknown> | void
  ): EventSink<E, R | R2>
} = dual(2, receipts.tap)

/** Changes the outcome of a receipt: for an expected rejection, or a response that only your service can judge. */
export const mapReceipt: {
  (f: (receipt: Receipt, message: Message) => Receipt): <E, R>(self: EventSink<E, R>) => EventSink<E, R>
  <E, R>(self: EventSink<E, R>, f: (receipt: Receipt, message: Message) => Receipt): EventSink<E, R>
} = dual(2, receipts.mapReceipt)

/** Whether a value is a sink. */
export const isEventSink: (u: unknown) => u is EventSink = sinks.isEventSink

/**
 * Passes messages to a sink at once, without a tracker and so without a buffer: for scripts, and for tests of a sink. Every
 * message gets one receipt from every sink, in the order of the messages, sink by sink. Sinks that redact need the plan
 * with the messages' events, and reject messages without it.
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
) => Effect.Effect<ReadonlyArray<Receipt>, E, R | Scope.Scope> = delivery.deliver

/**
 * What sinks would do with messages, without opening a connection or a file, and without sending anything: a `Preview` for each message and each
 * sink, sink by sink, in the order of the messages. It runs every filter, redaction and renaming, and the sink's own rules for its records; taps,
 * retries, fallbacks and dead letters do not run. It needs no services. Sinks that redact need the plan, as in `deliver`.
 *
 * @example
 * ```ts
 * import { EventSink, Message, Pii, Plan, Receipt, TrackedEvent } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 *
 * const plan = Plan.make(TrackedEvent.make("signedUp", { properties: { email: Pii.personal(Schema.String) } }))
 * const memory = EventSink.make({ name: "memory", send: (batch) => Effect.succeed(batch.all(Receipt.delivered)) })
 * const message: Message.Message = {
 *   type: "track",
 *   event: "signedUp",
 *   properties: { email: "ada@example.com" },
 *   messageId: Message.nextId(Date.now()),
 *   timestamp: new Date().toISOString()
 * }
 * const masked = memory.pipe(EventSink.redact({ mask: "***" }), EventSink.recase("snake_case"))
 * const [preview] = await Effect.runPromise(EventSink.preview(masked, [message], { plan }))
 * const sent = preview?.message?.type === "track" ? preview.message : undefined
 * console.log(preview?.outcome._tag, sent?.event, sent?.properties) // Delivered signed_up { email: "***" }
 * ```
 */
export const preview: (
  self: Any,
  messages: ReadonlyArray<Message>,
  options?: { readonly plan?: Plan.Plan | undefined; readonly consent?: ReadonlySet<string> | "all" | undefined }
) => Effect.Effect<ReadonlyArray<Preview>> = previewing.preview
