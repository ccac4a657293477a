import type { AsyncLocalStorage } from "node:async_hooks"
import { Actor } from "@trackmap/core/Actor"
import * as Context from "effect/Context"
import { current } from "../Actor.ts"
import type { Services } from "./lifecycle.ts"
import * as span from "./span.ts"

/** What another package of Trackmap gives to all calls inside a function, such as the transaction that they are part of. */
const key = Symbol.for("@trackmap/node/CallServices")
const shared = globalThis as { readonly [key]?: AsyncLocalStorage<Services> }

/** The services of a call, with its actor and its active span. */
export class CallServices {
  readonly #activeSpan: (() => span.ActiveSpan | undefined) | undefined
  readonly #spanThrew: (thrown: unknown) => void
  /** The last call's actor and services, because consecutive calls often share an actor. */
  #actor: Actor | undefined
  #services: Services | undefined

  constructor(activeSpan: (() => span.ActiveSpan | undefined) | undefined, spanThrew: (thrown: unknown) => void) {
    this.#activeSpan = activeSpan
    this.#spanThrew = spanThrew
  }

  /** The services of operations that make no message, and so have no span. */
  withActor(opened: Services): Services {
    const actor = current()
    if (actor !== this.#actor) {
      this.#actor = actor
      this.#services = Context.add(opened, Actor, actor)
    }
    return this.#services!
  }

  of(opened: Services): Services {
    const given = shared[key]?.getStore()
    const own = this.withActor(opened)
    const services = given === undefined ? own : Context.merge(own, given)
    if (this.#activeSpan === undefined) return services
    try {
      const active = this.#activeSpan() ?? undefined
      return active === undefined ? services : span.within(services, active)
    } catch (thrown) {
      this.#spanThrew(thrown)
      return services
    }
  }
}
