/**
 * A live page for your service: every event, the origin of each key, each sink's requests, and the receipts.
 *
 * @module
 */
import * as CheckedOptions from "@trackmap/core/Options"
import type * as Plan from "@trackmap/core/Plan"
import type * as Tracker from "@trackmap/core/Tracker"
import { Tracker as TrackerService } from "@trackmap/core/Tracker"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as internal from "./internal/inspector.ts"
import type { Answer } from "./internal/asking/Answer.ts"
import type { DeadLetter, LettersOf, LettersPage, Outbox, OutboxSink } from "./internal/outbox/model.ts"
import * as server from "./internal/routes.ts"
import type {
  Answered,
  AskOptions,
  Comparison,
  Measure,
  Question,
  SelectOptions,
  Warehouse,
  WarehouseColumn,
  WarehouseFilter,
  WarehouseKind,
  WarehouseTable
} from "./internal/warehouse/model.ts"

export type { Answer, DeadLetter, LettersOf, LettersPage, Outbox, OutboxSink }
export type {
  Answered,
  AskOptions,
  Comparison,
  Measure,
  Question,
  SelectOptions,
  Warehouse,
  WarehouseColumn,
  WarehouseFilter,
  WarehouseKind,
  WarehouseTable
}

/** The type identifier of inspectors. */
export const TypeId = "~@trackmap/inspector/Inspector" as const

/** The inspector's record of a tracker. `routes` and `handler` serve it as a page. */
export interface Service {
  readonly [TypeId]: typeof TypeId
}

/** The inspector of a service. */
export class Inspector extends Context.Service<Inspector, Service>()("@trackmap/inspector/Inspector") {}

/** The inspector's options. */
export interface Options {
  /** The tracker's plan. It marks personal data, and the page shows it next to the events. */
  readonly plan?: Plan.Plan | undefined
  /** The number of events to keep; a new one replaces the oldest. Default: 2,000. */
  readonly capacity?: number | undefined
  /**
   * The number of bytes to keep: of the JSON of events, of what each sink sends, and of the reasons of errors. The oldest events make room.
   * Default: 32,000,000. The inspector only counts an event that exceeds this alone.
   */
  readonly bytes?: number | undefined
  /**
   * The number of events to keep per second. Default: 1,000. The inspector only counts the others, by name, which bounds its cost to the
   * tracker.
   */
  readonly rate?: number | undefined
  /**
   * The outbox of the service, if it has one: the page shows each sink's progress and the dead letters, and sends letters again. Pass the service
   * `OutboxStore` of `@trackmap/outbox`, or with promises `relay.outbox` of its `Relay.start`. Default: none.
   */
  readonly outbox?: Outbox | undefined
  /**
   * A relay in this process, of `@trackmap/outbox` or `@trackmap/jetstream`. The page then also shows what its sinks send and their receipts. Without
   * it, the page shows only that an event is stored. With promises, pass `relay.relay`. Default: none.
   */
  readonly relay?: Pick<Tracker.Service, "metrics" | "observe"> | undefined
  /**
   * The warehouse of the service, if it has one: the page gets a tab, Explore, that answers questions about its events, and runs statements that only
   * read. Pass an explorer, such as `DuckDB.explorer` of `@trackmap/duckdb`. The page shows no column that the plan marks as personal, and without a plan
   * no key of an event. Default: none.
   */
  readonly warehouse?: Warehouse | undefined
}

/** The options of the page. */
export interface ServeOptions {
  /** The path of the page. Default: "/inspector". */
  readonly path?: string | undefined
  /**
   * With a token, every request for data needs `Authorization: Bearer <token>`, and may come from anywhere; the page prompts for the token. A
   * token is one or more visible ASCII characters: generate at least 32.
   *
   * Without a token, only this machine has access: the connection comes from a loopback address, the Host header names `localhost`,
   * `127.0.0.1`, `[::1]` or one of `hosts`, and no header shows that a proxy forwarded the request (`Forwarded`, `X-Forwarded-For` and
   * similar), because behind a local proxy everybody seems to be on this machine. The inspector cannot distinguish a proxy that adds no
   * such header from a person at this machine: **behind a proxy, set a token**.
   */
  readonly token?: Redacted.Redacted<string> | undefined
  /**
   * Allowed names in the Host header besides those of this machine, with or without a port. With a token, every name is allowed unless you
   * set this.
   */
  readonly hosts?: ReadonlyArray<string> | undefined
  /**
   * Whether the page changes nothing: with an outbox, it shows dead letters, and does not send them again. Default: false. Everybody who can open
   * the page can send dead letters again otherwise.
   */
  readonly readOnly?: boolean | undefined
}

