import * as DefinitionError from "@trackmap/core/DefinitionError"
import * as Message from "@trackmap/core/Message"
import type * as Plan from "@trackmap/core/Plan"
import * as Tracker from "@trackmap/core/Tracker"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as detail from "./detail.ts"
import { Drift } from "./drift.ts"
import { Knowledge } from "./knowledge.ts"
import { logDefect } from "./logDefect.ts"
import type { Outbox } from "./outbox/model.ts"
import { Watch } from "./outbox/Watch.ts"
import type { EventDetail, Hello } from "./protocol.ts"
import { type Limits, Store } from "./store.ts"
import { Ticks } from "./ticks.ts"
import type { Warehouse } from "./warehouse/model.ts"
import { Explorer } from "./warehouse/routes.ts"

export interface Settings {
  readonly plan: Plan.Plan | undefined
  readonly limits: Limits
  readonly outbox: Outbox | undefined
  readonly relay: Source | undefined
  readonly warehouse: Warehouse | undefined
}

/** What delivers messages: a tracker or a relay. */
export type Source = Pick<Tracker.Service, "metrics" | "observe">

/** The maximum number of connections. */
export const seats = 20

const frameMillis = 100
const framesInTick = 10
const lookMillis = 1_000

const wholeNumber = (what: string, value: number): number => {
  if (Number.isSafeInteger(value) && value > 0) return value
  const detail = `${what} must be a whole number of at least 1, not ${value}`
  throw new DefinitionError.DefinitionError({ entity: "Inspector", reason: "BadLimit", paths: [], detail })
}

const outboxOf = (given: Outbox | undefined): Outbox | undefined => {
  if (given === undefined) return undefined
  const { letter, letters, replay, stats } = (given ?? {}) as Partial<Outbox>
  const isCallable = [letter, letters, replay].every((one) => typeof one === "function")
  if (isCallable && (typeof stats === "function" || typeof stats === "object")) return given
  const detail =
    "the outbox must have stats, letters, letter and replay: pass the OutboxStore, or the outbox of a relay"
  throw new DefinitionError.DefinitionError({ entity: "Inspector", reason: "BadName", paths: ["outbox"], detail })
}

const relayOf = (given: Source | undefined): Source | undefined => {
  if (given === undefined) return undefined
  const { metrics, observe } = (given ?? {}) as Partial<Source>
  if (Effect.isEffect(metrics) && typeof observe === "function") return given
  const detail = "the relay must have metrics and observe: pass the service Relay, or the relay of Relay.start"
  throw new DefinitionError.DefinitionError({ entity: "Inspector", reason: "BadName", paths: ["relay"], detail })
}

const warehouseOf = (given: Warehouse | undefined): Warehouse | undefined => {
  if (given === undefined) return undefined
  const { ask, catalog, name, select } = (given ?? {}) as Partial<Warehouse>
  if (typeof name === "string" && [ask, catalog, select].every((one) => typeof one === "function")) return given
  const detail = "the warehouse must have name, catalog, ask and select: pass an explorer, such as DuckDB.explorer"
  throw new DefinitionError.DefinitionError({ entity: "Inspector", reason: "BadName", paths: ["warehouse"], detail })
}

/** Checks the options. */
export const settingsOf = (options: {
  readonly plan?: Plan.Plan | undefined
  readonly capacity?: number | undefined
  readonly bytes?: number | undefined
  readonly rate?: number | undefined
  readonly outbox?: Outbox | undefined
  readonly relay?: Source | undefined
  readonly warehouse?: Warehouse | undefined
}): Settings => ({
  plan: options.plan,
  relay: relayOf(options.relay),
  outbox: outboxOf(options.outbox),
  warehouse: warehouseOf(options.warehouse),
  limits: {
    capacity: wholeNumber("the number of events to keep", options.capacity ?? 2_000),
    bytes: wholeNumber("the number of bytes to keep", options.bytes ?? 32_000_000),
    rate: wholeNumber("the number of events to keep per second", options.rate ?? 1_000)
  }
})

const metricsOf = (sources: ReadonlyArray<Source>): Effect.Effect<ReadonlyArray<Tracker.SinkMetrics>> =>
  Effect.map(
    Effect.forEach(sources, ({ metrics }) => metrics),
    (all) => all.flat()
  )

/** The record of a tracker, shared by all connections. */
export class InspectorImpl {
  readonly run: string
  readonly store: Store
  readonly knowledge: Knowledge
  readonly ticks = new Ticks()
  readonly drift = new Drift()
  readonly watch: Watch | undefined
  readonly explorer: Explorer | undefined
  readonly #clock: Clock.Clock
  readonly #sources: ReadonlyArray<Source>
  readonly #sinks: ReadonlyArray<string>
  readonly #waiting = new Set<() => void>()
  #connections = 0
  #closed = false

