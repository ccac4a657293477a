/** A relay without a service around it, for code that uses promises. */
import * as EventSink from "@trackmap/core/EventSink"
import { HttpTransport, layerFetch } from "@trackmap/core/HttpTransport"
import * as CheckedOptions from "@trackmap/core/Options"
import type * as Plan from "@trackmap/core/Plan"
import type { Receipt } from "@trackmap/core/Receipt"
import type * as Tracker from "@trackmap/core/Tracker"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { OutboxStore } from "../../OutboxStore.ts"
import { functionOf, refuse, said } from "../options.ts"
import type { Options, Service, SinkStatus } from "./model.ts"
import { type Operations, operations } from "./operations.ts"
import { names } from "./settings.ts"

/** A log line of a relay. */
export interface LogEntry {
  readonly level: "debug" | "info" | "warn" | "error"
  readonly message: string
}

/** The options of a relay for code that uses promises. */
export interface StartOptions<Services = never, P extends Plan.Plan = Plan.Plan> extends Options<P> {
  /** The outbox. The relay builds the layer, and closes it at the end. */
  readonly store: Layer.Layer<OutboxStore, unknown>
  readonly sinks: EventSink.EventSink<unknown, HttpTransport | Services>
  /**
   * The services that the sinks need, and the loaders of the plan's events with `relations: "later"`. It may have its own `HttpTransport`; the
   * default uses `fetch`.
   */
  readonly services?: Layer.Layer<Services, unknown> | undefined
  /** Called with each log line. If it throws or rejects, the relay goes on without the line. Default: the console. */
  readonly log?: ((entry: LogEntry) => void) | undefined
}

/** Requires the services that look up relations. */
export type LaterServices<Services, P extends Plan.Plan> = [Plan.LaterServices<P>] extends [HttpTransport | Services]
  ? unknown
  : { readonly services: Layer.Layer<Exclude<Plan.LaterServices<P>, HttpTransport>, unknown> }

/** A relay that runs. */
export interface Running extends AsyncDisposable {
  /** The names of its sinks. */
  readonly sinks: ReadonlyArray<string>
  /** The state of each of its sinks. Rejects with `OutboxError`. */
  readonly status: () => Promise<ReadonlyArray<SinkStatus>>
  /** The counts of every sink since this relay started. */
  readonly metrics: () => ReadonlyArray<Tracker.SinkMetrics>
  /** The receipts from now on. If you read slowly and 10,000 are waiting, you miss the oldest. */
  readonly receipts: () => AsyncIterable<Receipt>
  /** The relay, for code that uses Effect, such as the inspector. */
  readonly relay: Service
  /** Its outbox: dead letters, and sending again. */
  readonly outbox: Operations
  /** Claims no more messages, waits up to `closeWithin` for those that are being sent, and closes the store. You can call it more than once. */
  readonly close: () => Promise<void>
}

const levels: Readonly<Record<string, LogEntry["level"]>> = {
  Info: "info",
  Warn: "warn",
  Error: "error",
  Fatal: "error"
}

const toConsole = ({ level, message }: LogEntry): void => globalThis.console[level](`trackmap: ${message}`)

const loggerOf = (log: (entry: LogEntry) => void): Layer.Layer<never> =>
  Logger.layer([
    Logger.make<unknown, void>(({ logLevel, message }) => {
      const texts = [message].flat().filter((part) => typeof part === "string")
      const told = async () => log({ level: levels[logLevel] ?? "debug", message: texts.join(" ") })
      // If the function throws or rejects, the relay goes on without the line.
      told().catch(() => {})
    })
  ])

const entity = "Relay.start"

const checked = <Services>(given: StartOptions<Services>): StartOptions<Services> => {
  const { log, services, sinks, store } = CheckedOptions.check<StartOptions<Services>>(entity, given, {
    ...names,
    store: true,
    sinks: true,
    services: true,
    log: true
  })
  for (const [path, layer] of Object.entries({ store, services })) {
    const isOptional = path === "services" && layer === undefined
    if (!isOptional && !Layer.isLayer(layer)) refuse(entity, path, `${path} must be a layer, not ${said(layer)}`)
  }
  if (typeof sinks !== "object" || sinks === null)
    refuse(entity, "sinks", `sinks must be a sink, or EventSink.fanOut of several, not ${said(sinks)}`)
  if (log !== undefined) functionOf(entity, "log", log)
  return given
}

type Make = (sinks: EventSink.EventSink<any, any>, options: Options) => Effect.Effect<Service, unknown, any>

/** Rejects with the error itself. */
const settled = async <A>(exit: Promise<Exit.Exit<A, unknown>>): Promise<A> => {
  const ended = await exit
  if (Exit.isSuccess(ended)) return ended.value
  throw Cause.squash(ended.cause)
}

export const start =
  (make: Make) =>
  async <Services = never>(given: StartOptions<Services>): Promise<Running> => {
    const { log = toConsole, services = Layer.empty, sinks, store, ...options } = checked(given)
    const own = Layer.provideMerge(services as Layer.Layer<never, unknown>, layerFetch)
    const runtime = ManagedRuntime.make(Layer.provideMerge(Layer.mergeAll(own, store), loggerOf(log)))
    let closing: Promise<void> | undefined
    const scoped = Effect.runSync(Scope.make())
    const close = (): Promise<void> =>
      (closing ??= runtime.runPromise(Scope.close(scoped, Exit.void)).then(() => runtime.dispose()))
    try {
      const relay = await settled(runtime.runPromiseExit(Scope.provide(make(sinks, options), scoped)))
      const built = await settled(runtime.runPromiseExit(OutboxStore))
      return {
        sinks: relay.sinks,
        relay,
        status: () => settled(runtime.runPromiseExit(relay.status)),
        metrics: () => Effect.runSync(relay.metrics),
        receipts: () => Stream.toAsyncIterable(relay.receipts),
        outbox: operations(built, (effect) => settled(runtime.runPromiseExit(effect))),
        close,
        [Symbol.asyncDispose]: close
      }
    } catch (error) {
      await close()
      throw error
    }
  }

/** The signals that end a process, and what a process that a signal ended exits with. */
const signals = { SIGTERM: 143, SIGINT: 130 } as const

/** Waits for a signal to end, until it is told to stop. A second signal ends the process at once. */
const signalled = (): { readonly signal: Promise<void>; readonly stop: () => void } => {
  const { promise, resolve } = Promise.withResolvers<void>()
  let first = true
  const listeners = Object.entries(signals).map(([signal, code]) => {
    const listener = (): void => {
      if (!first) process.exit(code)
      first = false
      resolve()
    }
    process.on(signal, listener)
    return [signal, listener] as const
  })
  const stop = (): void => {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
  return { signal: promise, stop }
}

export const run =
  (make: Make) =>
  async <Services = never>(options: StartOptions<Services>): Promise<void> => {
    const { signal, stop } = signalled()
    try {
      const running = await start(make)(options)
      await signal
      await running.close()
    } finally {
      stop()
    }
  }
