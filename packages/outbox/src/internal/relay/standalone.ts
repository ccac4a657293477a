/** A relay without a service around it, for code that uses promises. */
import * as EventSink from "@trackmap/core/EventSink"
import { HttpTransport, layerFetch } from "@trackmap/core/HttpTransport"
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
import type { OutboxStore } from "../../OutboxStore.ts"
import type { Options, Service, SinkStatus } from "./model.ts"

/** A log line of a relay. */
export interface LogEntry {
  readonly level: "debug" | "info" | "warn" | "error"
  readonly message: string
}

/** The options of a relay for code that uses promises. */
export interface StartOptions<Services = never> extends Options {
  /** The outbox. The relay builds the layer, and closes it at the end. */
  readonly store: Layer.Layer<OutboxStore, unknown>
  readonly sinks: EventSink.EventSink<unknown, HttpTransport | Services>
  /** The services that the sinks need. It may have its own `HttpTransport`; the default uses `fetch`. */
  readonly services?: Layer.Layer<Services, unknown> | undefined
  /** Called with each log line. Default: the console. */
  readonly log?: ((entry: LogEntry) => void) | undefined
}

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
      log({ level: levels[logLevel] ?? "debug", message: texts.join(" ") })
    })
  ])

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
    const { log = toConsole, services = Layer.empty, sinks, store, ...options } = given
    const own = Layer.provideMerge(services as Layer.Layer<never, unknown>, layerFetch)
    const runtime = ManagedRuntime.make(Layer.provideMerge(Layer.mergeAll(own, store), loggerOf(log)))
    let closing: Promise<void> | undefined
    const scoped = Effect.runSync(Scope.make())
    const close = (): Promise<void> =>
      (closing ??= runtime.runPromise(Scope.close(scoped, Exit.void)).then(() => runtime.dispose()))
    try {
      const relay = await settled(runtime.runPromiseExit(Scope.provide(make(sinks, options), scoped)))
      return {
        sinks: relay.sinks,
        status: () => settled(runtime.runPromiseExit(relay.status)),
        metrics: () => Effect.runSync(relay.metrics),
        receipts: () => Stream.toAsyncIterable(relay.receipts),
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

/** Waits for a signal to end. A second one ends the process at once. */
const signalled = (): Promise<() => void> =>
  new Promise((resume) => {
    let first = true
    const listeners = Object.entries(signals).map(([signal, code]) => {
      const listener = (): void => {
        if (!first) process.exit(code)
        first = false
        resume(() => {
          for (const [name, each] of listeners) process.off(name, each)
        })
      }
      process.on(signal, listener)
      return [signal, listener] as const
    })
  })

export const run =
  (make: Make) =>
  async <Services = never>(options: StartOptions<Services>): Promise<void> => {
    const ended = signalled()
    const running = await start(make)(options)
    const ignore = await ended
    await running.close()
    ignore()
  }
