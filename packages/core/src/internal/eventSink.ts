import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import * as Hash from "effect/Hash"
import * as Option from "effect/Option"
import * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import * as RateLimiter from "effect/persistence/RateLimiter"
import { pipeArguments } from "effect/Pipeable"
import { hasProperty } from "effect/Predicate"
import * as Schema from "effect/Schema"
import { DefinitionError, type Reason } from "../DefinitionError.ts"
import type {
  BufferOptions,
  Case,
  Limits,
  Records,
  Redaction,
  RequestRecord,
  RetryOptions,
  AnySend
} from "../EventSink.ts"
import * as Message from "../Message.ts"
import type { Attempt } from "../Observer.ts"
import type * as Plan from "../Plan.ts"
import * as Receipt from "../Receipt.ts"
import { Misconfigured, Refused, type SendError, Unavailable } from "../SendError.ts"
import * as TrackedEvent from "../TrackedEvent.ts"
import * as answer from "./answer.ts"
import { describe as kindOf, isTagged } from "./fault.ts"
import * as hmac from "./hmac.ts"
import * as letterCase from "./letterCase.ts"
import * as retry from "./retry.ts"

export const TypeId = "~@trackmap/core/EventSink" as const

/** What is known of a message beside what is sent. */
export interface Circumstances {
  /** The purposes that its actor has consented to. */
  readonly consent: ReadonlySet<string> | "all"
}

/** What a message becomes on its way to one destination, or why it does not go there. */
export type Prepare = (message: Message.Message) => Message.Message | Receipt.Outcome

/** Told of messages and their receipts; gives the receipts that hold. */
export type Settle = (
  messages: ReadonlyArray<Message.Message>,
  receipts: ReadonlyArray<Receipt.Receipt>
) => Effect.Effect<ReadonlyArray<Receipt.Receipt>, never, any>

/** What a lane does once its tracker has started. */
export interface Opened {
  /** Hides personal data, before anything else: the keys are still those of the plan. */
  readonly redact: ((message: Message.Message) => Effect.Effect<Message.Message>) | undefined
  readonly send: retry.Send
  /** What is done when messages have their receipts, in the order of the combinators. */
  readonly settle: Settle | undefined
}

/** One destination, with all that the combinators have put around it. */
export interface Lane {
  readonly name: string
  readonly limits: Limits
  /** Milliseconds that the oldest message of a batch waits for others. */
  readonly age: number
  /** The purposes that an actor must have consented to. */
  readonly purposes: ReadonlyArray<string>
  /** Of its buffer, where that is its own. */
  readonly buffer: BufferOptions
  /** When a batch is tried again. It is decided last, around everything else that sends. */
  readonly retry: retry.Options
  readonly prepare: Prepare
  /** What it makes of a message, for somebody who looks. */
  readonly records: (message: Message.Message) => Attempt["records"]
  readonly open: (plan: Plan.Plan | undefined) => Effect.Effect<Opened, any, any>
}

export interface EventSinkImpl {
  readonly lanes: ReadonlyArray<Lane>
}

const Proto = {
  [TypeId]: { _E: (_: never) => _, _R: (_: never) => _ },
  pipe() {
    return pipeArguments(this, arguments)
  },
  get names(): ReadonlyArray<string> {
    return (this as unknown as EventSinkImpl).lanes.map((lane) => lane.name)
  }
}

export const isEventSink = (u: unknown): u is EventSinkImpl => hasProperty(u, TypeId)

const fromLanes = (lanes: ReadonlyArray<Lane>): EventSinkImpl =>
  Object.freeze(Object.assign(Object.create(Proto), { lanes: Object.freeze(lanes) }))

export const refuse = (name: string, detail: string, reason: Reason = "BadLimit"): never => {
  throw new DefinitionError({ entity: name, reason, paths: [], detail })
}

/** A length of time in milliseconds, as the user says it. */
export const lengthOf = (name: string, what: string, given: Duration.Input): number => {
  const length = Option.map(Duration.fromInput(given), Duration.toMillis)
  return Option.isSome(length) && length.value >= 0 && !Number.isNaN(given)
    ? length.value
    : refuse(name, `${what} is a number of milliseconds from 0, or a text like "10 seconds", not ${String(given)}`)
}

