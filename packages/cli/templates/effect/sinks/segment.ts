import { Console } from "@trackmap/console"
import { Segment } from "@trackmap/segment"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** Segment if SEGMENT_WRITE_KEY is set, otherwise this terminal. */
export const Sink = Effect.gen(function* () {
  const key = yield* Config.option(Config.Redacted("SEGMENT_WRITE_KEY"))
  return Option.isSome(key) ? yield* Segment.config : yield* Console.config
})
