import * as EventSink from "@trackmap/core/EventSink"
import * as Tracker from "@trackmap/core/Tracker"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { trackerOptions } from "./checks.ts"
import { background } from "./clock.ts"
import { httpOf } from "./http.ts"
import * as log from "./log.ts"
import { millisOf } from "./millis.ts"
import type { Options } from "./options.ts"
import { errorOf, run } from "./run.ts"
import { scheduler } from "./turns.ts"

/** The services that sinks and resolvers need. */
export type Services = Context.Context<never>

/** The tracker and its services, once the sinks are open. */
export interface Opened {
  readonly tracker: Tracker.Service
  readonly services: Services
}

/** Its logger, and the scheduler of its fibers. */
const baseOf = ({ log: own }: Options<any>): Services =>
  Context.merge(own === undefined ? log.standard : log.to(own), scheduler)

/**
 * The context of the tracker. If the tracker ends with the process, its timers do not keep the process alive, unless
 * the service has its own clock.
 */
const trackerServices = (services: Services, inBackground: boolean): Services =>
  inBackground && !services.mapUnsafe.has(Clock.Clock.key) ? Context.add(services, Clock.Clock, background) : services

const open = Effect.fnUntraced(function* (
  options: Options<any>,
  inBackground: boolean,
  scope: Scope.Closeable
): Effect.fn.Return<Opened, unknown> {
  const own = options.services === undefined ? Context.empty() : yield* Layer.buildWithScope(options.services, scope)
  const http = yield* Layer.buildWithScope(httpOf(own), scope)
  const services: Services = Context.mergeAll(http, baseOf(options), own)
  const sinks: ReadonlyArray<EventSink.Any> = [options.sinks].flat()
  const tracker: Tracker.Service = yield* Tracker.make(EventSink.fanOut(...sinks), {
    ...trackerOptions(options),
    resolveWithin: options.resolveWithin ?? "10 seconds"
  }).pipe(
    Effect.provideContext(Context.add(trackerServices(services, inBackground), Scope.Scope, scope))
  ) as Effect.Effect<Tracker.Service, unknown>
  return { tracker, services }
})

const unopened = (): Effect.Effect<never> => Effect.die(new Error("the tracking closed before its sinks opened"))

/** A tracker from the opening of its sinks to its close. */
export class Lifecycle {
  readonly ready: Promise<void>
  readonly tracker: Promise<Tracker.Service>
  readonly #options: Options<any>
  readonly #scope: Scope.Closeable
  #opened: Opened | undefined

  private constructor(options: Options<any>, scope: Scope.Closeable, opening: Opened | Promise<Opened>) {
    this.#options = options
    this.#scope = scope
    if (!(opening instanceof Promise)) this.#opened = opening
    const opened = Promise.resolve(opening)
    this.ready = opened.then((value) => void (this.#opened = value))
    this.tracker = opened.then(({ tracker }) => tracker)
    // If nobody awaits these, the calls report the error.
    this.ready.catch(() => {})
    this.tracker.catch(() => {})
  }

  /**
   * Opens the sinks. Throws if one fails to open synchronously; the stack starts at the caller of `from`. `inBackground`: timers do
   * not keep the process alive.
   */
  static start(
    options: Options<any>,
    inBackground: boolean,
    from: (...args: ReadonlyArray<never>) => unknown
  ): Lifecycle {
    const scope = Scope.makeUnsafe()
    const opening = Effect.runForkWith(scheduler)(open(options, inBackground, scope))
    // Closing interrupts a slow opening.
    Effect.runSync(
      Scope.addFinalizer(
        scope,
        Effect.sync(() => opening.interruptUnsafe())
      )
    )
    const exit = opening.pollUnsafe()
    if (exit !== undefined && Exit.isFailure(exit)) {
      // Some of the sinks may be open.
      Effect.runForkWith(scheduler)(Scope.close(scope, exit))
      throw errorOf(exit.cause, from)
    }
    return new Lifecycle(options, scope, exit?.value ?? run(Effect.onInterrupt(Fiber.join(opening), unopened)))
  }

  /** Undefined before the sinks are open. */
  get opened(): Opened | undefined {
    return this.#opened
  }

  /** How long closing may take, in milliseconds. */
  get closeWithin(): number {
    return millisOf("closeWithin", this.#options.closeWithin ?? "20 seconds")
  }

  /**
   * Delivers all messages, and closes the sinks. `since` is when its time began, on the clock of `performance.now`. Calls have half of the time
   * for their relations.
   */
  async close(since = performance.now()): Promise<void> {
    const spent = (): number => performance.now() - since
    const begin = (): void => {
      if (this.#opened !== undefined) Tracker.beginClosingUnsafe(this.#opened.tracker, spent())
    }
    begin()
    // Let calls that waited for the sinks start first. The tracker handles those that wait for room.
    const ready = Effect.andThen(
      Effect.tryPromise(() => this.ready),
      Effect.yieldNow
    )
    const resolved = Effect.flatMap(ready, () => Tracker.resolved(this.#opened!.tracker))
    const within = Math.max(0, this.closeWithin / 2 - spent())
    await Effect.runPromiseExitWith(scheduler)(Effect.timeoutOption(resolved, within))
    begin()
    await run(Scope.close(this.#scope, Exit.void))
  }

  /** Ends the tracker synchronously. */
  end(): void {
    if (this.#opened !== undefined) Tracker.endUnsafe(this.#opened.tracker)
  }

  /**
   * Logs that a function of the service threw; tracking continues without its result. The error can contain anything, so it appears only at the
   * debug level.
   */
  threw(what: string, thrown: unknown): void {
    Effect.runForkWith(this.#opened?.services ?? baseOf(this.#options))(
      Effect.andThen(
        Effect.logError(`${what} threw; the debug log has the cause`),
        Effect.logDebug(what, Cause.die(thrown))
      )
    )
  }
}