export const wholeNumber = (name: string, what: string, value: number): number =>
  value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && value > 0)
    ? value
    : refuse(name, `${what} is a whole number from 1, not ${value}`)

export const make = (options: {
  readonly name: string
  readonly limits?: Partial<Limits> | undefined
  readonly records?: Records | undefined
  readonly send?: AnySend<any>
  readonly open?: (plan: Plan.Plan | undefined) => Effect.Effect<AnySend<any>, any, any> | PromiseLike<AnySend<any>>
}): EventSinkImpl => {
  const { limits, name } = options
  if (typeof options.send !== "function" && typeof options.open !== "function") {
    throw new DefinitionError({
      entity: name,
      reason: "BadPath",
      paths: [],
      detail: "a sink needs a function send, or open"
    })
  }
  const open = options.open ?? (() => Effect.succeed(options.send!))
  const { records } = options
  return fromLanes([
    {
      name,
      limits: {
        messages: wholeNumber(name, "the number of messages in a batch", limits?.messages ?? 100),
        bytes: wholeNumber(name, "the number of bytes of a batch", limits?.bytes ?? Number.POSITIVE_INFINITY),
        messageBytes: wholeNumber(
          name,
          "the number of bytes of a message",
          limits?.messageBytes ?? Number.POSITIVE_INFINITY
        )
      },
      age: 100,
      purposes: [],
      buffer: {},
      retry: retry.once,
      prepare: (message) => message,
      records: (message) =>
        records === undefined
          ? Effect.succeed([{ to: name, record: message as Schema.JsonObject }])
          : answer.ask<ReadonlyArray<RequestRecord>, never, never>(() => records(message), identity),
      open: (plan) =>
        Effect.map(
          answer.ask(() => open(plan), identity),
          (send: AnySend<any>) => ({
            redact: undefined,
            send: guard(name, send),
            settle: undefined
          })
        )
    }
  ])
}

const tags: ReadonlySet<unknown> = new Set(["Delivered", "Rejected", "Expired", "Dropped", "Skipped"])

/**
 * A destination's own code is not to be trusted: what it throws, and answers in the wrong number, is an outcome too. A batch that
 * it throws for may be so for the sake of one message.
 */
const guard =
  (name: string, send: AnySend<any>): retry.Send =>
  (batch) => {
    const all = (reason: string): ReadonlyArray<Receipt.Outcome> => batch.map(() => Receipt.rejected(reason))
    return answer
      .ask(
        (options) => send(batch, options),
        (cause) => failureOf(name, cause)
      )
      .pipe(
        Effect.map((outcomes: ReadonlyArray<Receipt.Outcome>) =>
          Array.isArray(outcomes) && outcomes.length === batch.length
            ? outcomes.map((outcome) =>
                tags.has(outcome?._tag) ? outcome : Receipt.rejected(`${name} gave something that is no outcome`)
              )
            : all(
                `${name} gave ${Array.isArray(outcomes) ? outcomes.length : "no"} outcomes for ${batch.length} messages`
              )
        ),
        Effect.catchDefect((defect) => {
          const reason = `${name} threw ${describe(defect)}`
          return Effect.andThen(
            Effect.logError(`${name}: send threw`, defect),
            batch.length > 1 ? Effect.fail(new Refused({ reason })) : Effect.succeed(all(reason))
          )
        }),
        Effect.map((outcomes) => outcomes.map((outcome) => ({ outcome, attempts: 1 }))),
        // An interruption of the tracker's fiber does not come here: this one is the sink's own.
        Effect.catchCause((cause) =>
          Cause.hasInterruptsOnly(cause)
            ? Effect.fail(new Unavailable({ reason: `${name} interrupted itself` }))
            : Effect.failCause(cause)
        )
      )
  }

const failures: ReadonlySet<unknown> = new Set(["Unavailable", "TooLarge", "Refused", "Misconfigured"])

/** Why a promise of a sink's rejected. What is no `SendError` is mostly a connection that failed. */
const failureOf = (name: string, cause: unknown): SendError => {
  try {
    if (failures.has((cause as { readonly _tag?: unknown })._tag)) return cause as SendError
  } catch {
    // It cannot be read, and so is none.
  }
  return new Unavailable({ reason: `${name} rejected with ${describe(cause)}` })
}

