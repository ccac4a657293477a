import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { Actor } from "../../Actor.ts"
import type * as EventSink from "../../EventSink.ts"
import * as Message from "../../Message.ts"
import type * as Receipt from "../../Receipt.ts"
import type * as TrackedEvent from "../../TrackedEvent.ts"
import { Json } from "../base/jsonText.ts"
import { millisOf } from "../base/options.ts"
import { MessageShapes } from "../event/messageShape.ts"
import type { Input } from "../event/model.ts"
import { implOf } from "../event/plan.ts"
import { consentOf } from "../sink/consent.ts"
import { fanOut } from "../sink/fanOut.ts"
import { openAll } from "../sink/open.ts"
import { sinksOf } from "../sink/sink.ts"
import type { Tolerated } from "../value/tolerance.ts"
import { ResolutionTrace } from "../value/trace.ts"
import * as drafts from "./draft.ts"
import * as ending from "./ending.ts"
import { countViolations } from "./metrics.ts"
import type { CallOptions, Flushed, Options, Service, SinkMetrics, Tracked } from "./model.ts"
import type { Observed } from "./observation.ts"
import { defers, type EventRules, type Rules, rulesOfEvent, type Tracking, withLeft } from "./rules.ts"
import { run, type Running, workersOf } from "./running.ts"
import { type ReadCall, readCall, type ReadEvent, readEvent, type ReadMessage, readMessage } from "./reading.ts"
import { settingsOf } from "./settings.ts"
import * as spans from "./spans.ts"
import { together } from "./together.ts"
import { TrackedMessage } from "./trackedMessage.ts"
import * as violations from "./violations.ts"

type Type = Message.Message["type"]

/** A call without its message. */
interface Call {
  readonly context: Context.Context<never>
  readonly actor: Actor
  readonly rules: Rules
  readonly observed: Observed | undefined
  /** Its violations. */
  readonly found: ReadonlyArray<Tolerated>
}

export class TrackerImpl implements Service {
  readonly #running: Running
  readonly #rules = new Map<TrackedEvent.Any, EventRules>()

  constructor(running: Running) {
    this.#running = running
  }

  readonly track: Service["track"] = (event, input, options) =>
    Effect.withFiber((fiber) => this.trackIn(fiber.context, event, input, options))

  /** `track` with the caller's services. Returns an Exit if there is nothing to wait for. */
  trackIn(
    context: Context.Context<never>,
    event: TrackedEvent.Any,
    input: Input,
    options: CallOptions | undefined
  ): Effect.Effect<TrackedMessage<Message.Track>, any, any> {
    const rules = this.#rules.get(event) ?? this.#rulesOf(event)
    const observed = this.#observed("track", event)
    if (rules.unplanned === undefined) {
      const properties = rules.properties.now(input)
      if (properties !== undefined) {
        const findings = new drafts.Findings(rules.name, rules.shape)
        const actor = Context.get(context, Actor)
        const fields: drafts.CallFields<"track"> = { type: "track", event: rules.name, properties }
        const draft = drafts.complete(fields, { context, actor, options }, findings, rules.shape.plan)
        return this.#accept(draft, { context, actor, rules, observed, found: findings.found })
      }
    }
    return this.#trackLater(context, rules, input, options, observed)
  }

