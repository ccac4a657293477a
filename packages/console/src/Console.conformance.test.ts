import * as SinkConformance from "@trackmap/testing/SinkConformance"
import * as EffectConsole from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, it } from "vitest"
import { Console } from "./index.ts"

const lines: Array<string> = []

// Of the three formats this one has the ids.
SinkConformance.suite("the console's sink", {
  runner: { describe, it },
  layer: Layer.succeed(EffectConsole.Console, {
    ...globalThis.console,
    log: (line: string) => void lines.push(line)
  }),
  make: Effect.sync(() => {
    lines.length = 0
    return {
      sink: Console.sink({ format: "json" }),
      received: Effect.sync(() => lines.map((line) => (JSON.parse(line) as { readonly messageId: string }).messageId)),
      records: Effect.sync(() => lines.map((line) => JSON.parse(line) as unknown))
    }
  })
})
