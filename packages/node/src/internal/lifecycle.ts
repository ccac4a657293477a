import * as EventSink from "@trackmap/core/EventSink"
import * as Tracker from "@trackmap/core/Tracker"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { httpOf } from "./http.ts"
import * as log from "./log.ts"
import type { Options } from "./options.ts"
import { errorOf, run } from "./run.ts"

/** The services that sinks and resolvers need. */
export type Services = Context.Context<never>

/** The tracker and its services, once the sinks are open. */
export interface Opened {
  readonly tracker: Tracker.Service
  readonly services: Services
}

const logOf = ({ log: own }: Options<any>): Services => (own === undefined ? log.standard : log.to(own))

const open = Effect.fnUntraced(function* (
  options: Options<any>,
  scope: Scope.Closeable
): Effect.fn.Return<Opened, unknown> {
  const http = yield* Layer.buildWithScope(httpOf(options.services), scope)
  const own = options.services === undefined ? Context.empty() : yield* Layer.buildWithScope(options.services, scope)
  const services: Services = Context.mergeAll(http, logOf(options), own)
  const sinks: ReadonlyArray<EventSink.Any> = [options.sinks].flat()
  const tracker: Tracker.Service = yield* Tracker.make(EventSink.fanOut(...sinks), {
    ...options,
    resolveWithin: options.resolveWithin ?? "10 seconds"
  }).pipe(Effect.provideContext(Context.add(services, Scope.Scope, scope))) as Effect.Effect<Tracker.Service, unknown>
  return { tracker, services }
})

const unopened = (): Effect.Effect<never> => Effect.die(new Error("the tracking was closed before its sinks were open"))

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

  /** Opens the sinks. Throws if one cannot open and this is known at once; the stack starts at the caller of `from`. */
  static start(options: Options<any>, from: (...args: ReadonlyArray<never>) => unknown): Lifecycle {
    const scope = Scope.makeUnsafe()
    const opening = Effect.runFork(open(options, scope))
    // Closing interrupts an opening that takes too long.
    Effect.runSync(
      Scope.addFinalizer(
        scope,
        Effect.sync(() => opening.interruptUnsafe())
      )
    )
    const exit = opening.pollUnsafe()
    if (exit !== undefined && Exit.isFailure(exit)) {
      // Some of the sinks may be open.
      Effect.runFork(Scope.close(scope, exit))
      throw errorOf(exit.cause, from)
    }
    return new Lifecycle(options, scope, exit?.value ?? run(Effect.onInterrupt(Fiber.join(opening), unopened)))
  }

  /** Undefined before the sinks are open. */
  get opened(): Opened | undefined {
    return this.#opened
  }

  /** Delivers all messages, and closes the sinks. */
  async close(): Promise<void> {
    const within = Option.getOrElse(Duration.fromInput(this.#options.closeWithin ?? "20 seconds"), () => Duration.zero)
    // Let calls that waited for the sinks start first. The tracker handles those that wait for room.
    const ready = Effect.andThen(
      Effect.tryPromise(() => this.ready),
      Effect.yieldNow
    )
    const resolved = Effect.flatMap(ready, () => Tracker.resolved(this.#opened!.tracker))
    await Effect.runPromiseExit(Effect.timeoutOption(resolved, within))
    await run(Scope.close(this.#scope, Exit.void))
  }

  /** Ends the tracker synchronously. */
  end(): void {
    if (this.#opened !== undefined) Tracker.endUnsafe(this.#opened.tracker)
  }

  /** Logs an error of the service's own function; tracking continues without its result. */
  threw(what: string, thrown: unknown): void {
    Effect.runForkWith(this.#opened?.services ?? logOf(this.#options))(
      Effect.logError(`${what} threw`, Cause.die(thrown))
    )
  }
}