/**
 * Observes the tracker for as long as the layer lives. Throws `DefinitionError` if a number is not a whole number of at least 1, or if the outbox
 * or the warehouse lacks an operation.
 *
 * It masks values that the plan marks as personal (`•••`), traits that identify a person, and `context.ip`, as well as every text in the
 * records and reasons of sinks that contains such a value, under any name. **Without a plan**, it knows only the personal keys of events
 * that the service itself tracks.
 *
 * @example
 * ```ts
 * import { EventSink, Receipt, Tracker } from "@trackmap/core"
 * import { Inspector } from "@trackmap/inspector"
 * import { Outbox, OutboxStore, Relay, SqliteClient, SqliteStore } from "@trackmap/outbox"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * const sink = EventSink.make({ name: "segment", send: (batch) => Effect.succeed(batch.all(Receipt.delivered)) })
 * const StoreLive = SqliteStore.layer().pipe(Layer.provideMerge(SqliteClient.layer({ filename: "shop.db" })))
 * const TrackerLive = Layer.merge(Tracker.layer(Outbox.sink()), Relay.layer(sink, { from: "beginning" }))
 * const InspectorLive = Layer.unwrap(
 *   Effect.map(OutboxStore.OutboxStore, (outbox) => Inspector.layer({ outbox }))
 * )
 *
 * export const ServiceLive = InspectorLive.pipe(Layer.provideMerge(TrackerLive), Layer.provideMerge(StoreLive))
 * ```
 */
export const layer = (options: Options = {}): Layer.Layer<Inspector, never, Tracker.Tracker> => {
  const settings = internal.settingsOf(CheckedOptions.check("Inspector.layer", options, names))
  return Layer.effect(
    Inspector,
    Effect.map(internal.make(settings), (inspector) => inspector as unknown as Service)
  )
}

const names: CheckedOptions.Names<Options> = {
  plan: true,
  capacity: true,
  bytes: true,
  rate: true,
  outbox: true,
  relay: true,
  warehouse: true
}
const serveNames: CheckedOptions.Names<ServeOptions> = {
  path: true,
  token: true,
  hosts: true,
  readOnly: true
}

const implOf = Effect.map(Inspector, (inspector) => inspector as unknown as internal.InspectorImpl)

/**
 * Adds the page to your service's router. Throws `DefinitionError` for an invalid path, token or host.
 *
 * It refuses requests that a browser marks as coming from another origin or site (`Origin`, `Sec-Fetch-Site`), with any token. Only a link
 * to the page itself, which contains no data, is allowed.
 *
 * @example
 * ```ts
 * import { NodeHttpServer } from "@effect/platform-node"
 * import { Plan, TrackedEvent, Tracker } from "@trackmap/core"
 * import { Console } from "@trackmap/console"
 * import { Inspector } from "@trackmap/inspector"
 * import * as HttpRouter from "effect/http/HttpRouter"
 * import * as HttpServerResponse from "effect/http/HttpServerResponse"
 * import * as Layer from "effect/Layer"
 * import { createServer } from "node:http"
 *
 * const plan = Plan.make(TrackedEvent.make("signedOut"))
 * const TrackerLive = Tracker.layer(Console.sink(), { plan })
 * const AppRoutes = HttpRouter.add("GET", "/", HttpServerResponse.text("hello"))
 *
 * export const ServerLive = HttpRouter.serve(Layer.mergeAll(AppRoutes, Inspector.routes())).pipe(
 *   Layer.provide(Inspector.layer({ plan })),
 *   Layer.provide(TrackerLive),
 *   Layer.provide(NodeHttpServer.layer(createServer, { port: 3000 }))
 * )
 * ```
 */