  #trackLater(
    context: Context.Context<never>,
    rules: EventRules,
    input: Input,
    options: CallOptions | undefined,
    observed: Observed | undefined
  ): Effect.Effect<TrackedMessage<Message.Track>, any, any> {
    const clock = Context.get(context, Clock.Clock)
    const trace = observed && new ResolutionTrace(clock, (resolution) => observed.resolved(resolution))
    return this.resolve(context, readEvent(context, rules, input, options, trace, defers(this.#running)), observed)
  }

  #rulesOf(event: TrackedEvent.Any): EventRules {
    const rules = rulesOfEvent(this.#running, event)
    this.#rules.set(event, rules)
    return rules
  }

  #observed(type: Type, event?: TrackedEvent.Any): Observed | undefined {
    const { observers } = this.#running
    return observers.none ? undefined : observers.observe({ type, event })
  }

  /** Tracks an event that has been read, as soon as its relations are resolved. */
  resolve(
    context: Context.Context<never>,
    { actor, found, moment, properties, rules, tolerance }: ReadEvent,
    observed: Observed | undefined
  ): Effect.Effect<TrackedMessage<Message.Track>, any, any> {
    return this.#running.resolving.bound(tolerance, properties, (values) => {
      const draft: drafts.Draft<"track"> = { type: "track", event: rules.name, properties: values, ...moment }
      const all = [...tolerance.found, ...(rules.unplanned === undefined ? [] : [rules.unplanned]), ...found]
      return this.#accept(draft, { context, actor, rules: withLeft(rules, tolerance.later), observed, found: all })
    })
  }

  readonly call: Service["call"] = (type, call, options) =>
    Effect.withFiber(({ context }) => this.accept(context, readCall(this.#running, context, type, call, options)))

  /** Accepts a call that has been read. Only an event that itself sets `"fail"` has a typed error. */
  accept(context: Context.Context<never>, { actor, draft, found, rules }: ReadCall): Effect.Effect<Tracked> {
    return Effect.orDie(this.#accept(draft, { context, actor, rules, observed: this.#observed(draft.type), found }))
  }

  /** Passes the message of a draft to the sinks, with its violations. */
  #accept<T extends Type>(draft: drafts.Draft<T>, call: Call): Effect.Effect<TrackedMessage<drafts.MessageOf<T>>, any> {
    // Serialise the message now, so that later changes by the caller do not affect it.
    return call.found.length === 0 && drafts.hasJson(draft) ? this.#give(draft, call) : this.#acceptClean(draft, call)
  }

  /** Passes the message to the sinks without the values that have no JSON, which become violations. */
  #acceptClean<T extends Type>(
    draft: drafts.Draft<T>,
    call: Call
  ): Effect.Effect<TrackedMessage<drafts.MessageOf<T>>, any> {
    const { rules } = call
    const findings = new drafts.Findings(rules.name, rules.shape)
    const message = drafts.cleanFields(draft, findings) as unknown as drafts.MessageOf<T>
    const found = [...call.found, ...findings.found]
    countViolations(this.#running.context, rules.name, found.length)
    this.#running.failures?.relations(rules.name, found)
    const failure = violations.failureOf(rules, found)
    if (failure !== undefined) return failure
    const annotated = violations.annotate(message, found)
    const line = this.#logged(rules, found)
    const given = this.#give(annotated, { ...call, found }, violations.rejectionOf(rules, found))
    return line === undefined ? given : Effect.andThen(line, given)
  }

  #give<M extends Message.Message>(
    message: M,
    call: Call,
    rejection?: Receipt.Outcome
  ): Effect.Effect<TrackedMessage<M>> {
    const { actor, context, found, observed, rules } = call
    if (message.context !== undefined) spans.addEvent(context, message)
    const origin = { consent: consentOf(actor.consent), violations: violations.toldOf(found), rejection }
    return this.#take(new TrackedMessage(message, rules, origin, this.#running.sinks.length, observed))
  }

  readonly send: Service["send"] = (message) =>
    Effect.withFiber(({ context }) =>
      Effect.flatMap(readMessage(this.#running, context, message), (read) => this.acceptMessage(read))
    )

  /** Accepts a message that has been read. */
  acceptMessage({
    consent,
    found,
    isNow,
    lostBy,
    message,
    rules,
    violations: earlier
  }: ReadMessage): Effect.Effect<Tracked> {
    const told = [...earlier, ...violations.toldOf(found)]
    // If the sink has been renamed since, all sinks receive the message.
    const to = this.#running.sinks.some(({ name }) => name === lostBy) ? lostBy : undefined
    const take = (sent: Message.Message, rejection?: Receipt.Outcome): Effect.Effect<Tracked> => {
      const origin = { consent, violations: told, rejection, to, acts: isNow }
      return this.#take(new TrackedMessage(sent, rules, origin, this.#running.sinks.length, this.#observed(sent.type)))
    }
    if (found.length === 0) return take(message)
    countViolations(this.#running.context, rules.name, found.length)
    const failure = violations.failureOf(rules, found)
    if (failure !== undefined) return Effect.orDie(failure)
    const annotated = violations.annotate(message, found)
    const line = this.#logged(rules, found)
    const taken = take(annotated, violations.rejectionOf(rules, found))
    return line === undefined ? taken : Effect.andThen(line, taken)
  }

  #logged(rules: Rules, found: ReadonlyArray<Tolerated>): Effect.Effect<void> | undefined {
    const { context, violationLog } = this.#running
    return violationLog.add(rules.name, found, Context.get(context, Clock.Clock).currentTimeMillisUnsafe())
  }

  /** Passes a message to every sink, which may give it a receipt at once. Waits for full sinks only after all others have it. */
  #take<M extends Message.Message>(tracked: TrackedMessage<M>): Effect.Effect<TrackedMessage<M>> {
    const { accepted } = tracked
    const { awaitingConsent, sinks } = this.#running
    let waits: Array<Effect.Effect<void>> | undefined
    // Combinators may write other JSON before every sink has this one.
    const json = Json.known(tracked.message)
    json?.pin()
    accepted.observed?.tracked(tracked.message)
    for (const sink of sinks) {
      const wait = sink.take(tracked)
      if (wait !== undefined) (waits ??= []).push(wait)
    }
    if (tracked.origin.acts !== false) {
      const { anonymousId, userId } = tracked.message
      for (const wait of awaitingConsent.release([userId, anonymousId], accepted.consent)) (waits ??= []).push(wait)
    }
    json?.unpin()
    return waits === undefined ? Effect.succeed(tracked) : Effect.as(together(waits), tracked)
  }

  readonly observe: Service["observe"] = (observer) =>
    Effect.asVoid(
      Effect.acquireRelease(
        Effect.sync(() => this.#running.observers.add(observer)),
        (remove) => Effect.sync(remove)
      )
    )

  readonly release: Effect.Effect<void> = Effect.withFiber((fiber) => {
    const actor = fiber.getRef(Actor)
    const findings = new drafts.Findings("release")
    const ids = [actor.userId, actor.anonymousId].map((id) => drafts.idOf(id, "id", findings))
    return together(this.#running.awaitingConsent.release(ids, consentOf(actor.consent)))
  })

  get resolved(): Effect.Effect<void> {
    return this.#running.resolving.resolved
  }

  get flush(): Effect.Effect<Flushed> {
    return this.#flush(this.#running.settings.flushWithin)
  }

  readonly flushWithin: Service["flushWithin"] = (limit) => this.#flush(millisOf("flush", "within", limit))

  #flush(within: number): Effect.Effect<Flushed> {
    return Effect.suspend(() => {
      const flushing = this.#running.sinks.map((sink) => [sink.name, sink.flush()] as const)
      const done = together(flushing.map(([, { done }]) => done))
      const bounded = within === Number.POSITIVE_INFINITY ? done : Effect.timeoutOption(done, within)
      return Effect.map(bounded, () => {
        const sinks = Object.fromEntries(flushing.map(([name, { left }]) => [name, left()] as const))
        return { left: Object.values(sinks).reduce((sum, left) => sum + left, 0), sinks }
      })
    })
  }

  get metrics(): Effect.Effect<ReadonlyArray<SinkMetrics>> {
    return Effect.sync(() => this.#running.sinks.map(({ metrics }) => metrics))
  }

  get receipts(): Stream.Stream<Receipt.Receipt> {
    return this.#running.receipts.stream
  }

  stopWaitingUnsafe(): void {
    for (const sink of this.#running.sinks) sink.stopWaiting()
  }

  beginClosingUnsafe(spent: number): void {
    ending.begin(this.#running, spent)
  }

  endUnsafe(): void {
    ending.endUnsafe(this.#running)
  }
}

/** Another implementation of the service has only the service's methods. */
const isOwn = (tracker: Service): tracker is TrackerImpl => tracker instanceof TrackerImpl

/** Our own tracker needs no look-up of the current fiber. */
export const trackUnsafe = (
  tracker: Service,
  context: Context.Context<never>,
  event: TrackedEvent.Any,
  input: Input,
  options?: CallOptions
): Effect.Effect<Tracked<Message.Track>, any, any> =>
  isOwn(tracker)
    ? tracker.trackIn(context, event, input, options)
    : tracker.track(event, input as TrackedEvent.Input<TrackedEvent.Any>, options)

export const resolved = (tracker: Service): Effect.Effect<void> => (isOwn(tracker) ? tracker.resolved : Effect.void)

export const stopWaitingUnsafe = (tracker: Service): void => {
  if (isOwn(tracker)) tracker.stopWaitingUnsafe()
}

export const beginClosingUnsafe = (tracker: Service, spent = 0): void => {
  if (isOwn(tracker)) tracker.beginClosingUnsafe(spent)
}

export const endUnsafe = (tracker: Service): void => {
  if (isOwn(tracker)) tracker.endUnsafe()
}

/** A call that has been read before its tracker has opened. Run it once, with the call's services. */
export interface EarlyCall<out M extends Message.Message = Message.Message> {
  readonly give: (tracker: Service) => Effect.Effect<Tracked<M>, any, any>
}

const early = <M extends Message.Message>(
  give: (tracker: TrackerImpl, context: Context.Context<never>) => Effect.Effect<Tracked<M>, any, any>
): EarlyCall<M> => ({
  give: (tracker) =>
    Effect.withFiber(({ context }) =>
      isOwn(tracker)
        ? give(tracker, context)
        : Effect.die(new TypeError("Tracker.early is for trackers of Tracker.make"))
    )
})

/** Reads calls for a tracker whose sinks are still opening. */
export class Early {
  readonly #tracking: Tracking

  constructor(options: Options, sinks: EventSink.Any | undefined) {
    const settings = settingsOf(options)
    const shapes = new MessageShapes(settings.plan && implOf(settings.plan))
    this.#tracking = { settings, shapes, sinks: sinks && sinksOf(sinks) }
  }

  track(
    context: Context.Context<never>,
    event: TrackedEvent.Any,
    input: Input,
    options?: CallOptions
  ): EarlyCall<Message.Track> {
    const rules = rulesOfEvent(this.#tracking, event)
    const read = readEvent(context, rules, input, options, undefined, defers(this.#tracking))
    return early((tracker, services) => tracker.resolve(services, read, undefined))
  }

  call(
    context: Context.Context<never>,
    type: Type,
    call: Readonly<Record<string, unknown>>,
    options?: CallOptions
  ): EarlyCall {
    const read = readCall(this.#tracking, context, type, call, options)
    return early((tracker, services) => tracker.accept(services, read))
  }

  send(context: Context.Context<never>, message: unknown): EarlyCall {
    const read = readMessage(this.#tracking, context, message)
    return early((tracker) => Effect.flatMap(read, (sent) => tracker.acceptMessage(sent)))
  }
}

export const make = (sinks: EventSink.Any, options?: Options): Effect.Effect<TrackerImpl, any, any> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    const settings = settingsOf(options)
    // `fanOut` throws for anything that is not a sink.
    const opened = yield* openAll(fanOut(sinks), settings.plan)
    const running = run(settings, opened, context)
    yield* Effect.acquireRelease(
      Effect.forEach(workersOf(running), (worker) => Effect.forkDetach(worker)),
      (workers) => ending.close(running, workers)
    )
    return new TrackerImpl(running)
  })
