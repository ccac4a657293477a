import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { crashes } from "./crash/crashes.ts"
import { orderLineUpdated } from "./orderLineUpdated.ts"
import * as Schema from "effect/Schema"
import { serve } from "./serve.ts"
import * as Sinks from "./Sinks.ts"
import { trackedDay } from "./day/trackedDay.ts"
import * as Wholesale from "./Wholesale.ts"

const sinks = (what: string, unless: ReadonlyArray<Sinks.Name>) =>
  Flag.String("sinks").pipe(
    Flag.withDescription(`The sinks for ${what}: some of ${Sinks.names.join(",")}`),
    Flag.withDefault(unless.join(","))
  )
const line = Flag.Int("line").pipe(
  Flag.withDescription("Print one event instead: that of an updated order line"),
  Flag.optional
)
const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print only one event, as one line of JSON (default: that of line 1001)"),
  Flag.withDefault(false)
)

const table = (event: Readonly<Record<string, unknown>>): string => {
  const width = Math.max(...Object.keys(event).map((key) => key.length))
  return Object.entries(event)
    .map(([key, value]) => `  ${key.padEnd(width)}  ${JSON.stringify(value)}`)
    .join("\n")
}

const printLine = Effect.fnUntraced(function* (line: number, json: boolean) {
  const { event, queries } = yield* orderLineUpdated(line)
  if (json) return yield* Console.log(JSON.stringify(event))
  yield* Console.log(`Order line ${line} was updated. Its event:\n\n${table(event)}\n`)
  yield* Console.log(`${Object.keys(event).length} keys, from ${queries} queries.`)
})

const port = Flag.Int("port").pipe(
  Flag.withDescription("The port to serve on (default: 4000, or any free port if that is taken)"),
  Flag.filter(Schema.is(Schema.Port), (port) => `A port must be a number from 0 to 65535, not ${port}`),
  Flag.optional
)
const untracked = Flag.Boolean("untracked").pipe(
  Flag.withDescription("Serve without tracking, to measure the cost of tracking"),
  Flag.withDefault(false)
)

const durable = Flag.Boolean("durable").pipe(
  Flag.withDescription("Keep events in the shop's database until the vendors have them, so that kill -9 loses none"),
  Flag.withDefault(false)
)
const database = Flag.String("database").pipe(
  Flag.withDescription("The file of the shop's database (default: shop.db with --durable, otherwise in memory)"),
  Flag.optional
)

const warehouse = Flag.String("warehouse").pipe(
  Flag.withDescription("Keep the events in this DuckDB file, too (default in the shop: warehouse.duckdb)"),
  Flag.optional
)

/** The named sinks, with the warehouse if there is a file for it. */
const chosen = (names: string, file: Option.Option<string>) =>
  Sinks.named(Option.isSome(file) ? `${names},warehouse` : names)
const inFile = (file: Option.Option<string>) =>
  Option.match(file, { onNone: () => Layer.empty, onSome: (path) => Layer.succeed(Sinks.Warehouse, path) })

const day = Command.make(
  "day",
  { sinks: sinks("it", ["console", "segment", "mixpanel"]), warehouse },
  Effect.fn("day")(function* ({ sinks, warehouse }) {
    yield* Effect.provide(trackedDay(yield* chosen(sinks, warehouse)), inFile(warehouse))
  })
).pipe(
  Command.withDescription("Tracks a wholesale company's business day, and reports the results"),
  Command.provide(Wholesale.layer)
)

const crash = Command.make("crash", {}, Effect.fn("crash")(crashes)).pipe(
  Command.withDescription(
    "Kills a shop with --durable while a vendor is down, starts it again, and counts what arrives"
  )
)

const demo = Command.make(
  "demo",
  {
    line,
    json,
    sinks: sinks("what happens in the shop", ["segment", "mixpanel", "warehouse"]),
    port,
    untracked,
    durable,
    database,
    warehouse
  },
  Effect.fn("demo")(function* ({ durable, json, line, port, sinks, untracked, warehouse }) {
    if (Option.isSome(line)) return yield* printLine(line.value, json)
    if (json) return yield* printLine(1001, json)
    const names = yield* chosen(sinks, warehouse)
    yield* Effect.provide(serve({ names, port, untracked, durable }), inFile(warehouse))
  })
).pipe(
  Command.withDescription("Serves a wholesale shop on this machine, and tracks what happens in it"),
  Command.provide(({ database, durable }) =>
    Wholesale.layerIn(Option.getOrElse(database, () => (durable ? "shop.db" : ":memory:")))
  ),
  Command.withSubcommands([day, crash])
)

const program = Command.run(demo, { version: "0.0.0" }).pipe(
  Effect.catchTag(
    [
      "UnknownOrderLine",
      "UnknownSink",
      "PortTaken",
      "Misconfigured",
      "ConfigError",
      "NoDatabase",
      "NotStarted",
      "Lost"
    ],
    (error) =>
      Effect.andThen(
        Console.error(error.message),
        Effect.sync(() => {
          process.exitCode = 1
        })
      )
  ),
  Effect.provide(NodeServices.layer)
)

// The reader, such as `head`, may have exited. Deliver the tracked events anyway.
process.stdout.once("error", () => process.kill(process.pid)).on("error", () => {})
NodeRuntime.runMain(program)
