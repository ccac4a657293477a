import { HttpTransport } from "@trackmap/core"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"

/** `fetch` for sinks over HTTP. */
export const layer = Layer.provideMerge(HttpTransport.layerHttpClient, FetchHttpClient.layer)
