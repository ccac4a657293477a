/**
 * A live page beside a service: every event, where each of its keys came from, what each sink made of it, and what became of it.
 *
 * @module
 */
import type { Plan, Tracker } from "@trackmap/core"
import { Tracker as TrackerService } from "@trackmap/core/Tracker"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as internal from "./internal/inspector.ts"
import * as server from "./internal/routes.ts"

/** The type identifier of inspectors. */
export const TypeId = "~@trackmap/inspector/Inspector" as const

/** What has been seen of a tracker. It is looked at through a page: `routes` and `handler` serve it. */
export interface Service {
  readonly [TypeId]: typeof TypeId
}

/** The inspector of a service. */
export class Inspector extends Context.Service<Inspector, Service>()("@trackmap/inspector/Inspector") {}

/** What an inspector keeps. */
export interface Options {
  /** The same as the tracker's: what personal data is known by, and what is shown beside the events that come. */
  readonly plan?: Plan.Plan | undefined
  /** The events that are kept, of which the oldest makes room: 2,000 unless told. */
  readonly capacity?: number | undefined
  /**
   * The events that are kept in a second: 1,000 unless told. Those beyond are counted, by name, and nothing else of them is known: so
   * much, and no more, an inspector costs its tracker.
   */
  readonly rate?: number | undefined
}

/** How the page is served. */
export interface ServeOptions {
  /** Where: "/inspector" unless told. */
  readonly path?: string | undefined
  /**
   * Then every request for data needs `Authorization: Bearer <token>`, and may come from anywhere; the page asks for it. It is one or more
   * visible ASCII characters: let a machine make it, of 32 or more.
   *
   * Without it only this machine is answered: the connection comes from a loopback address, the Host header names `localhost`,
   * `127.0.0.1`, `[::1]` or one of `hosts`, and no header says that a proxy has passed the request on (`Forwarded`, `X-Forwarded-For`
   * and their like), since behind a proxy on the same machine everybody seems to be on it. A proxy that adds no such header cannot be
   * told from a person at this machine: **behind a proxy, set a token**.
   */
  readonly token?: Redacted.Redacted<string> | undefined
  /**
   * Names that the Host header may have beside those of this machine, without a port or with one. With a token, any name goes where
   * none is told.
   */
  readonly hosts?: ReadonlyArray<string> | undefined
}

/**
 * Looks on at the tracker for as long as the layer lives. Throws `DefinitionError` for a number that is none from 1.
 *
 * What is personal in the plan is shown as `•••`, as are the traits that tell who somebody is, and `context.ip`; so is every text in the
 * records and reasons of sinks that has such a value in it, whatever name the sink has put it under. **Without a plan** only the keys of
 * events that the service itself tracks are known to be personal.
 */
export const layer = (options: Options = {}): Layer.Layer<Inspector, never, Tracker.Tracker> => {
  const settings = internal.settingsOf(options)
  return Layer.effect(
    Inspector,
    Effect.map(internal.make(settings), (inspector) => inspector as unknown as Service)
  )
}

const implOf = Effect.map(Inspector, (inspector) => inspector as unknown as internal.InspectorImpl)

/**
 * Adds the page to a service's router. Throws `DefinitionError` for a path, a token or a host that is none.
 *
 * Requests that a browser says another origin or site has made are refused, whatever token they have (`Origin`, `Sec-Fetch-Site`), but
 * for a link that opens the page itself, which holds no data.
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
  const settings = server.settingsOf(options)
  return Layer.effectDiscard(Effect.flatMap(implOf, (inspector) => server.routes(inspector, settings)))
}

/** Answers requests of the web platform, for services without Effect's router. */
export type Handler = (
  request: Request,
  info?: {
    /** Of the connection, as the server that took it says; never what a header says. Without it, and without a token, all is refused. */
    readonly remoteAddress?: string | undefined
  }
) => Promise<Response>

/** An inspector that looks on, and the page. */
export interface Attached extends AsyncDisposable {
  readonly handler: Handler
  /** Looks no more, and ends the streams of those who look. */
  readonly close: () => Promise<void>
}

/**
 * Looks on at a tracking of `@trackmap/node`, for services that are written with promises. The options are those of `layer` and of `handler`,
 * and it rejects with what they throw.
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
  const looking = Layer.provide(
    layer(options),
    Layer.effect(
      TrackerService,
      Effect.promise(() => tracking.tracker)
    )
  )
  const serving = handler(options)
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
 * The page as a handler of fetch. What is not below its path is answered 404. Streams end with the inspector. Throws `DefinitionError` as
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
  const settings = server.settingsOf(options)
  return Effect.flatMap(implOf, (inspector) => server.handler(inspector, settings))
}
