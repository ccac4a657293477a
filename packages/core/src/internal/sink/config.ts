import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import { lazily } from "../base/lazily.ts"
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
> =>
  Effect.gen(function* () {
    const { chosen } = yield* settings.get
    const names = yield* chosen(name, Object.keys(sinks))
    return fanOut(...(yield* Effect.forEach(names, (one) => sinks[one]!)))
  })
