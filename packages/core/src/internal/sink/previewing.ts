import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import { ask } from "../base/userFunction.ts"
import type { Opened, Sink } from "./model.ts"

/** Whether sinks are opened only to see what they would send. */
export const Previewing: Context.Reference<boolean> = Context.Reference<boolean>("@trackmap/core/Previewing", {
  defaultValue: () => false
})

/** An opened sink without combinators, which sends nothing. */
export const unsent: Opened = { redact: undefined, send: () => Effect.succeed([]), settle: undefined, pending: [] }

/** Opens a sink's own part, with its files and connections. A preview has none of these. */
export const openOwn = <A>(f: () => unknown, opened: (own: A) => Opened): ReturnType<Sink["open"]> =>
  Effect.flatMap(Previewing, (is) => (is ? Effect.succeed(unsent) : Effect.map(ask<A>(f, identity), opened)))
