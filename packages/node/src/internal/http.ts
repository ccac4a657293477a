import { type HttpTransport, layerHttpClient } from "@trackmap/core/HttpTransport"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"

/** `fetch` for sinks over HTTP. */
export const layer: Layer.Layer<HttpClient.HttpClient | HttpTransport> = Layer.provideMerge(
  layerHttpClient,
  FetchHttpClient.layer
)

/** The same, on the client that is among the service's own services, if there is one. */
export const httpOf = (
  services: Layer.Layer<any, unknown> | undefined
): Layer.Layer<HttpClient.HttpClient | HttpTransport, unknown> =>
  services === undefined
    ? layer
    : layerHttpClient.pipe(Layer.provideMerge(services), Layer.provideMerge(FetchHttpClient.layer))
