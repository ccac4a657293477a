// What an author outside this repository writes, so nothing is imported here but public modules of packages.
import { HttpTransport } from "@trackmap/core"
import { type Fault, VendorServer } from "@trackmap/testing"
import * as SinkConformance from "@trackmap/testing/SinkConformance"
import * as SinkFaults from "@trackmap/testing/SinkFaults"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { describe, it } from "vitest"
import { warehouse } from "./warehouse.ts"
import { warehouseVendor } from "./warehouseServer.ts"

const start = Effect.fnUntraced(function* (options?: VendorServer.Options) {
  const kept: Array<Fault.Message> = []
  const server = yield* VendorServer.make(warehouseVendor(kept), options)
  const arrived = Effect.sync(() => kept.map((row): string => row["id"]))
  return { arrived, server, sink: (url: string) => warehouse({ url, key: Redacted.make("secret") }) }
})

SinkConformance.suite("a warehouse's sink", {
  runner: { describe, it },
  layer: HttpTransport.layerFetch,
  make: Effect.map(start(), ({ arrived, server, sink }) => ({ sink: sink(server.url), received: arrived }))
})

SinkFaults.suite("a warehouse's sink", {
  runner: { describe, it },
  layer: HttpTransport.layerFetch,
  partial: true,
  idOf: (row) => row["id"],
  make: start
})
