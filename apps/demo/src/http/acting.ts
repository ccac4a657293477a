import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import { identity } from "effect/Function"

/** Runs an act of somebody and the tracking of its event. */
export type Acting = <A, E, R>(act: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** How acts run. A shop that keeps its events in an outbox runs each in one transaction, so that both are there or neither. */
export const Acting = Context.Reference<Acting>("demo/http/Acting", { defaultValue: () => identity })
