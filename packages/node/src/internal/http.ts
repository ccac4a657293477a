import { HttpTransport, layerHttpClient } from "@trackmap/core/HttpTransport"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import { layerNodeHttp } from "../HttpTransport.ts"
import { isPlainFetch } from "./plainFetch.ts"

/** `fetch` as it is when a request is sent: tests replace it. */
const client = Layer.provide(
  FetchHttpClient.layer,
  Layer.succeed(FetchHttpClient.Fetch, (...args) => globalThis.fetch(...args))
)

const build = (layer: Layer.Layer<HttpTransport, never, HttpClient.HttpClient>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, HttpTransport))

/** `node:http` wherever nothing is set up for `fetch`, and else `fetch`. */
const transport = Layer.effect(
  HttpTransport,
  Effect.gen(function* () {
    const [fetch, node] = [yield* build(layerHttpClient), yield* build(layerNodeHttp())]
    return { post: (request) => (isPlainFetch() ? node : fetch).post(request) }
  })
)

/** HTTP for sinks, as a service has it that sets up nothing. */
export const layer: Layer.Layer<HttpClient.HttpClient | HttpTransport> = Layer.provideMerge(transport, client)

const keys = [HttpClient.HttpClient, FetchHttpClient.Fetch, FetchHttpClient.RequestInit].map(({ key }) => key)

/** HTTP for sinks, on what is among the service's own services. */
export const httpOf = (services: Context.Context<never>): Layer.Layer<HttpClient.HttpClient | HttpTransport> =>
  keys.some((key) => services.mapUnsafe.has(key))
    ? layerHttpClient.pipe(
        Layer.provideMerge(Layer.succeedContext(services)),
        Layer.provideMerge(FetchHttpClient.layer)
      )
    : layer
