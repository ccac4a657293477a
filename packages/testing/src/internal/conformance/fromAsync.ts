import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type { AsyncOptions, Options } from "./model.ts"

/** Options without Effect as options of the other kind. */
export const fromAsync = ({ make, ...options }: AsyncOptions): Options<HttpClient.HttpClient> => ({
  ...options,
  layer: FetchHttpClient.layer,
  make: Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => make()),
      ({ close }) => Effect.promise(async () => close?.())
    ),
    ({ received, records, sink }) => ({
      sink,
      received: Effect.promise(async () => received()),
      records: records && Effect.promise(async () => records())
    })
  )
})
