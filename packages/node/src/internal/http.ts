import { HttpTransport, layerFetch, layerHttpClient, type Service } from "@trackmap/core/HttpTransport"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { HttpClient } from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import { layerNodeHttp } from "../HttpTransport.ts"
import { fetchClient } from "./fetchClient.ts"
import { isPlainFetch } from "./plainFetch.ts"

/** Effect's service keys, written out so as not to load their modules. */
const keys = {
  client: "effect/HttpClient",
  fetch: ["effect/http/FetchHttpClient/Fetch", "effect/http/FetchHttpClient/RequestInit"]
} as const

const client = Layer.succeedContext(Context.makeUnsafe<HttpClient>(new Map([[keys.client, fetchClient]])))

const build = (layer: Layer.Layer<HttpTransport>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, HttpTransport))

/** `node:http`, or `fetch` if anything is set up for it. */
const transport = Layer.effect(
  HttpTransport,
  Effect.gen(function* () {
    const node = yield* build(layerNodeHttp())
    let made: Service | undefined
    const fetch = (): Service => (made ??= Effect.runSync(Effect.scoped(build(layerFetch))))
    if (!isPlainFetch()) fetch()
    return { post: (request) => (isPlainFetch() ? node : fetch()).post(request) }
  })
)

/** HTTP for the sinks of a service without its own configuration. */
export const layer: Layer.Layer<HttpClient | HttpTransport> = Layer.merge(transport, client)

/** HTTP for sinks, based on the service's own services. */
export const httpOf = (services: Context.Context<never>): Layer.Layer<HttpClient | HttpTransport> => {
  const has = (key: string): boolean => services.mapUnsafe.has(key)
  const own = Layer.succeedContext(services as Context.Context<HttpClient>)
  if (has(keys.client)) return Layer.provideMerge(layerHttpClient, own)
  return keys.fetch.some(has) ? Layer.merge(Layer.provide(layerFetch, own), client) : layer
}
