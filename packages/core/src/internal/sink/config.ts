import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import { describe } from "../base/fault.ts"
import { lazily } from "../base/lazily.ts"
import { misfit } from "../base/misfit.ts"
import { refuse } from "../base/refuse.ts"
import { fanOut } from "./fanOut.ts"
import type { Any, ErrorOf, EventSink, ServicesOf } from "./model.ts"

/** Effect's Config is loaded by the first service that reads its settings. */
const settings = lazily(() => import("./chosen.ts"))

type Settings = { readonly [name: string]: Effect.Effect<Any, any, any> }
type Each<Sinks extends Settings> = Sinks[keyof Sinks]
type Chosen<Sinks extends Settings> = Effect.Success<Each<Sinks>>

export const config = <Sinks extends Settings>(
  sinks: Sinks,
  name: string = "TRACKING_SINKS"
): Effect.Effect<
  EventSink<ErrorOf<Chosen<Sinks>>, ServicesOf<Chosen<Sinks>>>,
  Config.ConfigError | Effect.Error<Each<Sinks>>,
  Effect.Services<Each<Sinks>>
> => {
  if (typeof sinks !== "object" || sinks === null || Array.isArray(sinks)) other(sinks)
  for (const [key, sink] of Object.entries(sinks)) if (!Effect.isEffect(sink)) refuseOther(key, sink)
  return Effect.gen(function* () {
    const { chosen } = yield* settings.get
    const names = yield* chosen(name, Object.keys(sinks))
    return fanOut(...(yield* Effect.forEach(names, (one) => sinks[one]!)))
  })
}

const other = misfit("EventSink", "a record of configs, such as { segment: Segment.config }")

const refuseOther = (key: string, given: unknown): never =>
  refuse(
    "EventSink.config",
    "BadPath",
    `${key} is ${describe(given)}: pass a Config or another Effect, such as Segment.config`,
    [key]
  )
