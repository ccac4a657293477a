import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import { logDefect } from "./logDefect.ts"

const logged = (level: "Info" | "Debug") => {
  const lines: Array<unknown> = []
  const logger = Logger.layer([Logger.make(({ logLevel, message }) => void lines.push([logLevel, message]))])
  return Effect.as(logDefect("it could not respond", "peach@toadtown.example"), lines).pipe(
    Effect.provide(Layer.merge(logger, Layer.succeed(References.MinimumLogLevel, level)))
  )
}

it.effect("a defect is logged at the debug level alone, since it can have a value in it", () =>
  Effect.gen(function* () {
    const line = ["Error", ["it could not respond; the debug log has the cause"]]
    assert.deepStrictEqual(yield* logged("Info"), [line])
    assert.deepStrictEqual(yield* logged("Debug"), [
      line,
      ["Debug", ["it could not respond", "peach@toadtown.example"]]
    ])
  })
)