export const describe = (thrown: unknown): string => {
  try {
    return thrown instanceof Error ? thrown.name : typeof thrown
  } catch {
    return "something"
  }
}

export const fanOut = (...sinks: ReadonlyArray<EventSinkImpl>): EventSinkImpl => {
  for (const sink of sinks) {
    if (!isEventSink(sink)) refuse("EventSink", `one of the sinks is none, but ${kindOf(sink)}`, "BadPath")
  }
  const lanes = sinks.flatMap((sink) => sink.lanes)
  const names = new Set<string>()
  for (const { name } of lanes) {
    if (names.has(name)) {
      throw new DefinitionError({
        entity: name,
        reason: "DuplicateName",
        paths: [name],
        detail: "two sinks have this name, and their receipts could not be told apart: give one of them another"
      })
    }
    names.add(name)
  }
  return fromLanes(lanes)
}

export const config = (
  sinks: { readonly [name: string]: Config.Config<EventSinkImpl> },
  name: string = "TRACKING_SINKS"
): Config.Config<EventSinkImpl> => {
  const known = Object.keys(sinks).join(", ")
  return Config.flatMap(Config.withDefault(Config.String(name), ""), (given) => {
    const names = [...new Set(given.split(",").map((one) => one.trim()))].filter((one) => one !== "")
    const unknown = names.find((one) => !Object.hasOwn(sinks, one))
    if (names.length > 0 && unknown === undefined) {
      return Config.map(Config.all(names.map((one) => sinks[one]!)), (chosen) => fanOut(...chosen))
    }
    const what =
      unknown === undefined ? "names no sink" : `names ${JSON.stringify(unknown)}, which is none of the sinks`
    return Config.fail(new ConfigProvider.SourceError({ message: `${name} ${what}. Give it some of: ${known}` }))
  })
}

const mapLanes = (self: EventSinkImpl, f: (lane: Lane) => Lane): EventSinkImpl => fromLanes(self.lanes.map(f))

export const isOutcome = (prepared: Message.Message | Receipt.Outcome): prepared is Receipt.Outcome =>
  "_tag" in prepared

/** One more step of a lane's preparation, which runs what the user wrote. */
const prepared = (self: EventSinkImpl, what: string, step: Prepare): EventSinkImpl =>
  mapLanes(self, (lane) => ({
    ...lane,
    prepare: (message) => {
      const before = lane.prepare(message)
      if (isOutcome(before)) return before
      try {
        return step(before)
      } catch (thrown) {
        return Receipt.rejected(`${what} threw ${describe(thrown)}`)
      }
    }
  }))

export const filter = (self: EventSinkImpl, predicate: (message: Message.Message) => boolean): EventSinkImpl => {
  const skipped = Receipt.skipped("filtered")
  return prepared(self, "filter", (message) => (predicate(message) ? message : skipped))
}

export const map = (self: EventSinkImpl, f: (message: Message.Message) => Message.Message): EventSinkImpl =>
  prepared(self, "map", (message) => {
    const changed = f(message)
    return changed.messageId === message.messageId ? changed : { ...changed, messageId: message.messageId }
  })

/** The same message under another name, and with other keys. */
const renamed = (
  message: Message.Message,
  name: (name: string) => string,
  keys: (values: Readonly<Record<string, any>>) => Readonly<Record<string, any>>
): Message.Message => {
  switch (message.type) {
    case "track":
      return { ...message, event: name(message.event), properties: keys(message.properties) }
    case "page":
    case "screen": {
      const named = message.name === undefined ? message : { ...message, name: name(message.name) }
      return { ...named, properties: keys(message.properties) }
    }
    case "identify":
    case "group":
      return { ...message, traits: keys(message.traits) }
    case "alias":
      return message
  }
}

const same = <A>(a: A): A => a

export const rename = (
  self: EventSinkImpl,
  names: Readonly<Record<string, string>> | ((name: string) => string)
): EventSinkImpl => {
  const name =
    typeof names === "function" ? names : (from: string) => (Object.hasOwn(names, from) ? names[from]! : from)
  return prepared(self, "rename", (message) => renamed(message, name, same))
}

