import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { orderLineUpdated } from "./orderLineUpdated.ts"
import * as Wholesale from "./Wholesale.ts"

const line = Flag.Int("line").pipe(Flag.withDescription("Which order line was updated"), Flag.withDefault(1001))
const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print the event alone, as one line of JSON"),
  Flag.withDefault(false)
)

const table = (event: Readonly<Record<string, unknown>>): string => {
  const width = Math.max(...Object.keys(event).map((key) => key.length))
  return Object.entries(event)
    .map(([key, value]) => `  ${key.padEnd(width)}  ${JSON.stringify(value)}`)
    .join("\n")
}

const demo = Command.make(
  "demo",
  { line, json },
  Effect.fn("demo")(function* ({ json, line }) {
    const { event, queries } = yield* orderLineUpdated(line)
    if (json) return yield* Console.log(JSON.stringify(event))
    yield* Console.log(`Order line ${line} was updated. Its event:\n\n${table(event)}\n`)
    yield* Console.log(`${Object.keys(event).length} keys, from ${queries} queries.`)
  })
).pipe(
  Command.withDescription("Values an order line of a wholesale company through its tracking map"),
  Command.provide(Wholesale.layer)
)

const program = Command.run(demo, { version: "0.0.0" }).pipe(
  Effect.catchTag("UnknownOrderLine", (error) =>
    Effect.andThen(
      Console.error(error.message),
      Effect.sync(() => {
        process.exitCode = 1
      })
    )
  ),
  Effect.provide(NodeServices.layer)
)

NodeRuntime.runMain(program)
