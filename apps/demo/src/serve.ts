import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Tracker, HttpTransport } from "@trackmap/core"
import { Inspector } from "@trackmap/inspector"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import { Vendors } from "./http/routes.ts"
import * as server from "./http/server.ts"
import * as Sinks from "./Sinks.ts"
import { plan } from "./tracking/plan.ts"
import * as untracked from "./untracked.ts"
import * as Wholesale from "./Wholesale.ts"

export interface Options {
  readonly names: ReadonlyArray<Sinks.Name>
  readonly port: Option.Option<number>
  /** Serves without tracking. */
  readonly untracked: boolean
}

const destinationOf = ({ standIn, title }: Sinks.Vendor): string =>
  standIn === undefined
    ? `  ${title}`
    : `  ${title}: a local stand-in at ${standIn.address}; set ${standIn.key} to use the real one`

const greeting = (address: string, vendors: ReadonlyArray<Sinks.Vendor>): string =>
  [
    `The shop:      ${address}/`,
    `The inspector: ${address}/inspector/`,
    ...(vendors.length === 0 ? ["Tracking is off."] : ["Events go to:", ...vendors.map(destinationOf)]),
    "Press Ctrl-C to stop."
  ].join("\n")

const tracking = ({ names, untracked: off }: Options) =>
  off
    ? Layer.merge(untracked.layer, Layer.succeed(Vendors, []))
    : Layer.unwrap(
        Effect.map(Sinks.openForShop(names), ({ sinks, vendors }) =>
          Layer.merge(
            // A shop never waits for a vendor.
            Tracker.layer(sinks, { plan, capacity: 10_000, whenFull: "dropOldest", closeWithin: "3 seconds" }),
            Layer.succeed(Vendors, vendors)
          )
        )
      )

/** Serves the shop until it is stopped, and then delivers the tracked events. */
export const serve = Effect.fn("serve")(function* (options: Options) {
  yield* Wholesale.halfDoneOrder
  const greet = Layer.effectDiscard(
    Effect.gen(function* () {
      const vendors = yield* Vendors
      yield* HttpServer.addressFormattedWith((address) => Console.log(greeting(address, vendors)))
    })
  )
  yield* Layer.launch(
    greet.pipe(
      Layer.provide(server.layer),
      Layer.provide(Inspector.layer({ plan })),
      Layer.provide(server.listening(options.port)),
      Layer.provide(tracking(options)),
      Layer.provide(HttpTransport.layerHttpClient),
      Layer.provide(NodeHttpClient.layerUndici)
    )
  )
})