export const recase = (
  self: EventSinkImpl,
  to: Case | { readonly names?: Case; readonly keys?: Case }
): EventSinkImpl => {
  const { keys, names } = typeof to === "string" ? { keys: to, names: to } : to
  const name = names === undefined ? same : letterCase.writer(names)
  const key = keys === undefined ? undefined : letterCase.writer(keys)
  return prepared(self, "recase", (message) => {
    let clash: string | undefined
    const changed = renamed(message, name, (values) => {
      if (key === undefined) return values
      const out = new Map<string, unknown>()
      for (const [from, value] of Object.entries(values)) {
        const cased = key(from)
        if (out.has(cased)) clash = cased
        out.set(cased, value)
      }
      return Object.fromEntries(out)
    })
    return clash === undefined ? changed : Receipt.rejected(`two keys are written ${clash} in ${keys}`)
  })
}

export const sample = (self: EventSinkImpl, share: number): EventSinkImpl => {
  if (!(share >= 0 && share <= 1)) refuse("sample", `a share is a number from 0 to 1, not ${share}`)
  const skipped = Receipt.skipped("not in the sample")
  return prepared(self, "sample", (message) => {
    const who = message.userId ?? message.anonymousId ?? message.messageId
    // Hash.string of short texts that differ in their ends differs in its low bits alone: the product spreads them.
    return (Math.imul(Hash.string(who), 0x9e3779b1) >>> 0) / 0x100000000 < share ? message : skipped
  })
}

export const consented = (self: EventSinkImpl, ...purposes: ReadonlyArray<string>): EventSinkImpl =>
  mapLanes(self, (lane) => ({ ...lane, purposes: [...lane.purposes, ...purposes] }))

/** The first of the purposes that is not consented to. */
export const lacking = (purposes: ReadonlyArray<string>, { consent }: Circumstances): string | undefined =>
  consent === "all" ? undefined : purposes.find((purpose) => !consent.has(purpose))

export const buffered = (self: EventSinkImpl, options: BufferOptions): EventSinkImpl => {
  const checked = bufferOf("buffered", options)
  return mapLanes(self, (lane) => ({ ...lane, buffer: { ...lane.buffer, ...checked } }))
}

/** Checks what a buffer is to be like, and leaves out what is not said. */
export const bufferOf = (name: string, { capacity, concurrency, whenFull }: BufferOptions): BufferOptions => ({
  ...(capacity !== undefined && { capacity: wholeNumber(name, "the capacity of a buffer", capacity) }),
  ...(concurrency !== undefined && {
    concurrency: wholeNumber(name, "the number of batches at a time", concurrency)
  }),
  ...(whenFull !== undefined && {
    whenFull: oneOf<typeof whenFull>(name, "what a full buffer does", ["wait", "refuse", "dropOldest"], whenFull)
  })
})

/** Checks that something is one of some words. */
export const oneOf = <A extends string>(name: string, what: string, words: ReadonlyArray<A>, given: A): A =>
  words.includes(given)
    ? given
    : refuse(name, `${what} is ${words.map((word) => JSON.stringify(word)).join(" or ")}, not ${String(given)}`)

export const batched = (
  self: EventSinkImpl,
  options: {
    readonly messages?: number | undefined
    readonly bytes?: number | undefined
    readonly age?: Duration.Input | undefined
  }
): EventSinkImpl =>
  mapLanes(self, (lane) => ({
    ...lane,
    age: options.age === undefined ? lane.age : Duration.toMillis(Duration.fromInputUnsafe(options.age)),
    limits: {
      ...lane.limits,
      messages: Math.min(
        lane.limits.messages,
        wholeNumber(lane.name, "the number of messages in a batch", options.messages ?? lane.limits.messages)
      ),
      bytes: Math.min(
        lane.limits.bytes,
        wholeNumber(lane.name, "the number of bytes of a batch", options.bytes ?? lane.limits.bytes)
      )
    }
  }))

/** Changes what an opened lane does. */
const opened = (
  self: EventSinkImpl,
  f: (open: Opened, lane: Lane, plan: Plan.Plan | undefined) => Opened | Effect.Effect<Opened, any, any>
): EventSinkImpl =>
  mapLanes(self, (lane) => ({
    ...lane,
    open: (plan) =>
      Effect.flatMap(lane.open(plan), (open) => {
        const changed = f(open, lane, plan)
        return Effect.isEffect(changed) ? changed : Effect.succeed(changed)
      })
  }))