export const routes = (options: ServeOptions = {}): Layer.Layer<never, never, Inspector | HttpRouter.HttpRouter> => {
  const settings = server.settingsOf(CheckedOptions.check("Inspector.routes", options, serveNames))
  return Layer.effectDiscard(Effect.flatMap(implOf, (inspector) => server.routes(inspector, settings)))
}

/** A fetch handler, for services without Effect's router. */
export type Handler = (
  request: Request,
  info?: {
    /**
     * The connection's address, as your server reports it; never from a header. Without it and without a token, the handler refuses every
     * request.
     */
    readonly remoteAddress?: string | undefined
  }
) => Promise<Response>

/** An attached inspector, with its page. */
export interface Attached extends AsyncDisposable {
  readonly handler: Handler
  /** Stops observing, and ends the streams of open pages. */
  readonly close: () => Promise<void>
}

/**
 * Observes a tracking of `@trackmap/node`, for services that use promises. It takes the options of `layer` and `handler`, and rejects with
 * their errors.
 *
 * @example
 * ```ts
 * import { Inspector } from "@trackmap/inspector"
 * import { EventSink, Plan, Receipt, TrackedEvent, Tracking } from "@trackmap/node"
 *
 * const plan = Plan.make(TrackedEvent.make("signedOut"))
 * const memory = EventSink.make({ name: "memory", send: async (batch) => batch.map(() => Receipt.delivered) })
 * await using tracking = Tracking.make({ plan, sinks: memory })
 * await using inspector = await Inspector.attach(tracking, { plan })
 *
 * const request = new Request("http://localhost:3000/inspector/")
 * const response = await inspector.handler(request, { remoteAddress: "127.0.0.1" })
 * console.log(response.status) // 200
 * ```
 */
export const attach = async (
  tracking: { readonly tracker: Promise<Tracker.Service> },
  options: Options & ServeOptions = {}
): Promise<Attached> => {
  const { bytes, capacity, outbox, plan, rate, relay, warehouse, ...page } = CheckedOptions.check(
    "Inspector.attach",
    options,
    {
      ...names,
      ...serveNames
    }
  )
  const looking = Layer.provide(
    layer({ bytes, capacity, outbox, plan, rate, relay, warehouse }),
    Layer.effect(
      TrackerService,
      Effect.promise(() => tracking.tracker)
    )
  )
  const serving = handler(page)
  const scope = Scope.makeUnsafe()
  const closing = Scope.close(scope, Exit.void)
  const close = (): Promise<void> => Effect.runPromise(closing)
  const handled = Layer.buildWithScope(looking, scope).pipe(
    Effect.flatMap((context) => Effect.provideContext(serving, context)),
    Effect.onError(() => closing)
  )
  return { handler: await Effect.runPromise(handled), close, [Symbol.asyncDispose]: close }
}

/**
 * The page as a fetch handler. It responds 404 to requests outside its path. Streams end with the inspector. Throws `DefinitionError`, as
 * `routes` does.
 *
 * @example
 * ```ts
 * import { EventSink, Receipt, Tracker } from "@trackmap/core"
 * import { Inspector } from "@trackmap/inspector"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as ManagedRuntime from "effect/ManagedRuntime"
 * import * as Redacted from "effect/Redacted"
 *
 * const sink = EventSink.make({ name: "memory", send: (batch) => Effect.succeed(batch.map(() => Receipt.delivered)) })
 * const runtime = ManagedRuntime.make(Inspector.layer().pipe(Layer.provideMerge(Tracker.layer(sink))))
 * const handler = await runtime.runPromise(Inspector.handler({ token: Redacted.make("a-long-secret") }))
 *
 * const response = await handler(new Request("http://localhost:3000/inspector/api/stream"))
 * console.log(response.status) // 401
 * await runtime.dispose()
 * ```
 */
export const handler = (options: ServeOptions = {}): Effect.Effect<Handler, never, Inspector> => {
  const settings = server.settingsOf(CheckedOptions.check("Inspector.handler", options, serveNames))
  return Effect.flatMap(implOf, (inspector) => server.handler(inspector, settings))
}
