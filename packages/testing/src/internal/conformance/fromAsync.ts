import { HttpTransport } from "@trackmap/core"
import * as Effect from "effect/Effect"
import type { AsyncOptions, Options } from "./model.ts"

/** Converts options without Effect to options with Effect. */
export const fromAsync = ({ make, ...options }: AsyncOptions): Options<HttpTransport.HttpTransport> => ({
  ...options,
  layer: HttpTransport.layerFetch,
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
