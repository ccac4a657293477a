import type * as Effect from "effect/Effect"

/** What an operation of an outbox or a warehouse returns: an Effect or a promise. */
export type Answer<A> = Effect.Effect<A, unknown> | PromiseLike<A>