  constructor(settings: Settings, sources: ReadonlyArray<Source>, sinks: ReadonlyArray<string>, clock: Clock.Clock) {
    this.#clock = clock
    this.#sources = sources
    this.#sinks = sinks
    this.run = Message.nextId(clock.currentTimeMillisUnsafe())
    this.store = new Store(settings.limits, clock)
    this.knowledge = new Knowledge(settings.plan, sinks)
    this.watch = settings.outbox && new Watch(settings.outbox)
    this.explorer = settings.warehouse && new Explorer(settings.warehouse, settings.plan)
  }

  get closed(): boolean {
    return this.#closed
  }
  get connections(): number {
    return this.#connections
  }
  /** The number of connections that wait for the next frame. */
  get waiting(): number {
    return this.#waiting.size
  }

  get hello(): Omit<Hello, "outbox"> {
    return {
      run: this.run,
      plan: this.knowledge.planned,
      sinks: this.#sinks,
      capacity: this.store.capacity,
      ticks: this.ticks.all,
      warehouse: this.explorer && { name: this.explorer.name }
    }
  }

  /** An event's details, or undefined if it is no longer kept. */
  event(key: string): Effect.Effect<EventDetail | undefined> {
    const entry = this.store.get(key)
    return entry === undefined ? Effect.succeed(undefined) : detail.of(this.knowledge, entry)
  }

  /** Waits for the next frame. */
  readonly frame: Effect.Effect<void> = Effect.callback((resume) => {
    if (this.#closed) return resume(Effect.void)
    const go = (): void => resume(Effect.void)
    this.#waiting.add(go)
    return Effect.sync(() => void this.#waiting.delete(go))
  })

  /** Takes a seat until the scope closes, or returns false if all are taken. */
  readonly seat: Effect.Effect<boolean, never, Scope.Scope> = Effect.acquireRelease(
    Effect.sync(() => {
      if (this.#closed || this.#connections >= seats) return false
      this.#connections++
      return true
    }),
    (seated) => Effect.sync(() => void (seated && this.#connections--))
  )

  #wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const go of waiting) go()
  }

  get #tick(): Effect.Effect<void> {
    return Effect.map(metricsOf(this.#sources), (metrics) => {
      this.ticks.add(this.store, metrics, this.#clock.currentTimeMillisUnsafe())
      this.drift.look(this.knowledge, this.store)
    })
  }

  /** Ten times a second, makes room for more events and starts a frame; once a second, ticks. */
  get frames(): Effect.Effect<never> {
    let last = this.#clock.currentTimeMillisUnsafe()
    let count = 0
    const frame = Effect.suspend(() => {
      const now = this.#clock.currentTimeMillisUnsafe()
      this.store.refill(now - last)
      last = now
      return ++count % framesInTick === 0 ? this.#tick : Effect.void
    })
    return frame.pipe(
      // Continue, whatever a message contains.
      Effect.catchDefect((defect) => logDefect("the inspector could not read the latest events", defect)),
      Effect.andThen(Effect.sync(() => this.#wake())),
      Effect.delay(frameMillis),
      Effect.forever
    )
  }

  /** Once a second, and only while somebody looks, looks at the outbox. */
  looks(watch: Watch): Effect.Effect<never> {
    return Effect.suspend(() => (this.#connections > 0 ? watch.look : Effect.void)).pipe(
      Effect.andThen(Effect.sleep(lookMillis)),
      Effect.forever
    )
  }

  readonly close: Effect.Effect<void> = Effect.sync(() => {
    this.#closed = true
    this.#wake()
  })
}

/** Observes the context's tracker until the scope closes. */
export const make = Effect.fnUntraced(function* (settings: Settings) {
  const tracker = yield* Tracker.Tracker
  const sources = [tracker, ...(settings.relay === undefined ? [] : [settings.relay])]
  const sinks = new Set((yield* metricsOf(sources)).map(({ sink }) => sink))
  const inspector = new InspectorImpl(settings, sources, [...sinks], yield* Clock.Clock)
  yield* Effect.addFinalizer(() => inspector.close)
  yield* tracker.observe(inspector.store)
  if (settings.relay !== undefined) yield* settings.relay.observe(inspector.store.relayed)
  yield* Effect.forkScoped(inspector.frames)
  if (inspector.watch !== undefined) yield* Effect.forkScoped(inspector.looks(inspector.watch))
  return inspector
})
