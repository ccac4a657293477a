/**
 * The current actor. Your middleware sets it once per request; `Tracker` reads it from the fiber's context.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type * as Schema from "effect/Schema"
import { mergeContexts } from "./internal/base/mergeContexts.ts"
import { Misspelt, misspelt, spellings } from "./internal/base/misspelt.ts"

/** The person who acts, and the context of their messages. All fields are optional. An empty id counts as missing. */
export interface Actor {
  /** The user's id in your database. */
  readonly userId?: string | undefined
  /** The id of a visitor who has not signed in. */
  readonly anonymousId?: string | undefined
  /** The purposes that the actor has consented to. The default is `"all"`. */
  readonly consent?: ReadonlySet<string> | "all" | undefined
  /** The Segment Spec's context: ip, locale, timezone, userAgent, page, groupId and so on. Undefined values are left out. */
  readonly context?: Readonly<Record<string, Schema.Json | undefined>> | undefined
}

/** The actor of this fiber. */
export const Actor: Context.Reference<Actor> = Context.Reference("@trackmap/core/Actor", {
  defaultValue: (): Actor => ({})
})

/**
 * An actor inside another one: it inherits the fields that it leaves out, sets to undefined or to an empty id, and
 * their contexts merge.
 */
export const merge = (outer: Actor, inner: Actor): Actor => {
  const wrong = misspelt(inner, names)
  return wrong === undefined ? merged(outer, inner) : Object.assign({ ...merged(outer, inner) }, { [Misspelt]: wrong })
}

const names = spellings("userId", "anonymousId", "consent", "context")

const merged = (outer: Actor, inner: Actor): Actor => {
  if (typeof inner !== "object" || inner === null) return outer
  const { context, ...others } = inner
  const given = Object.entries(others).filter(([, value]) => value !== undefined && value !== null && value !== "")
  const actor: Actor = { ...outer, ...Object.fromEntries(given) }
  const contexts = mergeContexts(outer.context, context) as Actor["context"]
  return contexts === undefined ? actor : { ...actor, context: contexts }
}

/**
 * Runs an effect as an actor. The actor inherits the fields that it leaves out from the outer actor, and their contexts merge.
 *
 * @example
 * ```ts
 * import { Actor } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * const request = Effect.map(Actor.Actor, (actor) => actor.userId).pipe(Actor.as({ userId: "u-1", context: { ip: "10.0.0.1" } }))
 * console.log(Effect.runSync(request)) // u-1
 * ```
 */
export const as: {
  (actor: Actor): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, actor: Actor): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, actor: Actor): Effect.Effect<A, E, R> =>
  Effect.flatMap(Actor, (outer) => Effect.provideService(self, Actor, merge(outer, actor)))
)
