import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Tracker, HttpTransport } from "@trackmap/core"
import { DuckDB } from "@trackmap/duckdb"
import { Inspector } from "@trackmap/inspector"
import { SqliteStore } from "@trackmap/outbox"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import { Acting } from "./http/acting.ts"
import { Vendors } from "./http/routes.ts"
import * as server from "./http/server.ts"
import * as Sinks from "./Sinks.ts"
import * as kept from "./tracking/kept.ts"
import { plan } from "./tracking/plan.ts"
import * as untracked from "./untracked.ts"
import * as Wholesale from "./Wholesale.ts"

export interface Options {
  readonly names: ReadonlyArray<Sinks.Name>
  readonly port: Option.Option<number>
  /** Serves without tracking. */
  readonly untracked: boolean
  /** Whether the shop's database keeps the events until the vendors have them. */
  readonly durable: boolean
}

const destinationOf = ({ file, standIn, title }: Sinks.Vendor): string =>
  standIn === undefined
    ? `  ${title}${file === undefined ? "" : `: the DuckDB file ${file}; ask it on the inspector's tab Explore`}`
    : `  ${title}: a local stand-in at ${standIn.address}; set ${standIn.key} to use the real one`

/** What a shop says of the events that its database keeps. */
const keeping = (kept: ReadonlyArray<string>): ReadonlyArray<string> => [
  `The database keeps the events until they are there. Try \`kill -9 ${process.pid}\`, and start the shop again.`,
  ...kept.map((sink) => `  Events of the last run are still to be sent to ${sink}.`)
]

const greeting = (address: string, { kept, vendors }: Vendors["Service"]): string =>
  [
    `The shop:      ${address}/`,
    `The inspector: ${address}/inspector/`,
    ...(vendors.length === 0 ? ["Tracking is off."] : ["Events go to:", ...vendors.map(destinationOf)]),
    ...(kept === undefined ? [] : keeping(kept)),
    "Press Ctrl-C to stop."
  ].join("\n")

const off = Layer.merge(untracked.layer, Layer.succeed(Vendors, { vendors: [], metrics: Effect.succeed([]) }))

const inMemory = (names: ReadonlyArray<Sinks.Name>) =>
  Layer.effectContext(
    Effect.gen(function* () {
      const { sinks, vendors } = yield* Sinks.openForShop(names)
      // A shop never waits for a vendor.
      const options = { plan, capacity: 10_000, whenFull: "dropOldest", closeWithin: "3 seconds" } as const
      const tracker = yield* Tracker.make(sinks, options)
      return Context.make(Tracker.Tracker, tracker).pipe(Context.add(Vendors, { vendors, metrics: tracker.metrics }))
    })
  )

const durable = (names: ReadonlyArray<Sinks.Name>) =>
  Layer.effectContext(
    Effect.gen(function* () {
      const { sinks, vendors } = yield* Sinks.openForShop(names)
      const { act, left, relay, store, tracker } = yield* kept.make(sinks)
      const lacking = left.filter(({ claims, depth, parked }) => claims + depth + parked > 0)
      return Context.make(Tracker.Tracker, tracker).pipe(
        Context.add(Vendors, {
          vendors,
          metrics: kept.metricsOf(relay),
          kept: lacking.map(({ sink }) => sink),
          outbox: store,
          relay
        }),
        Context.add(Acting, act)
      )
    })
  ).pipe(Layer.provide(SqliteStore.layer()))

const inspector = Layer.unwrap(
  Effect.map(Vendors, ({ outbox, relay, vendors }) => {
    const file = vendors.find(({ name }) => name === "warehouse")?.file
    return Inspector.layer({
      plan,
      outbox,
      relay,
      warehouse: file === undefined ? undefined : DuckDB.explorer({ file })
    })
  })
)

const tracking = ({ durable: isDurable, names, untracked }: Options) =>
  untracked ? off : isDurable ? durable(names) : inMemory(names)

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
      Layer.provide(inspector),
      Layer.provide(server.listening(options.port)),
      Layer.provide(tracking(options)),
      Layer.provide(HttpTransport.layerHttpClient),
      Layer.provide(NodeHttpClient.layerUndici)
    )
  )
})