export const retried = (self: EventSinkImpl, options?: RetryOptions): EventSinkImpl =>
  mapLanes(self, (lane) => ({
    ...lane,
    retry: {
      schedule: options?.schedule ?? retry.defaultSchedule,
      limit: Duration.toMillis(Duration.fromInputUnsafe(options?.limit ?? "10 minutes"))
    }
  }))

export const rateLimited = (
  self: EventSinkImpl,
  options: { readonly limit: number; readonly window: Duration.Input }
): EventSinkImpl =>
  opened(self, (open, lane) =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.make
      const wait = RateLimiter.sleep(limiter, {
        ...options,
        algorithm: "token-bucket",
        key: lane.name
      })
      const send: retry.Send = (batch) => Effect.andThen(Effect.orDie(wait), open.send(batch))
      return { ...open, send }
    }).pipe(Effect.provide(RateLimiter.layerStoreMemory))
  )

export const circuitBroken = (
  self: EventSinkImpl,
  options: { readonly tripPolicy: CircuitBreaker.TripPolicy; readonly openDuration: Duration.Input }
): EventSinkImpl =>
  opened(self, (open, lane) =>
    Effect.map(CircuitBreaker.make(options), (breaker) => {
      const retryAfter = Duration.toMillis(Duration.fromInputUnsafe(options.openDuration))
      const refused = new Unavailable({
        reason: `${lane.name} has failed too often and is not asked for a while`,
        retryAfter
      })
      const send: retry.Send = (batch) =>
        Effect.mapError(
          breaker.execute(open.send(batch), { key: lane.name, classify }),
          (error: SendError | CircuitBreaker.CircuitBreakerError) =>
            error._tag === "CircuitBreakerError" ? refused : error
        )
      return { ...open, send }
    }).pipe(Effect.provide(CircuitBreaker.layerStoreMemory()))
  )

/** Only a destination that does not answer is unwell; one that refuses a batch answers. */
const classify = (exit: Exit.Exit<unknown, SendError>): CircuitBreaker.Outcome => {
  if (Exit.isSuccess(exit)) return CircuitBreaker.success
  const failure = exit.cause.reasons.find(Cause.isFailReason)
  return failure?.error._tag === "Unavailable" ? CircuitBreaker.failure() : CircuitBreaker.ignored
}

export const redact = (self: EventSinkImpl, redaction: Redaction): EventSinkImpl =>
  opened(self, (open, _, plan) => {
    const personal = new Map(
      Object.values(plan?.events ?? {}).map((event) => [event.name, TrackedEvent.personalKeys(event)] as const)
    )
    const everyPersonal = new Set<string>()
    for (const keys of personal.values()) for (const key of keys) everyPersonal.add(key)
    const keysOf = (message: Message.Message): ReadonlySet<string> =>
      message.type === "track" ? (personal.get(message.event) ?? everyPersonal) : everyPersonal
    const hide = redaction === "drop" ? undefined : hmac.make(redaction.hash)
    const hidden = Effect.fnUntraced(function* (
      values: Readonly<Record<string, Schema.Json>>,
      keys: ReadonlySet<string>
    ) {
      const out: Array<readonly [string, Schema.Json]> = []
      for (const [key, value] of Object.entries(values)) {
        if (!keys.has(key)) out.push([key, value])
        else if (hide !== undefined && value !== null) out.push([key, yield* hide(value)])
      }
      // Unlike an assignment, this takes "__proto__" for a key like any other.
      return Object.fromEntries(out)
    })
    const redactOwn = (message: Message.Message): Effect.Effect<Message.Message> => {
      const keys = keysOf(message)
      if (message.type === "alias") return Effect.succeed(message)
      return "traits" in message
        ? Effect.map(hidden(message.traits, keys), (traits) => ({ ...message, traits }))
        : Effect.map(hidden(message.properties, keys), (properties) => ({ ...message, properties }))
    }
    const { redact: before } = open
    return { ...open, redact: before === undefined ? redactOwn : (one) => Effect.flatMap(before(one), redactOwn) }
  })

