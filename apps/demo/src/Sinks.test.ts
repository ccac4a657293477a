import { HttpTransport } from "@trackmap/core"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestConsole from "effect/testing/TestConsole"
import * as Sinks from "./Sinks.ts"

const opened = (env: Record<string, string>) =>
  Effect.gen(function* () {
    const { names } = yield* Sinks.open(["mixpanel", "segment"])
    return { names, lines: (yield* TestConsole.logLines) as ReadonlyArray<string> }
  }).pipe(
    Effect.scoped,
    Effect.provide([
      Layer.provide(HttpTransport.layerHttpClient, NodeHttpClient.layerUndici),
      TestConsole.layer,
      Layer.succeed(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))
    ])
  )

describe("sinks by name", () => {
  it.effect("are each opened once, in the order of the list", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Sinks.named("segment, console,segment"), ["segment", "console"])
    })
  )

  it.effect("are known: others fail, and so does none", () =>
    Effect.gen(function* () {
      for (const [list, name] of [
        ["console,Segment", "Segment"],
        ["", ""],
        ["console,", ""],
        ["toString", "toString"]
      ] as const) {
        const error = yield* Effect.flip(Sinks.named(list))
        assert.strictEqual(
          error.message,
          `There is no sink "${name}". Try --sinks with some of console,segment,mixpanel,warehouse.`
        )
      }
    })
  )

  it.effect("are servers on this machine, and say so", () =>
    Effect.gen(function* () {
      const { lines, names } = yield* opened({})
      assert.deepStrictEqual(names, ["mixpanel", "segment"])
      assert.strictEqual(lines.length, 2)
      assert.match(lines[0]!, /^Mixpanel: .* http:\/\/127\.0\.0\.1:\d+\. Set MIXPANEL_TOKEN to use the real one\.$/)
      assert.match(lines[1]!, /^Segment: .* http:\/\/127\.0\.0\.1:\d+\. Set SEGMENT_WRITE_KEY to use the real one\.$/)
    })
  )

  it.effect("are the vendors' own where there is a key", () =>
    Effect.gen(function* () {
      const { lines, names } = yield* opened({ SEGMENT_WRITE_KEY: "k-1", MIXPANEL_TOKEN: "t-1" })
      assert.deepStrictEqual([names, lines], [["mixpanel", "segment"], []])
    })
  )
})
