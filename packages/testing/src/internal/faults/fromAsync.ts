import { HttpTransport } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as VendorServer from "../../VendorServer.ts"
import type { AsyncOptions, Options } from "./model.ts"

/** Converts options without Effect to options with Effect. */
export const fromAsync = ({ make, ...options }: AsyncOptions): Options<HttpTransport.HttpTransport> => ({
  ...options,
  layer: HttpTransport.layerFetch,
  make: Effect.fnUntraced(function* (settings) {
    const { arrived, sink, vendor } = yield* Effect.acquireRelease(
      Effect.promise(async () => make()),
      ({ close }) => Effect.promise(async () => close?.())
    )
    return {
      server: yield* VendorServer.make(vendor, settings),
      sink,
      arrived: Effect.promise(async () => arrived())
    }
  })
})