/** A lane that has been opened. */
export interface OpenLane {
  readonly lane: Lane
  readonly open: Opened
  /** Sends a batch and fails no more. */
  readonly send: (batch: retry.Batch) => Effect.Effect<ReadonlyArray<retry.Attempted>, never, any>
}

/** Opens every lane, each in the scope. */
export const openAll = (
  self: EventSinkImpl,
  plan: Plan.Plan | undefined
): Effect.Effect<ReadonlyArray<OpenLane>, any, any> =>
  Effect.forEach(self.lanes, (lane) =>
    Effect.mapBoth(lane.open(plan), {
      onFailure: (error: unknown) =>
        isTagged<Misconfigured>(error, "Misconfigured")
          ? new Misconfigured({ reason: `${lane.name}: ${error.reason}` })
          : error,
      onSuccess: (open) => ({ lane, open, send: retry.send(open.send, lane.retry) })
    })
  )

/** Batches of a lane's messages, each within the lane's limits. */
const batchesOf = (limits: Limits, messages: ReadonlyArray<Message.Message>): ReadonlyArray<retry.Batch> => {
  const batches: Array<Array<Message.Message>> = []
  let batch: Array<Message.Message> = []
  let bytes = 0
  for (const message of messages) {
    const more = sizeOf(limits, message)
    if (batch.length === 0 || batch.length === limits.messages || bytes + more > limits.bytes) {
      batches.push((batch = []))
      bytes = 0
    }
    batch.push(message)
    bytes += more
  }
  return batches as unknown as ReadonlyArray<retry.Batch>
}

/** How many bytes a message takes in a batch, its comma included; nothing where the lane does not count them. */
export const sizeOf = (limits: Limits, message: Message.Message): number =>
  limits.bytes === Number.POSITIVE_INFINITY ? 0 : Message.byteLength(message) + 1

/** What a message becomes for a lane, or its outcome where it does not go there. Personal data is hidden already. */
export const prepareNow = ({ lane }: OpenLane, message: Message.Message): Message.Message | Receipt.Outcome => {
  const prepared = lane.prepare(message)
  if (isOutcome(prepared)) return prepared
  const { bytes, messageBytes } = lane.limits
  const most = Math.min(bytes - 1, messageBytes)
  try {
    const size = most === Number.POSITIVE_INFINITY ? 0 : Message.byteLength(prepared)
    return size <= most ? prepared : Receipt.rejected(`the message has ${size} bytes, and ${lane.name} takes ${most}`)
  } catch (thrown) {
    return Receipt.rejected(`the message has no JSON: ${describe(thrown)}`)
  }
}

/** The same, with the personal data hidden first. */
export const prepareFor = (to: OpenLane, message: Message.Message): Effect.Effect<Message.Message | Receipt.Outcome> =>
  to.open.redact === undefined
    ? Effect.sync(() => prepareNow(to, message))
    : to.open.redact(message).pipe(
        Effect.map((redacted) => prepareNow(to, redacted)),
        Effect.catchDefect((defect) =>
          Effect.succeed(Receipt.rejected(`personal data could not be hidden: ${describe(defect)}`))
        )
      )

/** Takes messages through a lane that has no buffer: what became of each, in their order. */
const through = Effect.fnUntraced(function* (
  to: OpenLane,
  messages: ReadonlyArray<Message.Message>,
  circumstances: Circumstances
) {
  const missing = lacking(to.lane.purposes, circumstances)
  const prepared =
    missing === undefined
      ? yield* Effect.forEach(messages, (message) => prepareFor(to, message))
      : messages.map(() => noConsent(missing))
  const going = prepared.filter((one): one is Message.Message => !isOutcome(one))
  const sent = (yield* Effect.forEach(batchesOf(to.lane.limits, going), to.send)).flat().values()
  const at = yield* Clock.currentTimeMillis
  const receipts = messages.map(({ messageId }, index) => {
    const one = prepared[index]!
    const { attempts, outcome } = isOutcome(one) ? { attempts: 0, outcome: one } : sent.next().value!
    return { messageId, sink: to.lane.name, outcome, attempts, at }
  })
  return to.open.settle === undefined ? receipts : yield* to.open.settle(messages, receipts)
})

/** The outcome of a message whose actor has not consented. */
export const noConsent = (purpose: string): Receipt.Outcome => Receipt.skipped(`no consent to ${purpose}`)

