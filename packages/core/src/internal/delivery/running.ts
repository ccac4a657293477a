import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { PreventSchedulerYield } from "effect/Scheduler"
import { MessageShapes } from "../event/messageShape.ts"
import { bind } from "../base/asyncContext.ts"
import { implOf } from "../event/plan.ts"
import { Closing } from "../sink/closing.ts"
import { SinkFailed } from "../sink/failed.ts"
import type { OpenSink } from "../sink/model.ts"
import { AwaitingConsent } from "./awaitingConsent.ts"
import { Deadline } from "./deadline.ts"
import { Failures } from "./failures.ts"
import type { Start } from "./model.ts"
import { Observers } from "./observation.ts"
import { Published } from "./published.ts"
import { Resolving } from "./resolving.ts"
import { RunningSink } from "./runningSink.ts"
import type { Settings } from "./settings.ts"
import { ViolationLog } from "./violationLog.ts"

/** The parts of a running tracker. */
export interface Running {
  readonly settings: Settings
  readonly shapes: MessageShapes
  readonly context: Context.Context<never>
  /** The context, with the services that the tracker provides to sinks. */
  readonly services: Context.Context<never>
  readonly sinks: ReadonlyArray<RunningSink>
  readonly awaitingConsent: AwaitingConsent
  readonly resolving: Resolving
  readonly observers: Observers
  /** Undefined if the service has no `onError`. */
  readonly failures: Failures | undefined
  readonly receipts: Published
  /** Opens when the tracker closes. */
  readonly closing: Latch.Latch
  readonly deadline: Deadline
  readonly violationLog: ViolationLog
  readonly start: Start
  /** Announces the last turn of the event loop: work that starts now must not yield. */
  readonly lastTurn: () => void
}

/** Starts the parts of a running tracker, except its workers. */
export const run = (settings: Settings, opened: ReadonlyArray<OpenSink>, context: Context.Context<never>): Running => {
  const closing = Latch.makeUnsafe(false)
  let services = Context.add(context, Closing, closing)
  const { onError } = settings
  const failures = onError && new Failures(onError, (effect) => start(effect))
  if (failures !== undefined) services = Context.add(services, SinkFailed, failures.sink)
  let fork = Effect.runForkWith(services)
  // The context has the sinks' services, since making the tracker required them.
  // Work for all callers belongs to none of them, so that it keeps no caller's context alive.
  const own = bind((effect: Effect.Effect<void>) => fork(effect))
  const start: Start = (effect) => own.call(effect as Effect.Effect<void>)
  const clock = Context.get(context, Clock.Clock)
  const awaitingConsent = new AwaitingConsent(settings.consentCapacity)
  const receipts = new Published()
  const environment = { context, clock, start, publish: receipts.publish, awaitingConsent, buffer: settings.buffer }
  return {
    settings,
    shapes: new MessageShapes(settings.plan && implOf(settings.plan)),
    context,
    services,
    sinks: opened.map((sink, index) => new RunningSink(sink, index, environment)),
    awaitingConsent,
    resolving: new Resolving(settings.resolveWithin, clock, start),
    observers: new Observers(start),
    failures,
    receipts,
    closing,
    deadline: new Deadline(settings.closeWithin, clock),
    violationLog: new ViolationLog(),
    start,
    lastTurn: () => void (fork = Effect.runForkWith(Context.add(services, PreventSchedulerYield, true)))
  }
}

/** One worker for each sink, which sends its batches. */
export const workersOf = ({ services, sinks }: Running): ReadonlyArray<Effect.Effect<never, never, any>> =>
  sinks.flatMap(({ concurrency, worker }) =>
    Array.from({ length: concurrency }, () => Effect.provideContext(worker, services))
  )
