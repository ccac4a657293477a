import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { HttpClient } from "effect/http/HttpClient"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import { pipeArguments } from "effect/Pipeable"

const load = async (): Promise<HttpClient> => {
  const [{ Fetch, layer }, clients] = await Promise.all([
    import("effect/http/FetchHttpClient"),
    import("effect/http/HttpClient")
  ])
  // Look `fetch` up for each request, because tests replace it.
  const current = Layer.succeed(Fetch, (...args) => globalThis.fetch(...args))
  const context = await Effect.runPromise(Effect.scoped(Layer.build(Layer.provide(layer, current))))
  return Context.get(context, clients.HttpClient)
}

let loaded: HttpClient | undefined
const client = Effect.suspend(() =>
  loaded === undefined ? Effect.map(Effect.promise(load), (client) => (loaded ??= client)) : Effect.succeed(loaded)
)

type Execute = (request: HttpClientRequest) => ReturnType<HttpClient["execute"]>

const methods = ["get", "head", "post", "patch", "put", "del", "options", "query"] as const

/** Effect's client on `fetch`. It loads Effect's HTTP modules with its first request, since most services make none. */
export const fetchClient = {
  "~effect/http/HttpClient": "~effect/http/HttpClient",
  pipe() {
    return pipeArguments(this, arguments)
  },
  preprocess: Effect.succeed,
  postprocess: (request: Effect.Effect<HttpClientRequest>) =>
    Effect.flatMap(client, ({ postprocess }) => postprocess(request)),
  execute: ((request) => Effect.flatMap(client, ({ execute }) => execute(request))) satisfies Execute,
  ...Object.fromEntries(
    methods.map((method) => [
      method,
      (...args: Parameters<HttpClient["get"]>) => Effect.flatMap(client, (loaded) => loaded[method](...args))
    ])
  )
} as unknown as HttpClient