export const deliver = (
  self: EventSinkImpl,
  messages: ReadonlyArray<Message.Message>,
  options: { readonly plan?: Plan.Plan | undefined; readonly consent?: ReadonlySet<string> | "all" | undefined } = {}
): Effect.Effect<ReadonlyArray<Receipt.Receipt>, any, any> =>
  Effect.flatMap(openAll(self, options.plan), (lanes) =>
    Effect.map(
      Effect.forEach(lanes, (lane) => through(lane, messages, { consent: options.consent ?? "all" }), {
        concurrency: "unbounded"
      }),
      (receipts) => receipts.flat()
    )
  )

/** Messages that have been prepared for one lane go to another as they are: consent was asked for there. */
const onward: Circumstances = { consent: "all" }

export const orElse = (self: EventSinkImpl, that: EventSinkImpl): EventSinkImpl =>
  mapLanes(
    opened(self, (open, lane, plan) =>
      Effect.map(openAll(that, plan), (others) => {
        const first = retry.send(open.send, lane.retry)
        const send: retry.Send = (batch) =>
          Effect.flatMap(first(batch), (sent) =>
            Effect.reduce(
              others,
              (): ReadonlyArray<retry.Attempted> => sent,
              (before, other) => {
                const left = batch.filter((_, index) => Receipt.isLost(before[index]!.outcome))
                if (left.length === 0) return Effect.succeed(before)
                return Effect.map(through(other, left, onward), (receipts) => {
                  const next = receipts.values()
                  return before.map((one) => {
                    if (!Receipt.isLost(one.outcome)) return one
                    const { attempts, outcome } = next.next().value!
                    return { outcome, attempts: one.attempts + attempts }
                  })
                })
              }
            )
          )
        return { ...open, send }
      })
    ),
    (lane) => ({ ...lane, retry: retry.once })
  )

/** Does something more when messages have their receipts. */
const settled = (open: Opened, next: Settle): Opened => {
  const { settle: before } = open
  return {
    ...open,
    settle:
      before === undefined
        ? next
        : (messages, receipts) => Effect.flatMap(before(messages, receipts), (held) => next(messages, held))
  }
}

export const deadLetter = (self: EventSinkImpl, letters: EventSinkImpl): EventSinkImpl =>
  opened(self, (open, lane, plan) =>
    Effect.map(openAll(letters, plan), (others) =>
      settled(open, (messages, receipts) => {
        const lost = messages.filter((_, index) => Receipt.isLost(receipts[index]!.outcome))
        if (lost.length === 0) return Effect.succeed(receipts)
        return Effect.forEach(others, (other) => through(other, lost, onward), { concurrency: "unbounded" }).pipe(
          Effect.flatMap((given) => {
            const left = given.flat().filter(({ outcome }) => Receipt.isLost(outcome)).length
            return left === 0
              ? Effect.succeed(receipts)
              : Effect.as(Effect.logError(`${lane.name}: ${left} dead letters were lost`), receipts)
          })
        )
      })
    )
  )

export const tap = (
  self: EventSinkImpl,
  f: (message: Message.Message, receipt: Receipt.Receipt) => unknown
): EventSinkImpl =>
  opened(self, (open, lane) =>
    settled(open, (messages, receipts) =>
      Effect.as(
        Effect.forEach(
          messages,
          (message, index) =>
            Effect.catchCause(
              answer.ask(() => f(message, receipts[index]!), identity),
              (cause) => Effect.logWarning(`${lane.name}: tap failed`, cause)
            ),
          { discard: true }
        ),
        receipts
      )
    )
  )

export const mapReceipt = (
  self: EventSinkImpl,
  f: (receipt: Receipt.Receipt, message: Message.Message) => Receipt.Receipt
): EventSinkImpl =>
  opened(self, (open, lane) =>
    settled(open, (messages, receipts) =>
      Effect.forEach(receipts, (receipt, index) =>
        Effect.try({ try: () => f(receipt, messages[index]!), catch: describe }).pipe(
          Effect.map((changed) => ({ ...changed, messageId: receipt.messageId, sink: receipt.sink })),
          Effect.catch((thrown) => Effect.as(Effect.logWarning(`${lane.name}: mapReceipt threw ${thrown}`), receipt))
        )
      )
    )
  )
