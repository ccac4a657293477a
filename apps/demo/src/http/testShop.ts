import { createServer, request } from "node:http"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Tracker, HttpTransport } from "@trackmap/core"
import { Inspector } from "@trackmap/inspector"
import { InMemory } from "@trackmap/testing"
import { SqliteStore } from "@trackmap/outbox"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Sinks from "../Sinks.ts"
import * as kept from "../tracking/kept.ts"
import { plan } from "../tracking/plan.ts"
import * as Wholesale from "../Wholesale.ts"
import { Acting } from "./acting.ts"
import { Vendors } from "./routes.ts"
import * as server from "./server.ts"

/** A response. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly text: string
}

export interface Asked {
  readonly body?: string | Uint8Array | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Sends a request, which may have headers that browsers do not let a page set. */
export const ask = (address: string, method: string, path: string, { body, headers = {} }: Asked = {}) =>
  Effect.callback<Answer, Error>((resume) => {
    const { hostname, port } = new URL(address)
    const sent = request({ hostname, port, method, path, headers, agent: false }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("error", (error) => resume(Effect.fail(error)))
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8")
        resume(Effect.succeed({ status: response.statusCode!, headers: response.headers, text }))
      })
    })
    sent.on("error", (error) => resume(Effect.fail(error)))
    sent.end(body)
    return Effect.sync(() => sent.destroy())
  })

const form = { "content-type": "application/x-www-form-urlencoded" }

/** A visitor of a test's shop. Default: the first buyer. */
export const visitor = (buyer?: number | string) =>
  Effect.map(HttpServer.HttpServer, (running) => {
    const address = HttpServer.formatAddress(running.address)
    const cookie: Record<string, string> = buyer === undefined ? {} : { cookie: `buyer=${buyer}` }
    return {
      address,
      get: (path: string, headers: Readonly<Record<string, string>> = {}) =>
        Effect.orDie(ask(address, "GET", path, { headers: { ...cookie, ...headers } })),
      post: (
        path: string,
        fields: Readonly<Record<string, string>> | string | Uint8Array = {},
        headers: Readonly<Record<string, string>> = {}
      ) => {
        const body =
          typeof fields === "string" || fields instanceof Uint8Array ? fields : new URLSearchParams(fields).toString()
        return Effect.orDie(ask(address, "POST", path, { body, headers: { ...form, ...cookie, ...headers } }))
      }
    }
  })

export const listening = NodeHttpServer.layerServer(createServer, {
  port: 0,
  host: "127.0.0.1",
  gracefulShutdownTimeout: "1 second"
})

export const wholesale = Layer.provideMerge(Layer.orDie(Layer.effectDiscard(Wholesale.halfDoneOrder)), Wholesale.layer)

/** A shop with an in-memory tracker. */
export const shop = server.layer.pipe(
  Layer.provide(Inspector.layer({ plan })),
  Layer.provideMerge(listening),
  Layer.provideMerge(
    Layer.mergeAll(InMemory.layer({ plan }), Layer.succeed(Vendors, { vendors: [], metrics: Effect.succeed([]) }))
  ),
  Layer.provideMerge(wholesale)
)

/** A shop whose database keeps the events until the sinks have them. */
export const durableShop = (sinks: Sinks.Sink) =>
  server.layer.pipe(
    Layer.provide(Layer.unwrap(Effect.map(Vendors, ({ outbox, relay }) => Inspector.layer({ plan, outbox, relay })))),
    Layer.provideMerge(listening),
    Layer.provideMerge(
      Layer.effectContext(
        Effect.map(kept.make(sinks), ({ act, relay, store, tracker }) =>
          Context.make(Tracker.Tracker, tracker).pipe(
            Context.add(Vendors, { vendors: [], metrics: kept.metricsOf(relay), outbox: store, relay }),
            Context.add(Acting, act)
          )
        )
      ).pipe(Layer.provide(SqliteStore.layer()))
    ),
    Layer.provideMerge(wholesale),
    Layer.provide(HttpTransport.layerFetch)
  )

/** A shop whose events go to both vendors' stand-ins. */
export const vendorShop = (env: Record<string, string> = {}) =>
  server.layer.pipe(
    Layer.provide(Inspector.layer({ plan })),
    Layer.provideMerge(listening),
    Layer.provideMerge(
      Layer.unwrap(
        Effect.map(Sinks.openForShop(["segment", "mixpanel"]), ({ sinks, vendors }) =>
          Layer.effect(
            Vendors,
            Effect.map(Tracker.Tracker, ({ metrics }) => ({ vendors, metrics }))
          ).pipe(Layer.provideMerge(Tracker.layer(sinks, { plan, closeWithin: 0 })))
        )
      )
    ),
    Layer.provideMerge(wholesale),
    Layer.provide(HttpTransport.layerHttpClient),
    Layer.provide(NodeHttpClient.layerUndici),
    Layer.provide(Layer.succeed(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })))
  )
